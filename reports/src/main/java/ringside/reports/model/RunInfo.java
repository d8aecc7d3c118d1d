package ringside.reports.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was asked for.
 *
 * @param ringside version of the laboratory
 * @param kernel release of the simulated kernel, as {@code uname -r} prints it
 * @param compiler first line of {@code clang --version}
 * @param mode {@code quick} or {@code full}
 * @param seed of every random choice
 * @param experiments names, in the order in which they ran
 * @param capture the packets; null where no experiment needed any
 */
public record RunInfo(
    String ringside,
    String kernel,
    String compiler,
    String mode,
    long seed,
    List<String> experiments,
    @Nullable Capture capture) {
  /** Copies the list. */
  public RunInfo {
    experiments = List.copyOf(experiments);
  }

  /**
   * A packet capture.
   *
   * @param name file name without directory
   * @param sha256 of its bytes, in hex
   * @param packets how many it holds
   * @param bytes captured octets of all packets
   */
  public record Capture(String name, String sha256, int packets, long bytes) {}
}
