package ringside.ebpf.asm;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/**
 * A program's basic blocks as a graph in DOT, as {@code bpftool prog dump xlated visual} has it.
 */
public final class ControlFlowGraph {
  /** Number of the first block that has code, behind those for entry and exit. */
  private static final int FIRST_BLOCK = 2;

  private static final int ENTRY = 0;
  private static final int EXIT = 1;

  private final XlatedDump dump;
  private final List<Insn> insns;

  /** Makes the graph of a program. */
  public ControlFlowGraph(XlatedDump dump) {
    this.dump = dump;
    this.insns = dump.insns();
  }

  /** The graph, each function a cluster. */
  public String dot(boolean opcodes, boolean linum) {
    StringBuilder out = new StringBuilder("digraph \"DOT graph for eBPF program\" {\n");
    List<Integer> starts = List.copyOf(functionStarts());
    for (int function = 0; function < starts.size(); function++) {
      int end = function + 1 < starts.size() ? starts.get(function + 1) : insns.size();
      out.append("subgraph \"cluster_").append(function).append("\" {\n");
      out.append("\tstyle=\"dashed\";\n\tcolor=\"black\";\n\tlabel=\"func_");
      out.append(function).append(" ()\";\n");
      function(out, function, starts.get(function), end, opcodes, linum);
      out.append("}\n");
    }
    return out.append("}\n").toString();
  }

  private Set<Integer> functionStarts() {
    Set<Integer> starts = new TreeSet<>();
    starts.add(0);
    for (int at = 0; at < insns.size(); at++) {
      Insn insn = insns.get(at);
      boolean call =
          insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_CALL)
              && insn.src() == Opcodes.BPF_PSEUDO_CALL;
      boolean reference = insn.isWide() && insn.src() == Opcodes.BPF_PSEUDO_FUNC;
      int target = at + 1 + insn.imm();
      if ((call || reference) && target > 0 && target < insns.size()) {
        starts.add(target);
      }
    }
    return starts;
  }

  private void function(
      StringBuilder out, int function, int start, int end, boolean opcodes, boolean linum) {
    List<Integer> heads = List.copyOf(heads(start, end));
    node(out, function, ENTRY, "Mdiamond", "ENTRY");
    for (int block = 0; block < heads.size(); block++) {
      int tail = tail(heads, block, end);
      String code = dump.block(heads.get(block), tail, heads.get(block) - start, opcodes, linum);
      node(out, function, FIRST_BLOCK + block, "record", "{\\\n" + code + "}");
    }
    node(out, function, EXIT, "Mdiamond", "EXIT");
    edge(out, function, ENTRY, FIRST_BLOCK);
    for (int block = 0; block < heads.size(); block++) {
      for (int successor : successors(heads, block, end)) {
        edge(out, function, FIRST_BLOCK + block, successor);
      }
    }
    out.append(
        "\tfn_%d_bb_%d:s -> fn_%d_bb_%d:n [style=\"invis\", constraint=true];\n"
            .formatted(function, ENTRY, function, EXIT));
  }

  private static void node(StringBuilder out, int function, int block, String shape, String label) {
    out.append(
        "\tfn_%d_bb_%d [shape=%s,style=filled,label=\"%s\"];\n\n"
            .formatted(function, block, shape, label));
  }

  private static void edge(StringBuilder out, int function, int from, int to) {
    out.append(
        ("\tfn_%d_bb_%d:s -> fn_%d_bb_%d:n"
                + " [style=\"solid,bold\", color=black, weight=10, constraint=true];\n")
            .formatted(function, from, function, to));
  }

  private Set<Integer> heads(int start, int end) {
    Set<Integer> heads = new TreeSet<>();
    heads.add(start);
    for (int at = start; at < end; at++) {
      Integer target = target(at);
      if (target != null && target >= start && target < end) {
        heads.add(target);
      }
      if (target != null && !always(insns.get(at)) && at + 1 < end) {
        heads.add(at + 1);
      }
    }
    return heads;
  }

  private static int tail(List<Integer> heads, int block, int end) {
    return (block + 1 < heads.size() ? heads.get(block + 1) : end) - 1;
  }

  /** Where a jump leads; null for what is none. */
  private @Nullable Integer target(int at) {
    Insn insn = insns.get(at);
    boolean jumps = insn.insnClass() == Opcodes.BPF_JMP || insn.insnClass() == Opcodes.BPF_JMP32;
    int operation = insn.code() & 0xf0;
    if (!jumps || operation == Opcodes.BPF_CALL || operation == Opcodes.BPF_EXIT) {
      return null;
    }
    boolean far = insn.code() == (Opcodes.BPF_JMP32 | Opcodes.BPF_JA);
    return at + 1 + (far ? insn.imm() : insn.off());
  }

  private static boolean always(Insn insn) {
    return (insn.code() & 0xf0) == Opcodes.BPF_JA;
  }

  private List<Integer> successors(List<Integer> heads, int block, int end) {
    int tail = tail(heads, block, end);
    int next = block + 1 < heads.size() ? FIRST_BLOCK + block + 1 : EXIT;
    Integer target = target(tail);
    boolean leaves = insns.get(tail).code() == (Opcodes.BPF_JMP | Opcodes.BPF_EXIT);
    List<Integer> successors = new ArrayList<>();
    if (leaves) {
      successors.add(EXIT);
    } else if (target == null || !always(insns.get(tail))) {
      successors.add(next);
    }
    if (target != null && heads.contains(target)) {
      successors.add(FIRST_BLOCK + heads.indexOf(target));
    }
    return successors;
  }
}
