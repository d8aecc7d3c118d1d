package ringside.ebpf.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;

/** How often and how long one program has run, counted while somebody wants to know. */
public final class RunStats {
  private final Switch counting;
  private long runs;
  private long nanos;

  /** Makes it. */
  public RunStats(Switch counting) {
    this.counting = counting;
  }

  /** Whether the programs of one kernel are counted ({@code bpf_stats_enabled_key}). */
  public static final class Switch {
    private int users;
    private boolean on;

    /** Makes it, off. */
    public Switch() {}

    /** Somebody wants the figures from now on, or not any more. */
    public void change(int by) {
      users += by;
      on = users > 0;
    }
  }

  /** Whether runs are counted now. */
  boolean counting() {
    return counting.on;
  }

  /** A clock for {@link #count}, or 0 while nobody wants to know. */
  public long start() {
    return counting.on ? now() : 0;
  }

  /** Counts runs that began at {@code start}; nothing where that is 0. */
  @TruffleBoundary
  public void count(long start, int times) {
    if (start != 0) {
      runs += times;
      nanos += System.nanoTime() - start;
    }
  }

  @TruffleBoundary
  private static long now() {
    return System.nanoTime();
  }

  /** Runs so far. */
  public long runs() {
    return runs;
  }

  /** Nanoseconds of wall time so far. */
  public long nanos() {
    return nanos;
  }
}
