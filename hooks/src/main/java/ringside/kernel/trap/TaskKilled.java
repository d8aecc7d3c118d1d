package ringside.kernel.trap;

import com.oracle.truffle.api.exception.AbstractTruffleException;

/**
 * The current task died in the kernel (an oops in process context); whoever runs tasks catches it.
 *
 * <p>The exit code is a wait status: the signal number for a killed task.
 */
@SuppressWarnings("serial") // never serialised; AbstractTruffleException merely inherits the marker
public final class TaskKilled extends AbstractTruffleException {
  private final int signal;

  /** Makes it with the signal that {@code make_task_dead} reports, {@code SIGSEGV} for an oops. */
  public TaskKilled(int signal) {
    super("killed by signal " + signal);
    this.signal = signal;
  }

  /** The signal that the parent sees in the wait status. */
  public int signal() {
    return signal;
  }
}
