package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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

  /** By section and slot: the functions that start there. */
  private final Map<String, Map<Integer, Integer>> functions = new HashMap<>();

  /** By section, in order: the lines that start there. */
  private final Map<String, TreeMap<Integer, BtfExt.LineInfo>> lines = new HashMap<>();

  /**
   * Makes an index.
   *
   * @param btf the object's types, completed
   */
  FunctionInfo(Btf btf, Optional<BtfExt> ext) {
    this.btf = btf;
    for (BtfExt.FuncInfo info : ext.map(BtfExt::functions).orElse(List.of())) {
      functions
          .computeIfAbsent(info.section(), s -> new HashMap<>())
          .putIfAbsent(info.offset() / Insn.BYTES, info.type());
    }
    for (BtfExt.LineInfo line : ext.map(BtfExt::lines).orElse(List.of())) {
      lines
          .computeIfAbsent(line.section(), s -> new TreeMap<>())
          .putIfAbsent(line.offset() / Insn.BYTES, line);
    }
  }

  /** {@code func_info} of a program; empty where its main function has none. */
  List<FuncInfo> functions(ProgramLayout layout) {
    List<FuncInfo> infos = new ArrayList<>();
    for (ProgramLayout.Placed placed : layout.placed()) {
      CodeSection.Function function = placed.function();
      Integer type =
          functions
              .getOrDefault(function.section().section().name(), Map.of())
              .get(function.first());
      if (type != null && btf.type(type) instanceof BtfType.Func func) {
        infos.add(
            new FuncInfo(placed.start(), func.name(), func.linkage() == LINKAGE_GLOBAL, type));
      } else if (infos.isEmpty()) {
        return List.of();
      }
    }
    return infos;
  }

  List<LineInfo> lines(ProgramLayout layout) {
    List<LineInfo> found = new ArrayList<>();
    for (ProgramLayout.Placed placed : layout.placed()) {
      CodeSection.Function function = placed.function();
      TreeMap<Integer, BtfExt.LineInfo> section =
          lines.getOrDefault(function.section().section().name(), new TreeMap<>());
      int first = function.first();
      section
          .subMap(first, first + function.length())
          .forEach((slot, line) ->
              found.add(
                  new LineInfo(
                      placed.start() + slot - first,
                      line.file(),
                      line.text().strip(),
                      line.line(),
                      line.column())));
    }
    return found;
  }
}
