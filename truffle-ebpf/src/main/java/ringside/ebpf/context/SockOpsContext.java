package ringside.ebpf.context;

import static ringside.ebpf.context.ContextTable.LONG;
import static ringside.ebpf.context.ContextTable.NARROW;
import static ringside.ebpf.context.ContextTable.NONE;
import static ringside.ebpf.context.ContextTable.WORD;

import java.util.List;
import ringside.ebpf.context.ContextRules.Field;
import ringside.ebpf.context.ContextRules.Kind;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.kernel.layout.StructLayouts;

/** {@code struct bpf_sock_ops} ({@code net/core/filter.c}). */
final class SockOpsContext {
  /** The connection's figures that a program may read, in the order of the struct. */
  private static final List<String> FIGURES =
      List.of(
          "snd_cwnd",
          "srtt_us",
          "bpf_sock_ops_cb_flags",
          "state",
          "rtt_min",
          "snd_ssthresh",
          "rcv_nxt",
          "snd_nxt",
          "snd_una",
          "mss_cache",
          "ecn_flags",
          "rate_delivered",
          "rate_interval_us",
          "packets_out",
          "retrans_out",
          "total_retrans",
          "segs_in",
          "data_segs_in",
          "segs_out",
          "data_segs_out",
          "lost_out",
          "sacked_out");

  private static final int FIRST_FIGURE = 76;

  private SockOpsContext() {}

  static ContextRules of(StructLayouts layouts) {
    String kern = "bpf_sock_ops_kern.";
    String sk = kern + "sk";
    ContextTable.Builder table =
        new ContextTable.Builder()
            .field("op", 0, 4, FieldPath.of(layouts, kern + "op"))
            .field("reply", 4, 4, FieldPath.of(layouts, kern + "replylong").plus(0, 4))
            .field("replylong", 8, 12, FieldPath.of(layouts, kern + "replylong").plus(4, 4).array())
            .field("family", 20, 4, FieldPath.of(layouts, sk, "sock_common.skc_family"))
            .field("remote_ip4", 24, 4, FieldPath.of(layouts, sk, "sock_common.skc_daddr"))
            .field("local_ip4", 28, 4, FieldPath.of(layouts, sk, "sock_common.skc_rcv_saddr"))
            .field(
                "remote_ip6",
                32,
                16,
                FieldPath.of(layouts, sk, "sock_common.skc_v6_daddr").plus(0, 4).array())
            .field(
                "local_ip6",
                48,
                16,
                FieldPath.of(layouts, sk, "sock_common.skc_v6_rcv_saddr").plus(0, 4).array())
            .field(
                "remote_port",
                64,
                4,
                FieldPath.of(layouts, sk, "sock_common.skc_dport").shifted(16))
            .field("local_port", 68, 4, FieldPath.of(layouts, sk, "sock_common.skc_num"))
            .field("is_fullsock", 72, 4, FieldPath.of(layouts, kern + "is_fullsock"))
            .field("sk_txhash", 164, 4, new OfFullSocket(layouts, "sock.sk_txhash"))
            .field("bytes_received", 168, 8, 8, Field.SCALAR, tcp(layouts, "bytes_received"))
            .field("bytes_acked", 176, 8, 8, Field.SCALAR, tcp(layouts, "bytes_acked"))
            .pointer(
                "sk",
                184,
                8,
                new Field(Kind.PTR_TO_SOCKET_OR_NULL, ""),
                new OfFullSocket(layouts, ""))
            .pointer(
                "skb_data",
                192,
                8,
                new Field(Kind.PTR_TO_PACKET, ""),
                FieldPath.of(layouts, kern + "skb?", "sk_buff.data"))
            .pointer(
                "skb_data_end",
                200,
                8,
                new Field(Kind.PTR_TO_PACKET_END, ""),
                FieldPath.of(layouts, kern + "skb_data_end"))
            .field("skb_len", 208, 4, FieldPath.of(layouts, kern + "skb?", "sk_buff.len"))
            .field("skb_tcp_flags", 212, 4, tcpFlags(layouts))
            .field("skb_hwtstamp", 216, 8, 8, Field.SCALAR, new HardwareTimestamp(layouts));
    for (int i = 0; i < FIGURES.size(); i++) {
      String name = FIGURES.get(i);
      Conversion conversion =
          name.equals("state")
              ? FieldPath.of(layouts, sk, "sock_common.skc_state")
              : tcp(layouts, name);
      table.field(name, FIRST_FIGURE + 4 * i, 4, conversion);
    }
    return table
        .allow(WORD, WORD, "reply sk_txhash")
        .allow(
            WORD,
            NONE,
            "op replylong family remote_ip4 local_ip4 remote_ip6 local_ip6 remote_port local_port"
                + " is_fullsock skb_len "
                + String.join(" ", FIGURES))
        .allow(LONG, NONE, "bytes_received bytes_acked sk skb_data skb_data_end skb_hwtstamp")
        .allow(NARROW | ContextTable.AT_START, NONE, "skb_tcp_flags")
        .build();
  }

  private static Conversion tcp(StructLayouts layouts, String field) {
    return new OfFullSocket(layouts, "tcp_sock." + field);
  }

  private static FieldPath tcpFlags(StructLayouts layouts) {
    // struct tcp_skb_cb begins with seq, end_seq and a word; tcp_flags is the byte behind them.
    return FieldPath.of(layouts, "bpf_sock_ops_kern.skb?", "sk_buff.cb").plus(12, 1);
  }

  /** A field that only a full socket has: 0 of others. */
  private static final class OfFullSocket implements Conversion {
    private final int full;
    private final int sk;
    private final int offset;
    private final int size;

    /** An empty field stands for the socket itself. */
    OfFullSocket(StructLayouts layouts, String field) {
      this.full = layouts.of("bpf_sock_ops_kern").offset("is_fullsock");
      this.sk = layouts.of("bpf_sock_ops_kern").offset("sk");
      this.offset = field.isEmpty() ? 0 : FieldPath.offset(layouts, field);
      int dot = field.indexOf('.');
      this.size =
          field.isEmpty()
              ? 0
              : layouts.of(field.substring(0, dot)).sizeOf(field.substring(dot + 1));
    }

    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      out.load(1, Opcodes.BPF_REG_AX, src, full);
      out.skipIf(Opcodes.BPF_JEQ, Opcodes.BPF_REG_AX, 0, size == 0 ? 2 : 3);
      out.load(Long.BYTES, dst, src, sk);
      if (size != 0) {
        out.load(size, dst, dst, offset);
      }
      out.skip(1);
      out.alu64(Opcodes.BPF_MOV, dst, 0);
      return size == 0 ? Long.BYTES : size;
    }

    @Override
    public void store(Emitter out, Insn insn, int width, int at) {
      out.load(1, Opcodes.BPF_REG_AX, insn.dst(), full);
      out.skipIf(Opcodes.BPF_JEQ, Opcodes.BPF_REG_AX, 0, 2);
      out.load(Long.BYTES, Opcodes.BPF_REG_AX, insn.dst(), sk);
      out.store(insn, size, Opcodes.BPF_REG_AX, offset);
    }
  }

  /** The time stamp of the packet, where there is one. */
  private static final class HardwareTimestamp implements Conversion {
    private static final int SHARED_INFO_INSNS = 4;

    private final int skb;
    private final SkBuffContext.SharedInfo stamps;

    HardwareTimestamp(StructLayouts layouts) {
      this.skb = layouts.of("bpf_sock_ops_kern").offset("skb");
      this.stamps = new SkBuffContext.SharedInfo(layouts, "hwtstamps");
    }

    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      out.load(Long.BYTES, dst, src, skb);
      out.skipIf(Opcodes.BPF_JEQ, dst, 0, SHARED_INFO_INSNS);
      return stamps.load(out, wanted, dst, dst, at);
    }
  }
}
