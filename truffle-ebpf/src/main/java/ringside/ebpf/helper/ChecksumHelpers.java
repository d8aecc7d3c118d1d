package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_OR_NULL_RDONLY;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
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
    if (((fromSize | toSize) & 3) != 0) {
      return -Errno.EINVAL;
    }
    long sum = seed & 0xffffffffL;
    if (fromSize != 0 && toSize != 0) {
      sum = add(partial(to, toSize, sum), ~partial(from, fromSize, 0) & 0xffffffffL);
    } else if (toSize != 0) {
      sum = partial(to, toSize, sum);
    } else if (fromSize != 0) {
      sum = ~partial(from, fromSize, ~sum & 0xffffffffL) & 0xffffffffL;
    }
    return fold(sum);
  }

  private long partial(long at, long size, long sum) {
    long total = sum;
    for (long i = 0; i < size; i += Integer.BYTES) {
      total = add(total, memory.readInt(at + i) & 0xffffffffL);
    }
    return total;
  }

  private static long add(long a, long b) {
    long sum = a + b;
    return (sum & 0xffffffffL) + (sum >>> 32);
  }

  /** {@code csum_from32to16}: since 6.13 the result is folded, so that all architectures agree. */
  private static long fold(long sum) {
    long folded = (sum & 0xffff) + (sum >>> 16);
    return (folded & 0xffff) + (folded >>> 16);
  }
}
