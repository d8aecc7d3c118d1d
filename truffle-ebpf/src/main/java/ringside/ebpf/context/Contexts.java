package ringside.ebpf.context;

import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;

/** The context rules of each program type that exists here. */
public final class Contexts {
  /** {@code PERF_MAX_TRACE_SIZE}: the longest trace record. */
  private static final int PERF_MAX_TRACE_SIZE = 8192;

  /** {@code MAX_BPF_FUNC_ARGS} arguments of 8 bytes each. */
  private static final int RAW_TRACEPOINT_SIZE = 12 * 8;

  /** {@code sizeof(struct pt_regs)} on riscv64: 36 longs. */
  private static final int PT_REGS_SIZE = 36 * 8;

  private Contexts() {}

  /**
   * The rules for a program.
   *
   * @param layout offset of a kernel struct's field, by struct and field name
   * @return null where programs of that type cannot be loaded here
   */
  public static @Nullable ContextRules of(
      ProgramType type, @Nullable AttachType attachType, ToIntBiFunction<String, String> layout) {
    return switch (type) {
      case XDP -> new XdpContext(layout, attachType == AttachType.XDP_DEVMAP);
      // The first 8 bytes are struct trace_entry, which programs may not read.
      case TRACEPOINT -> new PlainContext(8, PERF_MAX_TRACE_SIZE);
      case RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE -> new PlainContext(0, RAW_TRACEPOINT_SIZE);
      case KPROBE -> new PlainContext(0, PT_REGS_SIZE);
      default -> null;
    };
  }
}
