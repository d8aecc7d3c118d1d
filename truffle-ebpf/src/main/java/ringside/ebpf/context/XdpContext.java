package ringside.ebpf.context;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.kernel.layout.StructLayouts;

/** {@code struct xdp_md}, converted to {@code struct xdp_buff} ({@code net/core/filter.c}). */
final class XdpContext implements ContextRules {
  private static final int DATA = 0;
  private static final int DATA_END = 4;
  private static final int DATA_META = 8;
  private static final int INGRESS_IFINDEX = 12;
  private static final int RX_QUEUE_INDEX = 16;
  private static final int EGRESS_IFINDEX = 20;

  private final StructLayouts layouts;
  private final boolean egress;

  /**
   * Makes the rules.
   *
   * @param layouts of the kernel structs
   * @param egress whether {@code egress_ifindex} exists: programs attached to a devmap
   */
  XdpContext(StructLayouts layouts, boolean egress) {
    this.layouts = layouts;
    this.egress = egress;
  }

  @Override
  public @Nullable Field access(int off, int size, boolean write) {
    if (write || size != 4 || off % 4 != 0) {
      return null;
    }
    return switch (off) {
      case DATA -> new Field(Kind.PTR_TO_PACKET, "");
      case DATA_END -> new Field(Kind.PTR_TO_PACKET_END, "");
      case DATA_META -> new Field(Kind.PTR_TO_PACKET_META, "");
      case INGRESS_IFINDEX, RX_QUEUE_INDEX -> Field.SCALAR;
      case EGRESS_IFINDEX -> egress ? Field.SCALAR : null;
      default -> null;
    };
  }

  @Override
  public List<Insn> convert(Insn insn) {
    int dst = insn.dst();
    return switch (insn.off()) {
      case DATA -> List.of(load(Opcodes.BPF_DW, dst, insn.src(), "xdp_buff", "data"));
      case DATA_END -> List.of(load(Opcodes.BPF_DW, dst, insn.src(), "xdp_buff", "data_end"));
      case DATA_META -> List.of(load(Opcodes.BPF_DW, dst, insn.src(), "xdp_buff", "data_meta"));
      case INGRESS_IFINDEX ->
          List.of(
              load(Opcodes.BPF_DW, dst, insn.src(), "xdp_buff", "rxq"),
              load(Opcodes.BPF_DW, dst, dst, "xdp_rxq_info", "dev"),
              load(Opcodes.BPF_W, dst, dst, "net_device", "ifindex"));
      case RX_QUEUE_INDEX ->
          List.of(
              load(Opcodes.BPF_DW, dst, insn.src(), "xdp_buff", "rxq"),
              load(Opcodes.BPF_W, dst, dst, "xdp_rxq_info", "queue_index"));
      default ->
          List.of(
              load(Opcodes.BPF_DW, dst, insn.src(), "xdp_buff", "txq"),
              load(Opcodes.BPF_DW, dst, dst, "xdp_txq_info", "dev"),
              load(Opcodes.BPF_W, dst, dst, "net_device", "ifindex"));
    };
  }

  private Insn load(int size, int dst, int src, String struct, String field) {
    return new Insn(
        Opcodes.BPF_LDX | Opcodes.BPF_MEM | size, dst, src, layouts.of(struct).offset(field), 0);
  }
}
