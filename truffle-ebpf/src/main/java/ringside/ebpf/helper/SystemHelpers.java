package ringside.ebpf.helper;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.SplittableRandom;
import ringside.kernel.time.VirtualClock;

/** Helpers about time, CPU and chance ({@code kernel/bpf/helpers.c}). */
public final class SystemHelpers {
  private static final long TICK_NANOS = 4_000_000;

  private final VirtualClock clock;
  private final SplittableRandom random;

  /**
   * Makes the family for one kernel.
   *
   * @param seed of {@code bpf_get_prandom_u32}: the same seed gives the same numbers
   */
  public SystemHelpers(VirtualClock clock, long seed) {
    this.clock = clock;
    this.random = new SplittableRandom(seed);
  }

  /** {@code bpf_ktime_get_ns}: nanoseconds since boot, suspended time left out. */
  @BpfHelper(id = 5)
  public long ktimeGetNs() {
    return clock.nanos();
  }

  /** {@code bpf_get_prandom_u32}: a pseudo-random number. */
  @BpfHelper(id = 7)
  @TruffleBoundary
  public long getPrandomU32() {
    return random.nextLong() >>> 32;
  }

  /** {@code bpf_get_smp_processor_id}: the CPU that runs the program; there is one. */
  @BpfHelper(id = 8)
  public long getSmpProcessorId() {
    return 0;
  }

  /** {@code bpf_get_numa_node_id}: the memory node of the CPU; there is one. */
  @BpfHelper(id = 42)
  public long getNumaNodeId() {
    return 0;
  }

  /** {@code bpf_jiffies64}: the tick counter. */
  @BpfHelper(id = 118)
  public long jiffies64() {
    return clock.jiffies();
  }

  /** {@code bpf_ktime_get_boot_ns}: nanoseconds since boot; the machine never suspends. */
  @BpfHelper(id = 125)
  public long ktimeGetBootNs() {
    return clock.nanos();
  }

  /** {@code bpf_ktime_get_coarse_ns}: nanoseconds since boot as of the last tick. */
  @BpfHelper(id = 160)
  public long ktimeGetCoarseNs() {
    return clock.nanos() / TICK_NANOS * TICK_NANOS;
  }

  /** {@code bpf_ktime_get_tai_ns}: atomic time; the machine's clock starts at 0. */
  @BpfHelper(id = 208)
  public long ktimeGetTaiNs() {
    return clock.nanos();
  }
}
