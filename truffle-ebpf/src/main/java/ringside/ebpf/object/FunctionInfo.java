package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.verifier.VerifierInput.FuncInfo;
import ringside.ebpf.verifier.VerifierInput.FuncInfo.Argument;
import ringside.ebpf.verifier.VerifierInput.LineInfo;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfExt;
import ringside.format.btf.BtfType;

/** Moves {@code .BTF.ext} from the object's sections to where a program has its functions. */
final class FunctionInfo {
  private static final int LINKAGE_GLOBAL = 1;

  private static final Map<ProgramType, String> CONTEXT_STRUCTS =
      Map.of(
          ProgramType.XDP, "xdp_md",
          ProgramType.SOCKET_FILTER, "__sk_buff",
          ProgramType.SCHED_CLS, "__sk_buff",
          ProgramType.SCHED_ACT, "__sk_buff",
          ProgramType.CGROUP_SKB, "__sk_buff",
          ProgramType.KPROBE, "pt_regs",
          ProgramType.NETFILTER, "bpf_nf_ctx",
          ProgramType.RAW_TRACEPOINT, "bpf_raw_tracepoint_args",
          ProgramType.PERF_EVENT, "bpf_perf_event_data");

  private final Btf btf;
  private final Optional<BtfExt> ext;

  FunctionInfo(Btf btf, Optional<BtfExt> ext) {
    this.btf = btf;
    this.ext = ext;
  }

  List<FuncInfo> functions(ProgramLayout layout, ProgramType type) {
    List<FuncInfo> functions = new ArrayList<>();
    if (ext.isEmpty()) {
      return functions;
    }
    for (ProgramLayout.Placed placed : layout.placed()) {
      for (BtfExt.FuncInfo info : ext.get().functions()) {
        if (info.section().equals(placed.section())
            && info.offset() / Insn.BYTES == placed.first()
            && btf.type(info.type()) instanceof BtfType.Func function) {
          functions.add(
              new FuncInfo(
                  placed.start(),
                  function.name(),
                  function.linkage() == LINKAGE_GLOBAL,
                  arguments(function, type)));
        }
      }
    }
    return functions;
  }

  List<BpfObject.FunctionType> types(ProgramLayout layout) {
    List<BpfObject.FunctionType> types = new ArrayList<>();
    for (ProgramLayout.Placed placed : layout.placed()) {
      for (BtfExt.FuncInfo info : ext.map(BtfExt::functions).orElse(List.of())) {
        if (info.section().equals(placed.section())
            && info.offset() / Insn.BYTES == placed.first()) {
          types.add(new BpfObject.FunctionType(placed.start(), info.type()));
        }
      }
    }
    return types;
  }

  List<LineInfo> lines(ProgramLayout layout) {
    List<LineInfo> lines = new ArrayList<>();
    if (ext.isEmpty()) {
      return lines;
    }
    for (ProgramLayout.Placed placed : layout.placed()) {
      for (BtfExt.LineInfo line : ext.get().lines()) {
        int slot = line.offset() / Insn.BYTES - placed.first();
        if (line.section().equals(placed.section()) && slot >= 0 && slot < placed.length()) {
          lines.add(
              new LineInfo(
                  placed.start() + slot,
                  line.file(),
                  line.text().strip(),
                  line.line(),
                  line.column()));
        }
      }
    }
    return lines;
  }

  private List<Argument> arguments(BtfType.Func function, ProgramType type) {
    List<Argument> arguments = new ArrayList<>();
    if (btf.type(function.type()) instanceof BtfType.FuncProto proto) {
      for (BtfType.Parameter parameter : proto.parameters()) {
        arguments.add(argument(parameter.type(), type));
      }
    }
    return arguments;
  }

  private Argument argument(int id, ProgramType type) {
    return switch (btf.stripped(id)) {
      case BtfType.Int _, BtfType.Enum32 _, BtfType.Enum64 _ ->
          new Argument(Argument.Kind.SCALAR, 0, "");
      case BtfType.Ptr pointer -> pointer(pointer.type(), type);
      default -> new Argument(Argument.Kind.OTHER, 0, "");
    };
  }

  private Argument pointer(int pointee, ProgramType type) {
    BtfType target = btf.stripped(pointee);
    if (target.name().equals(CONTEXT_STRUCTS.get(type))) {
      return new Argument(Argument.Kind.CTX, 0, target.name());
    }
    return switch (target) {
      case BtfType.VoidType _, BtfType.Func _, BtfType.FuncProto _, BtfType.Fwd _ ->
          new Argument(Argument.Kind.OTHER, 0, target.name());
      default -> new Argument(Argument.Kind.MEM_OR_NULL, (int) btf.sizeOf(pointee), target.name());
    };
  }
}
