package ringside.shell.bpftool;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import ringside.ebpf.asm.Disassembler;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** Prints a program's control flow as DOT ({@code visual}): a node a basic block. */
final class ProgGraph {
  private final Tool tool;
  private final Disassembler disassembler;

  ProgGraph(Tool tool, Disassembler disassembler) {
    this.tool = tool;
    this.disassembler = disassembler;
  }

  void print(List<Insn> insns) {
    StringBuilder text = new StringBuilder("digraph \"DOT graph for eBPF program\" {\n");
    List<Integer> starts = functions(insns);
    for (int i = 0; i < starts.size(); i++) {
      int end = i + 1 < starts.size() ? starts.get(i + 1) : insns.size();
      function(text, i, insns, starts.get(i), end);
    }
    tool.out().print(text.append("}\n"));
  }

  private static List<Integer> functions(List<Insn> insns) {
    TreeSet<Integer> starts = new TreeSet<>(List.of(0));
    for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
      Insn insn = insns.get(at);
      boolean call =
          insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_CALL)
              && insn.src() == Opcodes.BPF_PSEUDO_CALL;
      boolean reference = insn.isWide() && insn.src() == Opcodes.BPF_PSEUDO_FUNC;
      int callee = at + 1 + insn.imm();
      if ((call || reference) && callee > 0 && callee < insns.size()) {
        starts.add(callee);
      }
    }
    return List.copyOf(starts);
  }

  /** Where a jump goes to, or -1 for what is none. */
  private static int target(List<Insn> insns, int at) {
    Insn insn = insns.get(at);
    boolean far = insn.code() == (Opcodes.BPF_JMP32 | Opcodes.BPF_JA);
    int op = insn.code() & 0xf0;
    boolean jumps = insn.insnClass() == Opcodes.BPF_JMP || insn.insnClass() == Opcodes.BPF_JMP32;
    if (!jumps || op == Opcodes.BPF_CALL || op == Opcodes.BPF_EXIT) {
      return -1;
    }
    return at + 1 + (far ? insn.imm() : insn.off());
  }

  private static boolean ends(Insn insn) {
    int op = insn.code() & 0xf0;
    boolean jumps = insn.insnClass() == Opcodes.BPF_JMP || insn.insnClass() == Opcodes.BPF_JMP32;
    return jumps && (op == Opcodes.BPF_JA || op == Opcodes.BPF_EXIT);
  }

  private void function(StringBuilder text, int number, List<Insn> insns, int from, int to) {
    TreeSet<Integer> heads = new TreeSet<>(List.of(from));
    for (int at = from; at < to; at += insns.get(at).isWide() ? 2 : 1) {
      int target = target(insns, at);
      if (target >= from && target < to) {
        heads.add(target);
      }
      if ((target >= 0 || ends(insns.get(at))) && at + 1 < to) {
        heads.add(at + 1);
      }
    }
    List<Integer> blocks = new ArrayList<>(heads);
    String fn = "fn_" + number;
    text.append("subgraph \"cluster_%d\" {\n".formatted(number));
    text.append(
        "\tstyle=\"dashed\";\n\tcolor=\"black\";\n\tlabel=\"func_%d ()\";\n".formatted(number));
    text.append("\t%s_bb_0 [shape=Mdiamond,style=filled,label=\"ENTRY\"];\n\n".formatted(fn));
    StringBuilder edges = new StringBuilder(edge(fn, 0, 2));
    for (int i = 0; i < blocks.size(); i++) {
      int end = i + 1 < blocks.size() ? blocks.get(i + 1) : to;
      text.append("\t%s_bb_%d [shape=record,style=filled,label=\"{ \\\n".formatted(fn, i + 2));
      int last = blocks.get(i);
      for (int at = last; at < end; at += insns.get(at).isWide() ? 2 : 1) {
        text.append(at == blocks.get(i) ? "" : "| ");
        text.append("%d: %s\\l\\\n".formatted(at, escaped(disassembler.line(insns, at))));
        last = at;
      }
      text.append("}\"];\n\n");
      int target = target(insns, last);
      boolean exit = (insns.get(last).code() & 0xf0) == Opcodes.BPF_EXIT && ends(insns.get(last));
      if (exit) {
        edges.append(edge(fn, i + 2, 1));
      }
      if (!ends(insns.get(last)) && i + 1 < blocks.size()) {
        edges.append(edge(fn, i + 2, i + 3));
      }
      if (target >= 0 && blocks.contains(target)) {
        edges.append(edge(fn, i + 2, blocks.indexOf(target) + 2));
      }
    }
    text.append("\t%s_bb_1 [shape=Mdiamond,style=filled,label=\"EXIT\"];\n\n".formatted(fn));
    text.append(edges).append("}\n");
  }

  private static String edge(String fn, int from, int to) {
    return "\t%s_bb_%d:s -> %s_bb_%d:n [style=\"solid,bold\", color=black, weight=10, constraint=true];\n"
        .formatted(fn, from, fn, to);
  }

  /** What record labels would take as their own. */
  private static String escaped(String line) {
    return line.replaceAll("([<>{}|\" ])", "\\\\$1");
  }
}
