package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

  /** The function at an address, or null; takes r1–r5 and returns r0, boxed longs all. */
  @TruffleBoundary
  public @Nullable CallTarget at(long address) {
    return targets.get(address);
  }
}
