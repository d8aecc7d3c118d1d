package ringside.ebpf.uapi;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.core.Errno;

/** What the kernel asks of a program's type before it looks at its instructions. */
final class ProgramRules {
  private static final int BTF_MAX_TYPE = 0xfffff;

  private ProgramRules() {}

  /** Whether loading one takes CAP_NET_ADMIN ({@code is_net_admin_prog_type}). */
  static boolean netAdmin(ProgramType type) {
    return switch (type) {
      case SCHED_CLS,
          SCHED_ACT,
          XDP,
          LWT_IN,
          LWT_OUT,
          LWT_XMIT,
          LWT_SEG6LOCAL,
          SK_SKB,
          SK_MSG,
          FLOW_DISSECTOR,
          CGROUP_DEVICE,
          CGROUP_SOCK,
          CGROUP_SOCK_ADDR,
          CGROUP_SOCKOPT,
          CGROUP_SYSCTL,
          SOCK_OPS,
          EXT,
          NETFILTER ->
          true;
      default -> false;
    };
  }

  /** Whether loading one takes CAP_PERFMON ({@code is_perfmon_prog_type}). */
  static boolean perfmon(ProgramType type) {
    return switch (type) {
      case KPROBE,
          TRACEPOINT,
          PERF_EVENT,
          RAW_TRACEPOINT,
          RAW_TRACEPOINT_WRITABLE,
          TRACING,
          LSM,
          STRUCT_OPS,
          EXT ->
          true;
      default -> false;
    };
  }

  /**
   * {@code bpf_prog_load_check_attach}.
   *
   * @param kernelTypes whether {@code btfId} names a type of the kernel
   * @param destination whether the program is for another program
   * @throws SyscallError {@code EINVAL}
   */
  static void checkAttach(
      @Nullable ProgramType type,
      int attachType,
      boolean kernelTypes,
      int btfId,
      boolean destination) {
    if (!fits(type, AttachType.byId(attachType), attachType)
        || !fitsTarget(type, kernelTypes, btfId, destination)) {
      throw new SyscallError(Errno.EINVAL);
    }
  }

  private static boolean fitsTarget(
      @Nullable ProgramType type, boolean kernelTypes, int btfId, boolean destination) {
    boolean tracing = type == ProgramType.TRACING || type == ProgramType.EXT;
    boolean targeted = tracing || type == ProgramType.LSM || type == ProgramType.STRUCT_OPS;
    if (btfId != 0
        && (Integer.compareUnsigned(btfId, BTF_MAX_TYPE) > 0
            || !(kernelTypes || destination)
            || !targeted)) {
      return false;
    }
    return !(kernelTypes && (btfId == 0 || destination)) && !(destination && !tracing);
  }

  private static boolean fits(
      @Nullable ProgramType type, @Nullable AttachType attachType, int number) {
    if (type == null) {
      return true;
    }
    return switch (type) {
      case CGROUP_SOCK ->
          attachType == AttachType.CGROUP_INET_SOCK_CREATE
              || attachType == AttachType.CGROUP_INET_SOCK_RELEASE
              || attachType == AttachType.CGROUP_INET4_POST_BIND
              || attachType == AttachType.CGROUP_INET6_POST_BIND;
      case CGROUP_SOCK_ADDR, CGROUP_SKB, CGROUP_SOCKOPT ->
          attachType != null && ofAttachType(attachType) == type;
      case SK_LOOKUP -> attachType == AttachType.SK_LOOKUP;
      case SK_REUSEPORT ->
          attachType == AttachType.SK_REUSEPORT_SELECT
              || attachType == AttachType.SK_REUSEPORT_SELECT_OR_MIGRATE;
      case NETFILTER -> attachType == AttachType.NETFILTER;
      case SYSCALL, EXT -> number == 0;
      default -> true;
    };
  }

  /** Whose attach type it is ({@code attach_type_to_prog_type}), or null. */
  static @Nullable ProgramType ofAttachType(AttachType attachType) {
    return switch (attachType) {
      case CGROUP_INET_INGRESS, CGROUP_INET_EGRESS -> ProgramType.CGROUP_SKB;
      case CGROUP_INET_SOCK_CREATE,
          CGROUP_INET_SOCK_RELEASE,
          CGROUP_INET4_POST_BIND,
          CGROUP_INET6_POST_BIND ->
          ProgramType.CGROUP_SOCK;
      case CGROUP_INET4_BIND,
          CGROUP_INET6_BIND,
          CGROUP_INET4_CONNECT,
          CGROUP_INET6_CONNECT,
          CGROUP_UNIX_CONNECT,
          CGROUP_INET4_GETPEERNAME,
          CGROUP_INET6_GETPEERNAME,
          CGROUP_UNIX_GETPEERNAME,
          CGROUP_INET4_GETSOCKNAME,
          CGROUP_INET6_GETSOCKNAME,
          CGROUP_UNIX_GETSOCKNAME,
          CGROUP_UDP4_SENDMSG,
          CGROUP_UDP6_SENDMSG,
          CGROUP_UNIX_SENDMSG,
          CGROUP_UDP4_RECVMSG,
          CGROUP_UDP6_RECVMSG,
          CGROUP_UNIX_RECVMSG ->
          ProgramType.CGROUP_SOCK_ADDR;
      case CGROUP_SOCK_OPS -> ProgramType.SOCK_OPS;
      case CGROUP_DEVICE -> ProgramType.CGROUP_DEVICE;
      case SK_MSG_VERDICT -> ProgramType.SK_MSG;
      case SK_SKB_STREAM_PARSER, SK_SKB_STREAM_VERDICT, SK_SKB_VERDICT -> ProgramType.SK_SKB;
      case LIRC_MODE2 -> ProgramType.LIRC_MODE2;
      case FLOW_DISSECTOR -> ProgramType.FLOW_DISSECTOR;
      case CGROUP_SYSCTL -> ProgramType.CGROUP_SYSCTL;
      case CGROUP_GETSOCKOPT, CGROUP_SETSOCKOPT -> ProgramType.CGROUP_SOCKOPT;
      case TRACE_ITER, TRACE_RAW_TP, TRACE_FENTRY, TRACE_FEXIT, MODIFY_RETURN ->
          ProgramType.TRACING;
      case LSM_MAC, LSM_CGROUP -> ProgramType.LSM;
      case SK_LOOKUP -> ProgramType.SK_LOOKUP;
      case XDP -> ProgramType.XDP;
      case TCX_INGRESS, TCX_EGRESS, NETKIT_PRIMARY, NETKIT_PEER -> ProgramType.SCHED_CLS;
      default -> null;
    };
  }
}
