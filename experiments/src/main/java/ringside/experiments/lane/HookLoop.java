package ringside.experiments.lane;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.runtime.OptimizedCallTarget;
import java.util.List;
import ringside.experiments.measure.Subject;
import ringside.experiments.vm.EventLoopNode;
import ringside.hook.HookPoint;
import ringside.kernel.vm.GuestContext;

/** Fires a lane's hook for recorded events, to be timed; verdicts must stay what they were. */
public final class HookLoop implements Subject {
  private final Lab lab;
  private final CallTarget loop;
  private final int events;
  private long digest;
  private boolean known;

  /**
   * Prepares the loop.
   *
   * @param events the hook's arguments, valid in the lab's kernel for as long as it lives
   */
  public HookLoop(Lab lab, HookPoint hook, List<Object[]> events) {
    CallTarget dispatch = hook.target();
    if (dispatch == null) {
      throw new IllegalStateException("nothing is attached to " + hook.name());
    }
    this.lab = lab;
    this.events = events.size();
    this.loop =
        new EventLoopNode(lab.kernel().language(), dispatch, events.toArray(Object[][]::new))
            .getCallTarget();
  }

  @Override
  public int eventsPerPass() {
    return events;
  }

  @Override
  public boolean compiled() {
    return !(loop instanceof OptimizedCallTarget optimized) || optimized.isValidLastTier();
  }

  @Override
  public void run(int passes) {
    try (GuestContext.Scope _ = lab.kernel().enter()) {
      for (int i = 0; i < passes; i++) {
        // The loop is one long stay in the kernel; the real one would have scheduled in between.
        lab.kernel().core().watchdog().touch();
        long verdicts = (long) loop.call();
        if (known && verdicts != digest) {
          throw new IllegalStateException("verdicts changed while they were measured");
        }
        digest = verdicts;
        known = true;
      }
    }
  }
}
