package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.BpfMap;

/**
 * How often the running program has tail-called, and where it goes next.
 *
 * <p>The count belongs to an entry into eBPF and not to a function: what a function called locally
 * has used up is gone for its caller, too, as it is on Linux since 6.12 ({@code tail_call_cnt_ptr}
 * of the JIT).
 */
final class TailCalls {
  /** {@code MAX_TAIL_CALL_CNT}. */
  static final int MAX = 33;

  private final LongFunction<@Nullable BpfMap> maps;
  private final ProgramArrays arrays;
  private int count;
  private @Nullable CallTarget next;

  TailCalls(LongFunction<@Nullable BpfMap> maps, ProgramArrays arrays) {
    this.maps = maps;
    this.arrays = arrays;
  }

  /** Starts counting for a program that was not tail-called; returns what {@link #leave} takes. */
  int enter() {
    int outer = count;
    count = 0;
    return outer;
  }

  /** Ends counting for a program; whom it interrupted goes on with its own count. */
  void leave(int outer) {
    count = outer;
  }

  /**
   * Decides whether a tail call happens.
   *
   * @param array r2, the array's address
   * @param index r3, of which the low half counts
   */
  boolean prepare(long array, long index) {
    if (count >= MAX) {
      return false;
    }
    CallTarget found = find(array, index);
    if (found == null) {
      return false;
    }
    count++;
    next = found;
    return true;
  }

  @TruffleBoundary
  private @Nullable CallTarget find(long address, long index) {
    BpfMap map = maps.apply(address);
    return map == null ? null : arrays.program(map, (int) index);
  }

  /** The program that {@link #prepare} found. */
  CallTarget take() {
    CallTarget target = next;
    if (target == null) {
      throw new IllegalStateException("no tail call was prepared");
    }
    next = null;
    return target;
  }
}
