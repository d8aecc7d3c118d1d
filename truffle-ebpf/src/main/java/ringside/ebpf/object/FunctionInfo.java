package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.verifier.VerifierInput.FuncInfo;
import ringside.ebpf.verifier.VerifierInput.LineInfo;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfExt;
import ringside.format.btf.BtfType;

/** Moves {@code .BTF.ext} from the object's sections to where a program has its functions. */
final class FunctionInfo {
  private static final int LINKAGE_GLOBAL = 1;

  private final Btf btf;
  private final Optional<BtfExt> ext;

  FunctionInfo(Btf btf, Optional<BtfExt> ext) {
    this.btf = btf;
    this.ext = ext;
  }

  List<FuncInfo> functions(ProgramLayout layout) {
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
                  info.type()));
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
}
