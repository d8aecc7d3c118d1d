package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Which C type stands for the context of a program type. */
final class ContextTypes {
  private static final String USER_PT_REGS = "bpf_user_pt_regs_t";

  private ContextTypes() {}

  /** The context struct of a program type; empty where programs have none of that name. */
  static String structOf(ProgramType type) {
    return switch (type) {
      case SOCKET_FILTER,
          SCHED_CLS,
          SCHED_ACT,
          CGROUP_SKB,
          LWT_IN,
          LWT_OUT,
          LWT_XMIT,
          LWT_SEG6LOCAL,
          SK_SKB,
          FLOW_DISSECTOR ->
          "__sk_buff";
      case XDP -> "xdp_md";
      case CGROUP_SOCK -> "bpf_sock";
      case CGROUP_SOCK_ADDR -> "bpf_sock_addr";
      case SOCK_OPS -> "bpf_sock_ops";
      case SK_MSG -> "sk_msg_md";
      case KPROBE -> "pt_regs";
      case PERF_EVENT -> "bpf_perf_event_data";
      case RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE -> "bpf_raw_tracepoint_args";
      case CGROUP_DEVICE -> "bpf_cgroup_dev_ctx";
      case CGROUP_SYSCTL -> "bpf_sysctl";
      case CGROUP_SOCKOPT -> "bpf_sockopt";
      case SK_REUSEPORT -> "sk_reuseport_md";
      case SK_LOOKUP -> "bpf_sk_lookup";
      case NETFILTER -> "bpf_nf_ctx";
      default -> "";
    };
  }

  /** Tells whether a pointee is the context of a program type ({@code btf_is_prog_ctx_type}). */
  static boolean isContext(Btf btf, int pointee, ProgramType type) {
    if (type == ProgramType.KPROBE && isTypedef(btf, pointee, USER_PT_REGS)) {
      return true;
    }
    String name = structOf(type);
    return !name.isEmpty()
        && btf.stripped(pointee) instanceof BtfType.Composite c
        && (c.name().equals(name)
            || c.name().startsWith(name + "___")
            || (type == ProgramType.KPROBE && c.name().equals(USER_PT_REGS)));
  }

  private static boolean isTypedef(Btf btf, int id, String name) {
    BtfType t = btf.type(id);
    while (t instanceof BtfType.Modifier m && !(t instanceof BtfType.Typedef)) {
      t = btf.type(m.type());
    }
    return t instanceof BtfType.Typedef && t.name().equals(name);
  }

  /**
   * Why a parameter tagged {@code arg:ctx} cannot be the context, in Linux's words; null if it can.
   */
  static @Nullable String objection(
      Btf btf, int pointee, ProgramType type, @Nullable AttachType attach) {
    boolean registers = type == ProgramType.KPROBE || type == ProgramType.PERF_EVENT;
    if (registers && isTypedef(btf, pointee, USER_PT_REGS)) {
      return null;
    }
    BtfType t = btf.stripped(pointee);
    if (t instanceof BtfType.VoidType) {
      return null;
    }
    if (t.name().isEmpty()) {
      return "type doesn't have a name";
    }
    if (special(t, type, attach)) {
      return null;
    }
    String name = structOf(type);
    if (name.isEmpty()) {
      return "should be void pointer";
    }
    return t instanceof BtfType.Composite && t.name().equals(name)
        ? null
        : "should be `struct " + name + " *`";
  }

  private static boolean special(BtfType t, ProgramType type, @Nullable AttachType attach) {
    boolean struct = t instanceof BtfType.Struct;
    boolean word = t instanceof BtfType.Int i && i.size() == 8;
    return switch (type) {
      case TRACEPOINT, SYSCALL, EXT -> true;
      case KPROBE, PERF_EVENT -> struct && t.name().equals("pt_regs");
      case RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE, LSM, STRUCT_OPS -> word;
      case TRACING ->
          attach != null
              && switch (attach) {
                case TRACE_RAW_TP -> word || (struct && t.name().equals("bpf_raw_tracepoint_args"));
                case TRACE_ITER -> struct && t.name().startsWith("bpf_iter__");
                case TRACE_FENTRY, TRACE_FEXIT, MODIFY_RETURN -> word;
                default -> false;
              };
      default -> false;
    };
  }
}
