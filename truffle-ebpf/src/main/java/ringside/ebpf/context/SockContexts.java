package ringside.ebpf.context;

import static ringside.ebpf.context.ContextTable.AT_START;
import static ringside.ebpf.context.ContextTable.LONG;
import static ringside.ebpf.context.ContextTable.NARROW;
import static ringside.ebpf.context.ContextTable.NONE;
import static ringside.ebpf.context.ContextTable.WORD;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.context.ContextRules.Field;
import ringside.ebpf.context.ContextRules.Kind;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Opcodes;
import ringside.kernel.layout.StructLayouts;

/** Contexts that are or describe a socket ({@code net/core/filter.c}). */
final class SockContexts {
  private static final Field SOCKET = new Field(Kind.PTR_TO_SOCKET, "");

  private SockContexts() {}

  /** {@code struct bpf_sock} of programs on a cgroup's sockets. */
  static ContextRules cgroupSock(StructLayouts layouts, @Nullable AttachType attachType) {
    ContextTable.Builder table = sock(layouts);
    switch (attachType) {
      case CGROUP_INET4_POST_BIND ->
          table.allow(NARROW, NONE, "src_ip4").allow(START, NONE, "src_port");
      case CGROUP_INET6_POST_BIND ->
          table.allow(NARROW, NONE, "src_ip6").allow(START, NONE, "src_port");
      case null, default -> table.allow(WORD, WORD, "bound_dev_if mark priority");
    }
    return common(table).build();
  }

  /** {@code struct bpf_sock} behind a pointer to a socket. */
  static ContextTable bpfSock(StructLayouts layouts) {
    return common(sock(layouts))
        .allow(WORD, NONE, "bound_dev_if mark priority")
        .allow(NARROW, NONE, "src_ip4 src_ip6")
        .allow(START, NONE, "src_port")
        .build();
  }

  private static final int START = NARROW | AT_START;

  private static ContextTable.Builder common(ContextTable.Builder table) {
    return table
        .allow(START, NONE, "family type protocol state rx_queue_mapping")
        .allow(NARROW, NONE, "dst_ip4 dst_ip6")
        .allow(1 | 2, NONE, "dst_port")
        .allow(WORD, NONE, "dst_port_word");
  }

  private static ContextTable.Builder sock(StructLayouts layouts) {
    FieldPath port = FieldPath.of(layouts, "sock_common.skc_dport");
    return new ContextTable.Builder()
        .field("bound_dev_if", 0, 4, FieldPath.of(layouts, "sock_common.skc_bound_dev_if"))
        .field("family", 4, 4, FieldPath.of(layouts, "sock_common.skc_family"))
        .field("type", 8, 4, FieldPath.of(layouts, "sock.sk_type"))
        .field("protocol", 12, 4, FieldPath.of(layouts, "sock.sk_protocol"))
        .field("mark", 16, 4, FieldPath.of(layouts, "sock.sk_mark"))
        .field("priority", 20, 4, FieldPath.of(layouts, "sock.sk_priority"))
        .field("src_ip4", 24, 4, FieldPath.of(layouts, "sock_common.skc_rcv_saddr"))
        .field(
            "src_ip6",
            28,
            16,
            FieldPath.of(layouts, "sock_common.skc_v6_rcv_saddr").plus(0, 4).array())
        .field("src_port", 44, 4, FieldPath.of(layouts, "sock_common.skc_num"))
        .field("dst_port", 48, 2, port)
        .field("dst_port_word", 48, 4, port)
        .field("dst_ip4", 52, 4, FieldPath.of(layouts, "sock_common.skc_daddr"))
        .field(
            "dst_ip6", 56, 16, FieldPath.of(layouts, "sock_common.skc_v6_daddr").plus(0, 4).array())
        .field("state", 72, 4, FieldPath.of(layouts, "sock_common.skc_state"))
        .field(
            "rx_queue_mapping",
            76,
            4,
            new RxQueue(FieldPath.of(layouts, "sock_common.skc_rx_queue_mapping")));
  }

  /** {@code struct bpf_sock_addr}: which address it has depends on the attach type. */
  static ContextRules sockAddr(StructLayouts layouts, @Nullable AttachType attachType) {
    String kern = "bpf_sock_addr_kern.";
    ContextTable.Builder table =
        new ContextTable.Builder()
            .field("user_family", 0, 4, FieldPath.of(layouts, kern + "uaddr", "sockaddr.sa_family"))
            .field("user_ip4", 4, 4, FieldPath.of(layouts, kern + "uaddr", "sockaddr_in.sin_addr"))
            .field(
                "user_ip6",
                8,
                16,
                FieldPath.of(layouts, kern + "uaddr", "sockaddr_in6.sin6_addr").plus(0, 4).array())
            .field(
                "user_port", 24, 4, FieldPath.of(layouts, kern + "uaddr", "sockaddr_in6.sin6_port"))
            .field("family", 28, 4, FieldPath.of(layouts, kern + "sk", "sock_common.skc_family"))
            .field("type", 32, 4, FieldPath.of(layouts, kern + "sk", "sock.sk_type"))
            .field("protocol", 36, 4, FieldPath.of(layouts, kern + "sk", "sock.sk_protocol"))
            .field("msg_src_ip4", 40, 4, FieldPath.of(layouts, kern + "t_ctx", "in_addr.s_addr"))
            .field(
                "msg_src_ip6",
                44,
                16,
                FieldPath.of(layouts, kern + "t_ctx", "in6_addr.in6_u").plus(0, 4).array())
            .pointer("sk", 64, 8, SOCKET, FieldPath.of(layouts, kern + "sk"))
            .allow(WORD, NONE, "user_family family type protocol")
            .allow(NARROW, WORD, "user_port")
            .allow(LONG, NONE, "sk");
    switch (attachType) {
      case CGROUP_INET4_BIND,
          CGROUP_INET4_CONNECT,
          CGROUP_INET4_GETPEERNAME,
          CGROUP_INET4_GETSOCKNAME,
          CGROUP_UDP4_RECVMSG ->
          table.allow(NARROW, WORD, "user_ip4");
      case CGROUP_UDP4_SENDMSG -> table.allow(NARROW, WORD, "user_ip4 msg_src_ip4");
      case CGROUP_INET6_BIND,
          CGROUP_INET6_CONNECT,
          CGROUP_INET6_GETPEERNAME,
          CGROUP_INET6_GETSOCKNAME,
          CGROUP_UDP6_RECVMSG ->
          table.allow(NARROW | LONG, WORD | LONG, "user_ip6");
      case CGROUP_UDP6_SENDMSG -> table.allow(NARROW | LONG, WORD | LONG, "user_ip6 msg_src_ip6");
      case null, default -> {}
    }
    return table.build();
  }

  /** {@code struct bpf_sk_lookup}. */
  static ContextRules skLookup(StructLayouts layouts) {
    String kern = "bpf_sk_lookup_kern.";
    FieldPath port = FieldPath.of(layouts, kern + "sport");
    return new ContextTable.Builder()
        .pointer(
            "sk",
            0,
            8,
            new Field(Kind.PTR_TO_SOCKET_OR_NULL, ""),
            FieldPath.of(layouts, kern + "selected_sk"))
        .field("family", 8, 4, FieldPath.of(layouts, kern + "family"))
        .field("protocol", 12, 4, FieldPath.of(layouts, kern + "protocol"))
        .field("remote_ip4", 16, 4, FieldPath.of(layouts, kern + "v4.saddr"))
        .field("remote_ip6", 20, 16, address6(layouts, kern + "v6.saddr?"))
        .field("remote_port", 36, 4, port)
        .field("local_ip4", 40, 4, FieldPath.of(layouts, kern + "v4.daddr"))
        .field("local_ip6", 44, 16, address6(layouts, kern + "v6.daddr?"))
        .field("local_port", 60, 4, FieldPath.of(layouts, kern + "dport"))
        .field("ingress_ifindex", 64, 4, FieldPath.of(layouts, kern + "ingress_ifindex"))
        .field("remote_port_half", 36, 2, port)
        .field("behind_remote_port", 38, 2, new Zero())
        .allow(LONG, NONE, "sk")
        .allow(WORD, NONE, "remote_port")
        .allow(1 | 2, NONE, "remote_port_half behind_remote_port")
        .allow(
            NARROW,
            NONE,
            "family protocol remote_ip4 remote_ip6 local_ip4 local_ip6 local_port ingress_ifindex")
        .build();
  }

  private static FieldPath address6(StructLayouts layouts, String pointer) {
    return FieldPath.of(layouts, pointer, "in6_addr.in6_u").plus(0, 4).array();
  }

  /** {@code struct sk_reuseport_md}. */
  static ContextRules skReuseport(StructLayouts layouts) {
    String kern = "sk_reuseport_kern.";
    return new ContextTable.Builder()
        .pointer(
            "data",
            0,
            8,
            new Field(Kind.PTR_TO_PACKET, ""),
            FieldPath.of(layouts, kern + "skb", "sk_buff.data"))
        .pointer(
            "data_end",
            8,
            8,
            new Field(Kind.PTR_TO_PACKET_END, ""),
            FieldPath.of(layouts, kern + "data_end"))
        .field("len", 16, 4, FieldPath.of(layouts, kern + "skb", "sk_buff.len"))
        .field("eth_protocol", 20, 4, FieldPath.of(layouts, kern + "skb", "sk_buff.protocol"))
        .field("ip_protocol", 24, 4, FieldPath.of(layouts, kern + "sk", "sock.sk_protocol"))
        .field("bind_inany", 28, 4, FieldPath.of(layouts, kern + "bind_inany"))
        .field("hash", 32, 4, FieldPath.of(layouts, kern + "hash"))
        .pointer("sk", 40, 8, SOCKET, FieldPath.of(layouts, kern + "sk"))
        .pointer(
            "migrating_sk",
            48,
            8,
            new Field(Kind.PTR_TO_SOCK_COMMON_OR_NULL, ""),
            FieldPath.of(layouts, kern + "migrating_sk"))
        .allow(LONG, NONE, "data data_end sk migrating_sk")
        .allow(NARROW, NONE, "len ip_protocol bind_inany")
        .allow(2 | 4, NONE, "eth_protocol")
        .allow(WORD, NONE, "hash")
        .build();
  }

  /** {@code struct sk_msg_md}. */
  static ContextRules skMsg(StructLayouts layouts) {
    String sk = "sk_msg.sk";
    return new ContextTable.Builder()
        .pointer(
            "data", 0, 8, new Field(Kind.PTR_TO_PACKET, ""), FieldPath.of(layouts, "sk_msg.data"))
        .pointer(
            "data_end",
            8,
            8,
            new Field(Kind.PTR_TO_PACKET_END, ""),
            FieldPath.of(layouts, "sk_msg.data_end"))
        .field("family", 16, 4, FieldPath.of(layouts, sk, "sock_common.skc_family"))
        .field("remote_ip4", 20, 4, FieldPath.of(layouts, sk, "sock_common.skc_daddr"))
        .field("local_ip4", 24, 4, FieldPath.of(layouts, sk, "sock_common.skc_rcv_saddr"))
        .field(
            "remote_ip6",
            28,
            16,
            FieldPath.of(layouts, sk, "sock_common.skc_v6_daddr").plus(0, 4).array())
        .field(
            "local_ip6",
            44,
            16,
            FieldPath.of(layouts, sk, "sock_common.skc_v6_rcv_saddr").plus(0, 4).array())
        .field("remote_port", 60, 4, FieldPath.of(layouts, sk, "sock_common.skc_dport").shifted(16))
        .field("local_port", 64, 4, FieldPath.of(layouts, sk, "sock_common.skc_num"))
        .field("size", 68, 4, FieldPath.of(layouts, "sk_msg.sg.size"))
        .pointer("sk", 72, 8, SOCKET, FieldPath.of(layouts, sk))
        .allow(LONG, NONE, "data data_end sk")
        .allow(
            WORD,
            NONE,
            "family remote_ip4 local_ip4 remote_ip6 local_ip6 remote_port local_port size")
        .build();
  }

  /** Nothing, as behind a port. */
  private record Zero() implements Conversion {
    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      out.alu32(Opcodes.BPF_MOV, dst, 0);
      return 2;
    }
  }

  /** A receive queue, -1 for none. */
  private record RxQueue(FieldPath path) implements Conversion {
    private static final int NO_QUEUE_MAPPING = 0xffff;

    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      path.load(out, wanted, dst, src, at);
      out.skipIf(Opcodes.BPF_JNE, dst, NO_QUEUE_MAPPING, 1);
      out.alu32(Opcodes.BPF_MOV, dst, -1);
      return Integer.BYTES;
    }
  }
}
