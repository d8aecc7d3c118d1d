package ringside.ebpf.object;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.verifier.VerifierInput;

/**
 * What a section's name says of the programs in it, by libbpf's table {@code section_defs}.
 *
 * @param attachType {@code expected_attach_type}; null where libbpf gives 0
 * @param attachTo what stands behind the slash, empty without
 * @param flags {@code BPF_F_SLEEPABLE} and {@code BPF_F_XDP_HAS_FRAGS}
 * @param needsTarget whether loading takes the BTF id of what it attaches to
 * @param autoload whether the name does not begin with {@code ?}
 */
public record SectionName(
    ProgramType type,
    @Nullable AttachType attachType,
    String attachTo,
    int flags,
    boolean needsTarget,
    boolean autoload) {

  /**
   * Name, program type, attach type ({@code -} for none) and: {@code s} sleepable, {@code f} XDP
   * fragments, {@code b} attaches by BTF id. A name that ends in {@code +} may have a target behind
   * a slash.
   */
  private static final String TABLE =
      """
      socket                  SOCKET_FILTER   -
      sk_reuseport/migrate    SK_REUSEPORT    SK_REUSEPORT_SELECT_OR_MIGRATE
      sk_reuseport            SK_REUSEPORT    SK_REUSEPORT_SELECT
      kprobe+                 KPROBE          -
      uprobe+                 KPROBE          -
      uprobe.s+               KPROBE          -  s
      kretprobe+              KPROBE          -
      uretprobe+              KPROBE          -
      uretprobe.s+            KPROBE          -  s
      kprobe.multi+           KPROBE          TRACE_KPROBE_MULTI
      kretprobe.multi+        KPROBE          TRACE_KPROBE_MULTI
      kprobe.session+         KPROBE          TRACE_KPROBE_SESSION
      uprobe.multi+           KPROBE          TRACE_UPROBE_MULTI
      uretprobe.multi+        KPROBE          TRACE_UPROBE_MULTI
      uprobe.session+         KPROBE          TRACE_UPROBE_SESSION
      uprobe.multi.s+         KPROBE          TRACE_UPROBE_MULTI  s
      uretprobe.multi.s+      KPROBE          TRACE_UPROBE_MULTI  s
      uprobe.session.s+       KPROBE          TRACE_UPROBE_SESSION  s
      ksyscall+               KPROBE          -
      kretsyscall+            KPROBE          -
      usdt+                   KPROBE          TRACE_UPROBE_MULTI
      usdt.s+                 KPROBE          TRACE_UPROBE_MULTI  s
      tc/ingress              SCHED_CLS       TCX_INGRESS
      tc/egress               SCHED_CLS       TCX_EGRESS
      tcx/ingress             SCHED_CLS       TCX_INGRESS
      tcx/egress              SCHED_CLS       TCX_EGRESS
      tc                      SCHED_CLS       -
      classifier              SCHED_CLS       -
      action                  SCHED_ACT       -
      netkit/primary          SCHED_CLS       NETKIT_PRIMARY
      netkit/peer             SCHED_CLS       NETKIT_PEER
      tracepoint+             TRACEPOINT      -
      tp+                     TRACEPOINT      -
      tracepoint.s+           TRACEPOINT      -  s
      tp.s+                   TRACEPOINT      -  s
      raw_tracepoint+         RAW_TRACEPOINT  -
      raw_tp+                 RAW_TRACEPOINT  -
      raw_tracepoint.s+       RAW_TRACEPOINT  -  s
      raw_tp.s+               RAW_TRACEPOINT  -  s
      raw_tracepoint.w+       RAW_TRACEPOINT_WRITABLE  -
      raw_tp.w+               RAW_TRACEPOINT_WRITABLE  -
      tp_btf+                 TRACING         TRACE_RAW_TP  b
      tp_btf.s+               TRACING         TRACE_RAW_TP  bs
      fentry+                 TRACING         TRACE_FENTRY  b
      fmod_ret+               TRACING         MODIFY_RETURN  b
      fexit+                  TRACING         TRACE_FEXIT  b
      fentry.s+               TRACING         TRACE_FENTRY  bs
      fmod_ret.s+             TRACING         MODIFY_RETURN  bs
      fexit.s+                TRACING         TRACE_FEXIT  bs
      fsession+               TRACING         TRACE_FSESSION  b
      fsession.s+             TRACING         TRACE_FSESSION  bs
      fsession.multi+         TRACING         TRACE_FSESSION_MULTI
      fsession.multi.s+       TRACING         TRACE_FSESSION_MULTI  s
      fentry.multi+           TRACING         TRACE_FENTRY_MULTI
      fexit.multi+            TRACING         TRACE_FEXIT_MULTI
      fentry.multi.s+         TRACING         TRACE_FENTRY_MULTI  s
      fexit.multi.s+          TRACING         TRACE_FEXIT_MULTI  s
      freplace+               EXT             -  b
      lsm+                    LSM             LSM_MAC  b
      lsm.s+                  LSM             LSM_MAC  bs
      lsm_cgroup+             LSM             LSM_CGROUP  b
      iter+                   TRACING         TRACE_ITER  b
      iter.s+                 TRACING         TRACE_ITER  bs
      syscall                 SYSCALL         -  s
      xdp.frags/devmap        XDP             XDP_DEVMAP  f
      xdp/devmap              XDP             XDP_DEVMAP
      xdp.frags/cpumap        XDP             XDP_CPUMAP  f
      xdp/cpumap              XDP             XDP_CPUMAP
      xdp.frags               XDP             XDP  f
      xdp                     XDP             XDP
      perf_event              PERF_EVENT      -
      lwt_in                  LWT_IN          -
      lwt_out                 LWT_OUT         -
      lwt_xmit                LWT_XMIT        -
      lwt_seg6local           LWT_SEG6LOCAL   -
      sockops                 SOCK_OPS        CGROUP_SOCK_OPS
      sk_skb/stream_parser    SK_SKB          SK_SKB_STREAM_PARSER
      sk_skb/stream_verdict   SK_SKB          SK_SKB_STREAM_VERDICT
      sk_skb/verdict          SK_SKB          SK_SKB_VERDICT
      sk_skb                  SK_SKB          -
      sk_msg                  SK_MSG          SK_MSG_VERDICT
      lirc_mode2              LIRC_MODE2      LIRC_MODE2
      flow_dissector          FLOW_DISSECTOR  FLOW_DISSECTOR
      cgroup_skb/ingress      CGROUP_SKB      CGROUP_INET_INGRESS
      cgroup_skb/egress       CGROUP_SKB      CGROUP_INET_EGRESS
      cgroup/skb              CGROUP_SKB      -
      cgroup/sock_create      CGROUP_SOCK     CGROUP_INET_SOCK_CREATE
      cgroup/sock_release     CGROUP_SOCK     CGROUP_INET_SOCK_RELEASE
      cgroup/sock             CGROUP_SOCK     CGROUP_INET_SOCK_CREATE
      cgroup/post_bind4       CGROUP_SOCK     CGROUP_INET4_POST_BIND
      cgroup/post_bind6       CGROUP_SOCK     CGROUP_INET6_POST_BIND
      cgroup/bind4            CGROUP_SOCK_ADDR  CGROUP_INET4_BIND
      cgroup/bind6            CGROUP_SOCK_ADDR  CGROUP_INET6_BIND
      cgroup/connect4         CGROUP_SOCK_ADDR  CGROUP_INET4_CONNECT
      cgroup/connect6         CGROUP_SOCK_ADDR  CGROUP_INET6_CONNECT
      cgroup/connect_unix     CGROUP_SOCK_ADDR  CGROUP_UNIX_CONNECT
      cgroup/sendmsg4         CGROUP_SOCK_ADDR  CGROUP_UDP4_SENDMSG
      cgroup/sendmsg6         CGROUP_SOCK_ADDR  CGROUP_UDP6_SENDMSG
      cgroup/sendmsg_unix     CGROUP_SOCK_ADDR  CGROUP_UNIX_SENDMSG
      cgroup/recvmsg4         CGROUP_SOCK_ADDR  CGROUP_UDP4_RECVMSG
      cgroup/recvmsg6         CGROUP_SOCK_ADDR  CGROUP_UDP6_RECVMSG
      cgroup/recvmsg_unix     CGROUP_SOCK_ADDR  CGROUP_UNIX_RECVMSG
      cgroup/getpeername4     CGROUP_SOCK_ADDR  CGROUP_INET4_GETPEERNAME
      cgroup/getpeername6     CGROUP_SOCK_ADDR  CGROUP_INET6_GETPEERNAME
      cgroup/getpeername_unix CGROUP_SOCK_ADDR  CGROUP_UNIX_GETPEERNAME
      cgroup/getsockname4     CGROUP_SOCK_ADDR  CGROUP_INET4_GETSOCKNAME
      cgroup/getsockname6     CGROUP_SOCK_ADDR  CGROUP_INET6_GETSOCKNAME
      cgroup/getsockname_unix CGROUP_SOCK_ADDR  CGROUP_UNIX_GETSOCKNAME
      cgroup/sysctl           CGROUP_SYSCTL   CGROUP_SYSCTL
      cgroup/getsockopt       CGROUP_SOCKOPT  CGROUP_GETSOCKOPT
      cgroup/setsockopt       CGROUP_SOCKOPT  CGROUP_SETSOCKOPT
      cgroup/dev              CGROUP_DEVICE   CGROUP_DEVICE
      struct_ops+             STRUCT_OPS      -
      struct_ops.s+           STRUCT_OPS      -  s
      sk_lookup               SK_LOOKUP       SK_LOOKUP
      netfilter               NETFILTER       NETFILTER
      """;

  private static final List<Row> ROWS = TABLE.lines().map(Row::parse).toList();

  /** One line of the table. */
  private record Row(
      String name,
      boolean takesTarget,
      ProgramType type,
      @Nullable AttachType attachType,
      int flags,
      boolean needsTarget) {

    static Row parse(String line) {
      String[] words = line.split(" +", -1);
      String marks = words.length > 3 ? words[3] : "";
      boolean plus = words[0].endsWith("+");
      return new Row(
          plus ? words[0].substring(0, words[0].length() - 1) : words[0],
          plus,
          ProgramType.valueOf(words[1]),
          words[2].equals("-") ? null : AttachType.valueOf(words[2]),
          (marks.contains("s") ? VerifierInput.BPF_F_SLEEPABLE : 0)
              | (marks.contains("f") ? VerifierInput.BPF_F_XDP_HAS_FRAGS : 0),
          marks.contains("b"));
    }

    boolean matches(String section) {
      return section.equals(name) || (takesTarget && section.startsWith(name + "/"));
    }
  }

  /** Reads a section's name; empty where libbpf knows none like it. */
  public static Optional<SectionName> of(String section) {
    boolean autoload = !section.startsWith("?");
    String name = withoutMark(section);
    return ROWS.stream()
        .filter(row -> row.matches(name))
        .findFirst()
        .map(row ->
            new SectionName(
                row.type,
                row.attachType,
                name.substring(Math.min(name.length(), row.name.length() + 1)),
                row.flags,
                row.needsTarget,
                autoload));
  }

  /** The name without the {@code ?} that says not to load it by default. */
  static String withoutMark(String section) {
    return section.startsWith("?") ? section.substring(1) : section;
  }

  /** The prefix of the kernel's name for what it attaches to, e.g. {@code bpf_lsm_}. */
  public String targetPrefix() {
    if (attachType == null) {
      return "";
    }
    return switch (attachType) {
      case TRACE_RAW_TP -> "btf_trace_";
      case LSM_MAC, LSM_CGROUP -> "bpf_lsm_";
      case TRACE_ITER -> "bpf_iter_";
      default -> "";
    };
  }
}
