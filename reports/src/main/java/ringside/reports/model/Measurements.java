package ringside.reports.model;

import java.util.List;

/**
 * Wall-clock figures and the machine they were taken on; nothing here is repeatable.
 *
 * @param takenAt when, as an ISO-8601 instant
 * @param seconds how long the run took
 * @param host the machine
 * @param timings costs, one a lane
 */
public record Measurements(String takenAt, double seconds, Host host, List<Timing> timings) {
  /** Copies the list. */
  public Measurements {
    timings = List.copyOf(timings);
  }

  /**
   * The machine and the JVM.
   *
   * @param os name and release
   * @param processor model
   * @param processors how many the JVM may use
   * @param jvm vendor and version
   * @param engine the Truffle runtime, which must be an optimizing one for the figures to mean
   *     anything
   */
  public record Host(String os, String processor, int processors, String jvm, String engine) {}
}
