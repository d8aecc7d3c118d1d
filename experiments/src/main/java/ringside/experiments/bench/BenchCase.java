package ringside.experiments.bench;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.experiments.catalog.Catalog;
import ringside.experiments.catalog.Workload;

/**
 * One thing to measure.
 *
 * @param workload a workload's name, or {@link #BOOT}
 * @param lane unique in its workload, e.g. {@code ebpf@xdp}
 * @param baseline the lane that it is compared with; null for a baseline itself
 */
public record BenchCase(String workload, String lane, @Nullable String baseline) {
  /** Booting a kernel, which is measured beside the workloads. */
  public static final String BOOT = "boot";

  /** The lane on the real kernel's JIT. */
  public static final String HOST = "host@xdp";

  /**
   * All there is to measure: every workload's lanes, then booting.
   *
   * @param host whether the real kernel is measured too, where it can be
   */
  public static List<BenchCase> all(Catalog catalog, boolean host) {
    List<BenchCase> cases = new ArrayList<>();
    catalog
        .all()
        .forEach(experiment -> {
          if (experiment instanceof Workload workload) {
            for (String lane : BenchSubject.lanes(workload)) {
              String builtin = "builtin" + lane.substring(lane.indexOf('@'));
              cases.add(
                  new BenchCase(workload.name(), lane, lane.equals(builtin) ? null : builtin));
            }
            if (host && HostLane.times(workload)) {
              cases.add(new BenchCase(workload.name(), HOST, "builtin@xdp"));
            }
          }
        });
    cases.add(new BenchCase(BOOT, BootBenchmark.NEW, null));
    cases.add(new BenchCase(BOOT, BootBenchmark.REUSED, BootBenchmark.NEW));
    return cases;
  }

  /**
   * Whether {@code --lanes} means this one: by its name, or by what stands before the {@code @}.
   */
  public boolean named(String wanted) {
    return lane.equals(wanted) || lane.startsWith(wanted + "@");
  }
}
