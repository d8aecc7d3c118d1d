package ringside.kernel.time;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * The machine's clock: it advances by instructions retired and by idling, never by wall time.
 *
 * <p>{@link #retire} is what engines call in strides; it is an addition and a compare unless a
 * timer is due.
 */
public final class VirtualClock {
  /** Ticks a second: {@code CONFIG_HZ}. */
  public static final int HZ = 250;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long NANOS_PER_TICK = NANOS_PER_SECOND / HZ;

  /** {@code INITIAL_JIFFIES}: five minutes before the 32-bit counter wraps. */
  private static final long INITIAL_JIFFIES = (-300L * HZ) & 0xffffffffL;

  private final long instructionsPerSecond;
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(
          Comparator.comparingLong(Timer::deadline).thenComparingLong(t -> t.order));

  /** Instructions retired plus instructions' worth of idle time. */
  private long time;

  private long next = Long.MAX_VALUE;
  private long retired;
  private long order;

  /** Starts at zero. */
  public VirtualClock(long instructionsPerSecond) {
    this.instructionsPerSecond = instructionsPerSecond;
  }

  /** Something to be done at a virtual time; runs on the thread that retires instructions. */
  public static final class Timer {
    private final long deadline;
    private final long order;
    private final Runnable action;

    private Timer(long deadline, long order, Runnable action) {
      this.deadline = deadline;
      this.order = order;
      this.action = action;
    }

    private long deadline() {
      return deadline;
    }
  }

  /**
   * Counts instructions as executed; runs the timers that become due.
   *
   * @param instructions how many, not negative
   */
  public void retire(long instructions) {
    retired += instructions;
    time += instructions;
    if (time >= next) {
      expire();
    }
  }

  /** Lets time pass with the CPU idle, in nanoseconds; runs the timers that become due. */
  @TruffleBoundary
  public void idle(long nanos) {
    long until = time + toInstructions(nanos);
    while (next <= until) {
      time = Math.max(time, next);
      expire();
    }
    time = Math.max(time, until);
  }

  /** Virtual nanoseconds since boot ({@code ktime_get}). */
  public long nanos() {
    return toNanos(time);
  }

  /** The tick counter as the kernel's {@code jiffies} has it. */
  public long jiffies() {
    return INITIAL_JIFFIES + nanos() / NANOS_PER_TICK;
  }

  /** Instructions retired since boot. */
  public long instructions() {
    return retired;
  }

  /** Virtual nanoseconds that the CPU has idled since boot. */
  public long idleNanos() {
    return toNanos(time - retired);
  }

  /** How many instructions take that many nanoseconds. */
  public long instructionsIn(long nanos) {
    return toInstructions(nanos);
  }

  /** Arranges for {@code action} to run {@code nanos} from now. */
  @TruffleBoundary
  public Timer after(long nanos, Runnable action) {
    Timer timer = new Timer(time + Math.max(1, toInstructions(nanos)), order++, action);
    timers.add(timer);
    next = Math.min(next, timer.deadline);
    return timer;
  }

  /** Drops a timer; false where it has run already. */
  @TruffleBoundary
  public boolean cancel(Timer timer) {
    boolean removed = timers.remove(timer);
    rearm();
    return removed;
  }

  /** Nanoseconds until the next timer, or -1 where there is none. */
  @TruffleBoundary
  public long untilNextTimer() {
    return timers.isEmpty() ? -1 : Math.max(0, toNanos(timers.element().deadline - time));
  }

  @TruffleBoundary
  private void expire() {
    while (!timers.isEmpty() && timers.element().deadline <= time) {
      Timer due = timers.remove();
      // An action may throw (a hang, a panic): the clock must be armed for the rest by then.
      rearm();
      due.action.run();
    }
    rearm();
  }

  private void rearm() {
    next = timers.isEmpty() ? Long.MAX_VALUE : timers.element().deadline;
  }

  private long toNanos(long instructions) {
    return instructions / instructionsPerSecond * NANOS_PER_SECOND
        + instructions % instructionsPerSecond * NANOS_PER_SECOND / instructionsPerSecond;
  }

  private long toInstructions(long nanos) {
    return nanos / NANOS_PER_SECOND * instructionsPerSecond
        + nanos % NANOS_PER_SECOND * instructionsPerSecond / NANOS_PER_SECOND;
  }
}
