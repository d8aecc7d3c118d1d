package ringside.ebpf.isa;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The kernel's program types, {@code enum bpf_prog_type}; with its ids. */
public enum ProgramType {
  UNSPEC(0),
  SOCKET_FILTER(1),
  KPROBE(2),
  SCHED_CLS(3),
  SCHED_ACT(4),
  TRACEPOINT(5),
  XDP(6),
  PERF_EVENT(7),
  CGROUP_SKB(8),
  CGROUP_SOCK(9),
  LWT_IN(10),
  LWT_OUT(11),
  LWT_XMIT(12),
  SOCK_OPS(13),
  SK_SKB(14),
  CGROUP_DEVICE(15),
  SK_MSG(16),
  RAW_TRACEPOINT(17),
  CGROUP_SOCK_ADDR(18),
  LWT_SEG6LOCAL(19),
  LIRC_MODE2(20),
  SK_REUSEPORT(21),
  FLOW_DISSECTOR(22),
  CGROUP_SYSCTL(23),
  RAW_TRACEPOINT_WRITABLE(24),
  CGROUP_SOCKOPT(25),
  TRACING(26),
  STRUCT_OPS(27),
  EXT(28),
  LSM(29),
  SK_LOOKUP(30),
  SYSCALL(31),
  NETFILTER(32);

  private final int id;

  ProgramType(int id) {
    this.id = id;
  }

  /** The id in {@code bpf_attr.prog_type}. */
  public int id() {
    return id;
  }

  /** The name that libbpf and bpftool give it, e.g. {@code socket_filter}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The name in {@code linux/bpf.h}, e.g. {@code BPF_PROG_TYPE_XDP}. */
  public String constant() {
    return "BPF_PROG_TYPE_" + name();
  }

  /** The type with an id, or null. */
  public static @Nullable ProgramType byId(int id) {
    for (ProgramType type : values()) {
      if (type.id == id) {
        return type;
      }
    }
    return null;
  }

  /** The type with a label (or one of the short names {@code socket}, {@code tc}) or an id. */
  public static @Nullable ProgramType byLabel(String label) {
    for (ProgramType type : values()) {
      if (type.label().equals(label)) {
        return type;
      }
    }
    return switch (label) {
      case "socket" -> SOCKET_FILTER;
      case "tc" -> SCHED_CLS;
      default -> label.matches("[0-9]{1,4}") ? byId(Integer.parseInt(label)) : null;
    };
  }
}
