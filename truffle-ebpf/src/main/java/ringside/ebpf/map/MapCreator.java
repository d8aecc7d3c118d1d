package ringside.ebpf.map;

/**
 * What the task that creates a map may do.
 *
 * @param bpf {@code CAP_BPF}
 * @param netAdmin {@code CAP_NET_ADMIN}
 * @param unprivilegedDisabled {@code kernel.unprivileged_bpf_disabled}
 */
public record MapCreator(boolean bpf, boolean netAdmin, boolean unprivilegedDisabled) {
  /** What root may do. */
  public static final MapCreator ROOT = new MapCreator(true, true, true);
}
