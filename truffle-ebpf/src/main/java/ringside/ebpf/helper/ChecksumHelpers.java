package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_OR_NULL_RDONLY;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.mm.Memory;

/** Internet checksums ({@code net/core/filter.c}). */
public final class ChecksumHelpers {
  private final Memory memory;

  /** Makes the family for one kernel. */
  public ChecksumHelpers(Memory memory) {
    this.memory = memory;
  }

  /** {@code bpf_csum_diff}: the checksum's change when {@code from} gives way to {@code to}. */
  @BpfHelper(
      id = 28,
      args = {
        ARG_PTR_TO_MEM_OR_NULL_RDONLY,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_PTR_TO_MEM_OR_NULL_RDONLY,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_ANYTHING
      },
      pktAccess = true)
  @TruffleBoundary
  public long csumDiff(long from, long fromSize, long to, long toSize, long seed) {
    int sum = (int) seed;
    int less = (int) fromSize;
    int more = (int) toSize;
    if (less != 0 && more != 0) {
      sum =
          InternetChecksum.sub(
              InternetChecksum.partial(memory, to, more, sum),
              InternetChecksum.partial(memory, from, less, 0));
    } else if (more != 0) {
      sum = InternetChecksum.partial(memory, to, more, sum);
    } else if (less != 0) {
      sum = ~InternetChecksum.partial(memory, from, less, ~sum);
    }
    // csum_from32to16(): since 6.13 the result is folded, so that all architectures agree.
    return ~InternetChecksum.fold(sum) & 0xffffL;
  }
}
