package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.ENOTSUPP;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** What programs may return, by program type and by what they attach to. */
final class ReturnRanges {
  private static final int MAX_ERRNO = 4095;
  private static final ReturnRange BOOL = new ReturnRange(0, 1);
  private static final ReturnRange ZERO = new ReturnRange(0, 0);

  private ReturnRanges() {}

  /** LSM hooks and struct_ops functions may be {@code void}: then R0 is nobody's business. */
  static boolean returnsNothing(VerifierEnv env) {
    return env.type == ProgramType.LSM
        && env.input.attachType() != AttachType.LSM_CGROUP
        && hookIsVoid(env);
  }

  /** The range of the program's own return value, or null where any will do. */
  static @Nullable ReturnRange of(VerifierEnv env) throws VerifierReject {
    AttachType attach = env.input.attachType();
    return switch (env.type) {
      case CGROUP_SOCK_ADDR -> attach == null ? BOOL : socketAddress(attach);
      case CGROUP_SKB -> attach == AttachType.CGROUP_INET_EGRESS ? new ReturnRange(0, 3) : BOOL;
      case CGROUP_SOCK, SOCK_OPS, CGROUP_DEVICE, CGROUP_SYSCTL, CGROUP_SOCKOPT -> BOOL;
      case SK_LOOKUP, NETFILTER -> BOOL;
      case RAW_TRACEPOINT -> env.input.types().attachBtfId() == 0 ? null : ZERO;
      case TRACING -> tracing(attach);
      case KPROBE -> attach == AttachType.TRACE_KPROBE_SESSION ? BOOL : null;
      case LSM -> lsm(env, attach);
      default -> null;
    };
  }

  private static ReturnRange socketAddress(AttachType attach) {
    return switch (attach) {
      case CGROUP_UDP4_RECVMSG,
          CGROUP_UDP6_RECVMSG,
          CGROUP_UNIX_RECVMSG,
          CGROUP_INET4_GETPEERNAME,
          CGROUP_INET6_GETPEERNAME,
          CGROUP_UNIX_GETPEERNAME,
          CGROUP_INET4_GETSOCKNAME,
          CGROUP_INET6_GETSOCKNAME,
          CGROUP_UNIX_GETSOCKNAME ->
          new ReturnRange(1, 1);
      case CGROUP_INET4_BIND, CGROUP_INET6_BIND -> new ReturnRange(0, 3);
      default -> BOOL;
    };
  }

  private static @Nullable ReturnRange tracing(@Nullable AttachType attach) throws VerifierReject {
    if (attach == null) {
      throw new VerifierReject(ENOTSUPP, "");
    }
    return switch (attach) {
      case TRACE_FENTRY, TRACE_FEXIT -> ZERO;
      case TRACE_RAW_TP, MODIFY_RETURN -> null;
      case TRACE_ITER -> BOOL;
      default -> throw new VerifierReject(ENOTSUPP, "");
    };
  }

  /**
   * {@code bpf_lsm_get_retval_range}: 0 or an error, except for the hooks that answer yes or no.
   */
  private static @Nullable ReturnRange lsm(VerifierEnv env, @Nullable AttachType attach) {
    boolean nothing = hookIsVoid(env);
    if (attach == AttachType.LSM_CGROUP) {
      return nothing ? new ReturnRange(1, 1) : BOOL;
    }
    if (nothing) {
      return null;
    }
    return switch (hook(env)) {
      case "bpf_lsm_xfrm_state_pol_flow_match",
          "bpf_lsm_audit_rule_known",
          "bpf_lsm_inode_xattr_skipcap" ->
          new ReturnRange(0, 1, true);
      default -> new ReturnRange(-MAX_ERRNO, 0, true);
    };
  }

  private static BtfType.@Nullable Func function(VerifierEnv env) {
    Btf kernel = env.input.types().kernel();
    int id = env.input.types().attachBtfId();
    return kernel != null && id > 0 && kernel.type(id) instanceof BtfType.Func func ? func : null;
  }

  private static String hook(VerifierEnv env) {
    BtfType.Func func = function(env);
    return func == null ? "" : func.name();
  }

  /** Tells whether what the program attaches to returns nothing. */
  static boolean hookIsVoid(VerifierEnv env) {
    Btf kernel = env.input.types().kernel();
    BtfType.Func func = function(env);
    return kernel != null
        && func != null
        && kernel.type(func.type()) instanceof BtfType.FuncProto proto
        && proto.type() == 0;
  }
}
