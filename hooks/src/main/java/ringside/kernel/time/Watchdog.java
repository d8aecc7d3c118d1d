package ringside.kernel.time;

import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * The soft-lockup detector, and behind it the host's own limit.
 *
 * <p>After {@code kernel/watchdog.c}: every 4 virtual seconds a timer interrupt looks whether the
 * CPU has scheduled during the last 20; while the guest has interrupts disabled, it cannot look.
 */
public final class Watchdog {
  private static final long SECOND = 1_000_000_000L;

  /** {@code get_softlockup_thresh()}: twice {@code watchdog_thresh}, in seconds. */
  private static final int THRESHOLD = 20;

  /** {@code set_sample_period()}: a fifth of the threshold, in seconds. */
  private static final int PERIOD = THRESHOLD / 5;

  private final VirtualClock clock;
  private final BooleanSupplier preemptible;
  private final BooleanSupplier interruptsEnabled;
  private final LongConsumer lockup;
  private final LongConsumer hang;
  private final int hangSeconds;
  private long scheduled;
  private long reported;
  private long idle;
  private long busySince;
  private boolean yielded;
  private int sample;

  /**
   * Starts watching.
   *
   * @param preemptible whether something runs that would be preempted for the watchdog's own task
   * @param interruptsEnabled whether the timer interrupt can be taken
   * @param lockup told the seconds that the CPU is stuck; reports, and may panic
   * @param hang told the seconds after which the host gives up; throws
   * @param hangSeconds when that is
   */
  public Watchdog(
      VirtualClock clock,
      BooleanSupplier preemptible,
      BooleanSupplier interruptsEnabled,
      LongConsumer lockup,
      LongConsumer hang,
      int hangSeconds) {
    this.clock = clock;
    this.preemptible = preemptible;
    this.interruptsEnabled = interruptsEnabled;
    this.lockup = lockup;
    this.hang = hang;
    this.hangSeconds = hangSeconds;
    clock.after(SECOND, this::look);
  }

  /** The CPU has scheduled, or is about to ({@code touch_softlockup_watchdog}). */
  public void touch() {
    long now = clock.nanos();
    scheduled = now;
    reported = now;
    busySince = now;
  }

  private void look() {
    clock.after(SECOND, this::look);
    long now = clock.nanos();
    boolean idled = clock.idleNanos() > idle;
    idle = clock.idleNanos();
    yielded |= idled;
    boolean free = preemptible.getAsBoolean();
    if (free || idled) {
      busySince = now;
    }
    if (++sample % PERIOD == 0) {
      boolean touched = free || yielded;
      yielded = false;
      if (touched) {
        touch();
      } else if (interruptsEnabled.getAsBoolean()
          && timestamp(now) - timestamp(reported) > THRESHOLD) {
        reported = now;
        lockup.accept(timestamp(now) - timestamp(scheduled));
      }
    }
    if (now - busySince >= hangSeconds * SECOND) {
      hang.accept(hangSeconds);
    }
  }

  /** {@code get_timestamp()}: it takes 2^30 ns for a second, hence the odd figures in logs. */
  private static long timestamp(long nanos) {
    return nanos >> 30;
  }
}
