package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.kernel.mm.Access;
import ringside.kernel.mm.MemoryFault;

/** The addresses that functions of eBPF programs have when a program passes one as a callback. */
public final class FunctionTable {
  /** Above all RAM windows, where an access faults: code is not data. */
  private static final long BASE = 0xffffffff03000000L;

  private static final int SPACING = 64;

  private final Map<Long, CallTarget> targets = new HashMap<>();
  private long next = BASE;

  long[] reserve(int count) {
    long[] addresses = new long[count];
    for (int i = 0; i < count; i++) {
      addresses[i] = next;
      next += SPACING;
    }
    return addresses;
  }

  void set(long address, CallTarget target) {
    targets.put(address, target);
  }

  /** The function at an address, or null. */
  @TruffleBoundary
  @Nullable CallTarget at(long address) {
    return targets.get(address);
  }

  /**
   * Calls the function at an address with r1–r4; returns its r0.
   *
   * @throws MemoryFault where there is none, as a jump into nowhere would
   */
  @TruffleBoundary
  public long call(long address, long r1, long r2, long r3, long r4) {
    CallTarget target = targets.get(address);
    if (target == null) {
      throw nowhere(address);
    }
    return (long) target.call(r1, r2, r3, r4, 0L);
  }

  /** The fault of a jump to where no code is. */
  @TruffleBoundary
  static MemoryFault nowhere(long address) {
    return new MemoryFault(address, Integer.BYTES, Access.EXECUTE, null);
  }
}
