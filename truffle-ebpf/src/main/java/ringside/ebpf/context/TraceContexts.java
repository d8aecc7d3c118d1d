package ringside.ebpf.context;

import static ringside.ebpf.context.ContextTable.ANY;
import static ringside.ebpf.context.ContextTable.LONG;
import static ringside.ebpf.context.ContextTable.NONE;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.kernel.layout.StructLayouts;

/** Contexts of tracing and netfilter programs ({@code kernel/trace/bpf_trace.c}). */
final class TraceContexts {
  private TraceContexts() {}

  /** {@code struct bpf_perf_event_data}: the registers, then period and address of the sample. */
  static ContextRules perfEvent(StructLayouts layouts) {
    String data = "bpf_perf_event_data_kern.data";
    int registers = layouts.of("pt_regs").size();
    FieldPath regs =
        new FieldPath(
            new int[] {layouts.of("bpf_perf_event_data_kern").offset("regs")},
            new boolean[1],
            0,
            8,
            true,
            0,
            0);
    return new ContextTable.Builder()
        .field("regs", 0, registers, 8, ContextRules.Field.SCALAR, regs)
        .field(
            "sample_period",
            registers,
            8,
            8,
            ContextRules.Field.SCALAR,
            FieldPath.of(layouts, data, "perf_sample_data.period"))
        .field(
            "addr",
            registers + 8,
            8,
            8,
            ContextRules.Field.SCALAR,
            FieldPath.of(layouts, data, "perf_sample_data.addr"))
        .allow(LONG, NONE, "regs")
        .allow(ANY, NONE, "sample_period addr")
        .build();
  }

  /** {@code struct bpf_nf_ctx}: pointers to the hook's state and the packet. */
  static ContextRules netfilter(StructLayouts layouts) {
    return new ContextTable.Builder()
        .pointer("state", 0, 8, trusted("nf_hook_state"), FieldPath.of(layouts, "bpf_nf_ctx.state"))
        .pointer("skb", 8, 8, trusted("sk_buff"), FieldPath.of(layouts, "bpf_nf_ctx.skb"))
        .allow(LONG, NONE, "state skb")
        .build();
  }

  private static ContextRules.Field trusted(String struct) {
    return new ContextRules.Field(ContextRules.Kind.PTR_TO_BTF_ID_TRUSTED, struct);
  }

  /**
   * Arguments of a raw tracepoint whose first is a buffer that the program may write.
   *
   * @param plain how the other arguments are read
   */
  record Writable(PlainContext plain) implements ContextRules {
    @Override
    public @Nullable Field access(int off, int size, boolean write) {
      if (off == 0 && !write) {
        return size == Long.BYTES ? new Field(Kind.PTR_TO_TP_BUFFER, "") : null;
      }
      return plain.access(off, size, write);
    }

    @Override
    public List<Insn> convert(Insn insn) {
      return List.of(insn);
    }
  }
}
