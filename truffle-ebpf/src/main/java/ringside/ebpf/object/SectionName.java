package ringside.ebpf.object;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;

/**
 * What a section's name says of the programs in it, by libbpf's table.
 *
 * @param attachTo what stands behind the slash, empty without
 */
public record SectionName(ProgramType type, @Nullable AttachType attachType, String attachTo) {
  /** One line of the table; a name that ends in {@code +} may be followed by a target. */
  private record Row(String name, ProgramType type, @Nullable AttachType attachType) {}

  private static final List<Row> TABLE =
      List.of(
          new Row("socket", ProgramType.SOCKET_FILTER, null),
          new Row(
              "sk_reuseport/migrate",
              ProgramType.SK_REUSEPORT,
              AttachType.SK_REUSEPORT_SELECT_OR_MIGRATE),
          new Row("sk_reuseport", ProgramType.SK_REUSEPORT, AttachType.SK_REUSEPORT_SELECT),
          new Row("kprobe+", ProgramType.KPROBE, null),
          new Row("uprobe+", ProgramType.KPROBE, null),
          new Row("uprobe.s+", ProgramType.KPROBE, null),
          new Row("kretprobe+", ProgramType.KPROBE, null),
          new Row("uretprobe+", ProgramType.KPROBE, null),
          new Row("uretprobe.s+", ProgramType.KPROBE, null),
          new Row("kprobe.multi+", ProgramType.KPROBE, AttachType.TRACE_KPROBE_MULTI),
          new Row("kretprobe.multi+", ProgramType.KPROBE, AttachType.TRACE_KPROBE_MULTI),
          new Row("kprobe.session+", ProgramType.KPROBE, AttachType.TRACE_KPROBE_SESSION),
          new Row("uprobe.multi+", ProgramType.KPROBE, AttachType.TRACE_UPROBE_MULTI),
          new Row("uretprobe.multi+", ProgramType.KPROBE, AttachType.TRACE_UPROBE_MULTI),
          new Row("uprobe.session+", ProgramType.KPROBE, AttachType.TRACE_UPROBE_SESSION),
          new Row("uprobe.multi.s+", ProgramType.KPROBE, AttachType.TRACE_UPROBE_MULTI),
          new Row("uretprobe.multi.s+", ProgramType.KPROBE, AttachType.TRACE_UPROBE_MULTI),
          new Row("uprobe.session.s+", ProgramType.KPROBE, AttachType.TRACE_UPROBE_SESSION),
          new Row("ksyscall+", ProgramType.KPROBE, null),
          new Row("kretsyscall+", ProgramType.KPROBE, null),
          new Row("usdt+", ProgramType.KPROBE, null),
          new Row("usdt.s+", ProgramType.KPROBE, null),
          new Row("tc/ingress", ProgramType.SCHED_CLS, AttachType.TCX_INGRESS),
          new Row("tc/egress", ProgramType.SCHED_CLS, AttachType.TCX_EGRESS),
          new Row("tcx/ingress", ProgramType.SCHED_CLS, AttachType.TCX_INGRESS),
          new Row("tcx/egress", ProgramType.SCHED_CLS, AttachType.TCX_EGRESS),
          new Row("tc", ProgramType.SCHED_CLS, null),
          new Row("classifier", ProgramType.SCHED_CLS, null),
          new Row("action", ProgramType.SCHED_ACT, null),
          new Row("netkit/primary", ProgramType.SCHED_CLS, AttachType.NETKIT_PRIMARY),
          new Row("netkit/peer", ProgramType.SCHED_CLS, AttachType.NETKIT_PEER),
          new Row("tracepoint+", ProgramType.TRACEPOINT, null),
          new Row("tp+", ProgramType.TRACEPOINT, null),
          new Row("raw_tracepoint+", ProgramType.RAW_TRACEPOINT, null),
          new Row("raw_tp+", ProgramType.RAW_TRACEPOINT, null),
          new Row("raw_tracepoint.w+", ProgramType.RAW_TRACEPOINT_WRITABLE, null),
          new Row("raw_tp.w+", ProgramType.RAW_TRACEPOINT_WRITABLE, null),
          new Row("tp_btf+", ProgramType.TRACING, AttachType.TRACE_RAW_TP),
          new Row("fentry+", ProgramType.TRACING, AttachType.TRACE_FENTRY),
          new Row("fmod_ret+", ProgramType.TRACING, AttachType.MODIFY_RETURN),
          new Row("fexit+", ProgramType.TRACING, AttachType.TRACE_FEXIT),
          new Row("fentry.s+", ProgramType.TRACING, AttachType.TRACE_FENTRY),
          new Row("fmod_ret.s+", ProgramType.TRACING, AttachType.MODIFY_RETURN),
          new Row("fexit.s+", ProgramType.TRACING, AttachType.TRACE_FEXIT),
          new Row("freplace+", ProgramType.EXT, null),
          new Row("lsm+", ProgramType.LSM, AttachType.LSM_MAC),
          new Row("lsm.s+", ProgramType.LSM, AttachType.LSM_MAC),
          new Row("lsm_cgroup+", ProgramType.LSM, AttachType.LSM_CGROUP),
          new Row("iter+", ProgramType.TRACING, AttachType.TRACE_ITER),
          new Row("iter.s+", ProgramType.TRACING, AttachType.TRACE_ITER),
          new Row("syscall", ProgramType.SYSCALL, null),
          new Row("xdp.frags/devmap", ProgramType.XDP, AttachType.XDP_DEVMAP),
          new Row("xdp/devmap", ProgramType.XDP, AttachType.XDP_DEVMAP),
          new Row("xdp.frags/cpumap", ProgramType.XDP, AttachType.XDP_CPUMAP),
          new Row("xdp/cpumap", ProgramType.XDP, AttachType.XDP_CPUMAP),
          new Row("xdp.frags", ProgramType.XDP, AttachType.XDP),
          new Row("xdp", ProgramType.XDP, AttachType.XDP),
          new Row("perf_event", ProgramType.PERF_EVENT, null),
          new Row("lwt_in", ProgramType.LWT_IN, null),
          new Row("lwt_out", ProgramType.LWT_OUT, null),
          new Row("lwt_xmit", ProgramType.LWT_XMIT, null),
          new Row("lwt_seg6local", ProgramType.LWT_SEG6LOCAL, null),
          new Row("sockops", ProgramType.SOCK_OPS, AttachType.CGROUP_SOCK_OPS),
          new Row("sk_skb/stream_parser", ProgramType.SK_SKB, AttachType.SK_SKB_STREAM_PARSER),
          new Row("sk_skb/stream_verdict", ProgramType.SK_SKB, AttachType.SK_SKB_STREAM_VERDICT),
          new Row("sk_skb/verdict", ProgramType.SK_SKB, AttachType.SK_SKB_VERDICT),
          new Row("sk_skb", ProgramType.SK_SKB, null),
          new Row("sk_msg", ProgramType.SK_MSG, AttachType.SK_MSG_VERDICT),
          new Row("lirc_mode2", ProgramType.LIRC_MODE2, AttachType.LIRC_MODE2),
          new Row("flow_dissector", ProgramType.FLOW_DISSECTOR, AttachType.FLOW_DISSECTOR),
          new Row("cgroup_skb/ingress", ProgramType.CGROUP_SKB, AttachType.CGROUP_INET_INGRESS),
          new Row("cgroup_skb/egress", ProgramType.CGROUP_SKB, AttachType.CGROUP_INET_EGRESS),
          new Row("cgroup/skb", ProgramType.CGROUP_SKB, null),
          new Row(
              "cgroup/sock_create", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET_SOCK_CREATE),
          new Row(
              "cgroup/sock_release", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET_SOCK_RELEASE),
          new Row("cgroup/sock", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET_SOCK_CREATE),
          new Row("cgroup/post_bind4", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET4_POST_BIND),
          new Row("cgroup/post_bind6", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET6_POST_BIND),
          new Row("cgroup/bind4", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET4_BIND),
          new Row("cgroup/bind6", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET6_BIND),
          new Row("cgroup/connect4", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET4_CONNECT),
          new Row("cgroup/connect6", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET6_CONNECT),
          new Row(
              "cgroup/connect_unix", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UNIX_CONNECT),
          new Row("cgroup/sendmsg4", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UDP4_SENDMSG),
          new Row("cgroup/sendmsg6", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UDP6_SENDMSG),
          new Row(
              "cgroup/sendmsg_unix", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UNIX_SENDMSG),
          new Row("cgroup/recvmsg4", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UDP4_RECVMSG),
          new Row("cgroup/recvmsg6", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UDP6_RECVMSG),
          new Row(
              "cgroup/recvmsg_unix", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UNIX_RECVMSG),
          new Row(
              "cgroup/getpeername4",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_INET4_GETPEERNAME),
          new Row(
              "cgroup/getpeername6",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_INET6_GETPEERNAME),
          new Row(
              "cgroup/getpeername_unix",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_UNIX_GETPEERNAME),
          new Row(
              "cgroup/getsockname4",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_INET4_GETSOCKNAME),
          new Row(
              "cgroup/getsockname6",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_INET6_GETSOCKNAME),
          new Row(
              "cgroup/getsockname_unix",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_UNIX_GETSOCKNAME),
          new Row("cgroup/sysctl", ProgramType.CGROUP_SYSCTL, AttachType.CGROUP_SYSCTL),
          new Row("cgroup/getsockopt", ProgramType.CGROUP_SOCKOPT, AttachType.CGROUP_GETSOCKOPT),
          new Row("cgroup/setsockopt", ProgramType.CGROUP_SOCKOPT, AttachType.CGROUP_SETSOCKOPT),
          new Row("cgroup/dev", ProgramType.CGROUP_DEVICE, AttachType.CGROUP_DEVICE),
          new Row("struct_ops+", ProgramType.STRUCT_OPS, null),
          new Row("struct_ops.s+", ProgramType.STRUCT_OPS, null),
          new Row("sk_lookup", ProgramType.SK_LOOKUP, AttachType.SK_LOOKUP),
          new Row("netfilter", ProgramType.NETFILTER, AttachType.NETFILTER));

  /** Reads a section's name; empty where libbpf knows none like it. */
  public static Optional<SectionName> of(String section) {
    for (Row row : TABLE) {
      String name = row.name;
      if (!name.endsWith("+")) {
        if (section.equals(name)) {
          return Optional.of(new SectionName(row.type, row.attachType, ""));
        }
        continue;
      }
      String bare = name.substring(0, name.length() - 1);
      if (section.equals(bare)) {
        return Optional.of(new SectionName(row.type, row.attachType, ""));
      }
      if (section.startsWith(bare + "/")) {
        String target = section.substring(bare.length() + 1);
        return Optional.of(new SectionName(row.type, row.attachType, target));
      }
    }
    return Optional.empty();
  }
}
