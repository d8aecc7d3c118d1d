package ringside.ebpf.conformance;

import ringside.ebpf.helper.BpfHelper;
import ringside.kernel.time.VirtualClock;

/** The one helper of a machine without a kernel. */
public final class ClockHelper {
  private final VirtualClock clock;

  ClockHelper(VirtualClock clock) {
    this.clock = clock;
  }

  /** {@code bpf_ktime_get_ns}: virtual nanoseconds since the machine was made. */
  @BpfHelper(id = 5)
  public long ktimeGetNs() {
    return clock.nanos();
  }
}
