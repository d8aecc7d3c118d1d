package ringside.ebpf.context;

import static ringside.ebpf.context.ContextTable.ANY;
import static ringside.ebpf.context.ContextTable.LONG;
import static ringside.ebpf.context.ContextTable.NARROW;
import static ringside.ebpf.context.ContextTable.NONE;
import static ringside.ebpf.context.ContextTable.WORD;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.context.ContextRules.Field;
import ringside.ebpf.context.ContextRules.Kind;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.layout.StructLayouts;

/** {@code struct __sk_buff}, converted to {@code struct sk_buff} ({@code net/core/filter.c}). */
final class SkBuffContext {
  /** The smallest number that is a NAPI instance and not a CPU. */
  private static final int MIN_NAPI_ID = 2 + 1;

  /** What {@code queue_mapping} cannot be set to. */
  private static final int NO_QUEUE_MAPPING = 0xffff;

  private static final int SKB_TSTAMP_TYPE_MASK = 3;
  private static final int TC_AT_INGRESS_MASK = 4;

  private static final String COMMON =
      "len pkt_type queue_mapping protocol vlan_present vlan_tci vlan_proto ingress_ifindex ifindex"
          + " hash napi_id gso_segs gso_size";
  private static final String ADDRESSES = "family remote_port local_port";
  private static final String IP = "remote_ip4 local_ip4 remote_ip6 local_ip6";

  private SkBuffContext() {}

  /**
   * The rules for one of the types whose context is a packet.
   *
   * @param capable whether the loader has {@code CAP_BPF}
   */
  static ContextRules of(ProgramType type, StructLayouts layouts, boolean capable) {
    ContextTable.Builder table = fields(layouts, type == ProgramType.SK_SKB);
    Timestamp timestamp = new Timestamp(layouts);
    table.field("tstamp", 152, 8, 8, Field.SCALAR, timestamp);
    switch (type) {
      case SOCKET_FILTER ->
          table
              .allow(NARROW, NONE, COMMON)
              .allow(NARROW, NONE, "mark priority tc_index")
              .allow(ANY, ANY, "cb")
              .allow(LONG, NONE, "sk");
      case SCHED_CLS, SCHED_ACT ->
          table
              .allow(NARROW, NONE, COMMON)
              .allow(NARROW, WORD, "mark priority tc_index tc_classid queue_mapping")
              .allow(ANY, ANY, "cb")
              .allow(LONG, NONE, "sk hwtstamp")
              .allow(LONG, LONG, "tstamp")
              .allow(NARROW, NONE, "wire_len")
              .allow(1, NONE, "tstamp_type")
              .allow(WORD, NONE, "data data_end data_meta");
      case CGROUP_SKB -> {
        table
            .allow(NARROW, NONE, COMMON + " tc_index " + ADDRESSES)
            .allow(NARROW, WORD, "mark priority")
            .allow(WORD, NONE, IP)
            .allow(ANY, ANY, "cb")
            .allow(LONG, NONE, "sk hwtstamp")
            .allow(LONG, capable ? LONG : NONE, "tstamp");
        if (capable) {
          table.allow(WORD, NONE, "data data_end");
        }
      }
      case SK_SKB ->
          table
              .allow(NARROW, NONE, COMMON + " " + ADDRESSES)
              .allow(NARROW, WORD, "priority tc_index")
              .allow(WORD, NONE, IP)
              .allow(ANY, NONE, "cb")
              .allow(LONG, NONE, "sk")
              .allow(WORD, NONE, "data data_end");
      default ->
          table
              .allow(NARROW, NONE, COMMON + " tc_index")
              .allow(NARROW, WORD, "mark priority")
              .allow(ANY, ANY, "cb")
              .allow(LONG, NONE, "sk")
              .allow(WORD, NONE, "data data_end");
    }
    return new Watched(table.build(), timestamp);
  }

  /** {@code __sk_buff} as a flow dissector sees it: data and the keys to fill. */
  static ContextRules flowDissector(StructLayouts layouts) {
    return new ContextTable.Builder()
        .pointer("data", 76, 4, packet(), FieldPath.of(layouts, "bpf_flow_dissector.data"))
        .pointer("data_end", 80, 4, end(), FieldPath.of(layouts, "bpf_flow_dissector.data_end"))
        .pointer(
            "flow_keys",
            144,
            8,
            new Field(Kind.PTR_TO_FLOW_KEYS, ""),
            FieldPath.of(layouts, "bpf_flow_dissector.flow_keys"))
        .allow(WORD, NONE, "data data_end")
        .allow(LONG, NONE, "flow_keys")
        .build();
  }

  private static Field packet() {
    return new Field(Kind.PTR_TO_PACKET, "");
  }

  private static Field end() {
    return new Field(Kind.PTR_TO_PACKET_END, "");
  }

  private static ContextTable.Builder fields(StructLayouts layouts, boolean streams) {
    int cb = layouts.of("sk_buff").offset("cb");
    FieldPath bytes = FieldPath.of(layouts, "sk_buff.cb");
    int pktType = layouts.of("sk_buff").offset("__pkt_flags") - 1;
    FieldPath address = FieldPath.of(layouts, "sk_buff.sk", "sock_common.skc_daddr").array();
    int local = FieldPath.offset(layouts, "sock_common.skc_rcv_saddr");
    int daddr = FieldPath.offset(layouts, "sock_common.skc_daddr");
    int daddr6 = FieldPath.offset(layouts, "sock_common.skc_v6_daddr");
    int saddr6 = FieldPath.offset(layouts, "sock_common.skc_v6_rcv_saddr");
    int type = layouts.of("sk_buff").offset("__mono_tc_offset");
    int classid = FieldPath.offset(layouts, "qdisc_skb_cb.tc_classid");
    FieldPath byteAt = new FieldPath(new int[0], new boolean[0], 0, 1, false, 0, 0);
    return new ContextTable.Builder()
        .field("len", 0, 4, path(layouts, "len"))
        .field("pkt_type", 4, 4, byteAt.plus(pktType, 1).masked(7))
        .field("mark", 8, 4, path(layouts, "mark"))
        .field("queue_mapping", 12, 4, new QueueMapping(path(layouts, "queue_mapping")))
        .field("protocol", 16, 4, path(layouts, "protocol"))
        .field("vlan_present", 20, 4, new Present(path(layouts, "vlan_all")))
        .field("vlan_tci", 24, 4, path(layouts, "vlan_tci"))
        .field("vlan_proto", 28, 4, path(layouts, "vlan_proto"))
        .field("priority", 32, 4, path(layouts, "priority"))
        .field("ingress_ifindex", 36, 4, path(layouts, "skb_iif"))
        .field("ifindex", 40, 4, FieldPath.of(layouts, "sk_buff.dev?", "net_device.ifindex"))
        .field("tc_index", 44, 4, path(layouts, "tc_index"))
        .field(
            "cb",
            48,
            20,
            1,
            Field.SCALAR,
            bytes
                .plus(
                    FieldPath.offset(layouts, streams ? "sk_skb_cb.data" : "qdisc_skb_cb.data"), 1)
                .array())
        .field("hash", 68, 4, path(layouts, "hash"))
        .field("tc_classid", 72, 4, byteAt.plus(cb + classid, 2))
        .pointer("data", 76, 4, packet(), path(layouts, "data"))
        .pointer(
            "data_end",
            80,
            4,
            end(),
            streams
                ? new HeadEnd(layouts)
                : byteAt.plus(cb + FieldPath.offset(layouts, "bpf_skb_data_end.data_end"), 8))
        .field("napi_id", 84, 4, new NapiId(path(layouts, "napi_id")))
        .field("family", 88, 4, FieldPath.of(layouts, "sk_buff.sk", "sock_common.skc_family"))
        .field("remote_ip4", 92, 4, address)
        .field("local_ip4", 96, 4, address.plus(local - daddr, 4))
        .field("remote_ip6", 100, 16, address.plus(daddr6 - daddr, 4))
        .field("local_ip6", 116, 16, address.plus(saddr6 - daddr, 4))
        .field(
            "remote_port",
            132,
            4,
            FieldPath.of(layouts, "sk_buff.sk", "sock_common.skc_dport").shifted(16))
        .field("local_port", 136, 4, FieldPath.of(layouts, "sk_buff.sk", "sock_common.skc_num"))
        .pointer(
            "data_meta",
            140,
            4,
            new Field(Kind.PTR_TO_PACKET_META, ""),
            byteAt.plus(cb + FieldPath.offset(layouts, "bpf_skb_data_end.data_meta"), 8))
        .field(
            "wire_len",
            160,
            4,
            byteAt.plus(cb + FieldPath.offset(layouts, "qdisc_skb_cb.pkt_len"), 4))
        .field("gso_segs", 164, 4, new SharedInfo(layouts, "gso_segs"))
        .pointer("sk", 168, 8, new Field(Kind.PTR_TO_SOCK_COMMON_OR_NULL, ""), path(layouts, "sk"))
        .field("gso_size", 176, 4, new SharedInfo(layouts, "gso_size"))
        .field("tstamp_type", 180, 1, byteAt.plus(type, 1).masked(SKB_TSTAMP_TYPE_MASK))
        .field("hwtstamp", 184, 8, 8, Field.SCALAR, new SharedInfo(layouts, "hwtstamps"));
  }

  private static FieldPath path(StructLayouts layouts, String field) {
    return FieldPath.of(layouts, "sk_buff." + field);
  }

  /** A field of {@code struct skb_shared_info}, which stands behind the packet's buffer. */
  static final class SharedInfo implements Conversion {
    private final int end;
    private final int head;
    private final int offset;
    private final int size;

    SharedInfo(StructLayouts layouts, String field) {
      this.end = layouts.of("sk_buff").offset("end");
      this.head = layouts.of("sk_buff").offset("head");
      this.offset = layouts.of("skb_shared_info").offset(field);
      this.size = layouts.of("skb_shared_info").sizeOf(field);
    }

    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      out.load(Integer.BYTES, Opcodes.BPF_REG_AX, src, end);
      out.load(Long.BYTES, dst, src, head);
      out.alu64(Opcodes.BPF_ADD, dst, Opcodes.BPF_REG_AX, 0);
      out.load(size, dst, dst, offset);
      return size;
    }
  }

  /** Where the linear part of a packet ends, for programs on streams. */
  private static final class HeadEnd implements Conversion {
    private final int data;
    private final int len;
    private final int dataLen;
    private final int scratch;

    HeadEnd(StructLayouts layouts) {
      this.data = layouts.of("sk_buff").offset("data");
      this.len = layouts.of("sk_buff").offset("len");
      this.dataLen = layouts.of("sk_buff").offset("data_len");
      this.scratch =
          layouts.of("sk_buff").offset("cb") + layouts.of("sk_skb_cb").offset("temp_reg");
    }

    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      // A third register is borrowed where the result would overwrite the packet's address.
      boolean borrow = dst == src;
      int register = borrow ? (src == 9 ? 8 : 9) : dst;
      if (borrow) {
        out.storeRegister(Long.BYTES, src, register, scratch);
      }
      out.load(Long.BYTES, register, src, data);
      out.load(Integer.BYTES, Opcodes.BPF_REG_AX, src, len);
      out.alu64(Opcodes.BPF_ADD, register, Opcodes.BPF_REG_AX, 0);
      out.load(Integer.BYTES, Opcodes.BPF_REG_AX, src, dataLen);
      out.alu64(Opcodes.BPF_SUB, register, Opcodes.BPF_REG_AX, 0);
      if (borrow) {
        out.alu64(Opcodes.BPF_MOV, Opcodes.BPF_REG_AX, src, 0);
        out.alu64(Opcodes.BPF_MOV, dst, register, 0);
        out.load(Long.BYTES, register, Opcodes.BPF_REG_AX, scratch);
      }
      return Long.BYTES;
    }
  }

  /** Whether there is a VLAN tag. */
  private record Present(FieldPath path) implements Conversion {
    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      int size = path.load(out, wanted, dst, src, at);
      out.skipIf(Opcodes.BPF_JEQ, dst, 0, 1);
      out.alu32(Opcodes.BPF_MOV, dst, 1);
      return size;
    }
  }

  /** Where the packet was received; small numbers are CPUs and count as none. */
  private record NapiId(FieldPath path) implements Conversion {
    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      int size = path.load(out, wanted, dst, src, at);
      out.skipIf(Opcodes.BPF_JGE, dst, MIN_NAPI_ID, 1);
      out.alu64(Opcodes.BPF_MOV, dst, 0);
      return size;
    }
  }

  /** A queue's number; what is none is not stored. */
  private record QueueMapping(FieldPath path) implements Conversion {
    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      return path.load(out, wanted, dst, src, at);
    }

    @Override
    public void store(Emitter out, Insn insn, int size, int at) {
      if (insn.insnClass() == Opcodes.BPF_STX) {
        out.skipIf(Opcodes.BPF_JGE, insn.src(), NO_QUEUE_MAPPING, 1);
      } else if (Integer.compareUnsigned(insn.imm(), NO_QUEUE_MAPPING) >= 0) {
        out.skip(0);
        return;
      }
      path.store(out, insn, size, at);
    }
  }

  /** {@code tstamp}: at ingress a delivery time is hidden from programs that know of none. */
  private static final class Timestamp implements Conversion {
    private final int tstamp;
    private final int flags;
    private boolean typeKnown;

    Timestamp(StructLayouts layouts) {
      this.tstamp = layouts.of("sk_buff").offset("tstamp");
      this.flags = layouts.of("sk_buff").offset("__mono_tc_offset");
    }

    @Override
    public int load(Emitter out, int wanted, int dst, int src, int at) {
      if (!typeKnown) {
        int temporary = Opcodes.BPF_REG_AX;
        out.load(1, temporary, src, flags);
        out.skipIf32(Opcodes.BPF_JSET, temporary, TC_AT_INGRESS_MASK, 1);
        out.skip(4);
        out.skipIf32(Opcodes.BPF_JSET, temporary, SKB_TSTAMP_TYPE_MASK, 1);
        out.skip(2);
        out.alu64(Opcodes.BPF_MOV, dst, 0);
        out.skip(1);
      }
      out.load(Long.BYTES, dst, src, tstamp);
      return Long.BYTES;
    }

    @Override
    public void store(Emitter out, Insn insn, int size, int at) {
      if (!typeKnown) {
        int temporary = Opcodes.BPF_REG_AX;
        out.load(1, temporary, insn.dst(), flags);
        out.skipIf32(Opcodes.BPF_JSET, temporary, TC_AT_INGRESS_MASK, 1);
        out.skip(2);
        out.alu32(Opcodes.BPF_AND, temporary, ~SKB_TSTAMP_TYPE_MASK);
        out.storeRegister(1, insn.dst(), temporary, flags);
      }
      out.store(insn, Long.BYTES, insn.dst(), tstamp);
    }
  }

  /** Notes whether a program looks at {@code tstamp_type}, as {@code tstamp_type_access} does. */
  private record Watched(ContextTable table, Timestamp timestamp) implements ContextRules {
    private static final int TSTAMP_TYPE = 180;

    @Override
    public @Nullable Field access(int off, int size, boolean write) {
      Field field = table.access(off, size, write);
      timestamp.typeKnown |= field != null && off == TSTAMP_TYPE;
      return field;
    }

    @Override
    public List<Insn> convert(Insn insn) {
      return table.convert(insn);
    }
  }
}
