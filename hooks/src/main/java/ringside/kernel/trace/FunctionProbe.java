package ringside.kernel.trace;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.hook.HookPoint;

/**
 * The probe point at the entry of one kernel function.
 *
 * <p>The function hits it first of all; without attachments that is a load and a branch.
 */
public final class FunctionProbe {
  private final Trace trace;
  private final String function;
  private final HookPoint hook;

  FunctionProbe(Trace trace, String function, HookPoint hook) {
    this.trace = trace;
    this.function = function;
    this.hook = hook;
  }

  /** The function's name. */
  public String function() {
    return function;
  }

  /** Where extensions attach; they get the address of a {@code struct pt_regs}. */
  public HookPoint hook() {
    return hook;
  }

  /** The function was entered with these arguments; 0 for those that it does not have. */
  public void hit(long a0, long a1, long a2, long a3) {
    if (hook.armed()) {
      fire(a0, a1, a2, a3);
    }
  }

  @TruffleBoundary
  private void fire(long a0, long a1, long a2, long a3) {
    trace.fire(this, a0, a1, a2, a3);
  }
}
