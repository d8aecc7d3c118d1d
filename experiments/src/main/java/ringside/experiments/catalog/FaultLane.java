package ringside.experiments.catalog;

import java.util.Arrays;
import java.util.Optional;

/** In what a fault is committed. */
public enum FaultLane {
  /** Java compiled into the kernel. */
  BUILTIN("builtin", "Built-in"),
  /** A loadable kernel module. */
  MODULE("module", "Kernel module"),
  /** An eBPF program, loaded with no more capabilities than its type needs. */
  EBPF("ebpf", "eBPF"),
  /** An eBPF program loaded by root, who is allowed more. */
  EBPF_ROOT("ebpf-root", "eBPF loaded by root"),
  /** An eBPF program loaded by root into a kernel whose verifier has a bug again. */
  EBPF_FLAWED("ebpf-flawed", "eBPF, flawed verifier"),
  /** An eBPF program that no verifier looked at, to show what the verifier bought. */
  EBPF_UNVERIFIED("ebpf-unverified", "eBPF, unverified");

  private final String id;
  private final String title;

  FaultLane(String id, String title) {
    this.id = id;
    this.title = title;
  }

  /** The lane's name in results and in {@code fault.json}. */
  public String id() {
    return id;
  }

  /** The lane's name for people. */
  public String title() {
    return title;
  }

  /** The lane of that id. */
  public static Optional<FaultLane> of(String id) {
    return Arrays.stream(values()).filter(lane -> lane.id.equals(id)).findFirst();
  }
}
