package ringside.ebpf.context;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.Opcodes;

/**
 * Converts context accesses of a program that no verifier has seen.
 *
 * <p>Follows where the context pointer goes from r1 through registers and stack slots, and checks
 * nothing: an access that the rules do not know, or one that is reached with a context pointer on
 * one path only, stays as it is. It exists to run what the verifier would have refused.
 */
public final class ContextTracker {
  /** Registers, then the 64 doublewords of the stack, lowest first. */
  private static final int STATE_BITS = 11 + 64;

  private static final int SLOT_COUNT = 64;

  private final List<Insn> insns;
  private final ContextRules rules;
  private final boolean[] @Nullable [] states;
  private final Deque<Integer> work = new ArrayDeque<>();

  private ContextTracker(List<Insn> insns, ContextRules rules) {
    this.insns = insns;
    this.rules = rules;
    this.states = new boolean[insns.size()][];
  }

  /**
   * What conversion made of a program.
   *
   * @param insns the program
   * @param origin for each slot, the index of the slot that it stems from
   * @param starts the function starts of the original, moved
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Converted(List<Insn> insns, int[] origin, List<Integer> starts) {}

  /**
   * Converts a program.
   *
   * @param starts first slots of its functions, the main one first
   */
  public static Converted convert(List<Insn> insns, List<Integer> starts, ContextRules rules) {
    ContextTracker tracker = new ContextTracker(insns, rules);
    tracker.follow();
    return tracker.rewrite(starts);
  }

  private void follow() {
    boolean[] entry = new boolean[STATE_BITS];
    entry[1] = true;
    states[0] = entry;
    work.add(0);
    while (!work.isEmpty()) {
      int at = work.remove();
      step(at);
    }
  }

  private void step(int at) {
    Insn insn = insns.get(at);
    Instruction row = InstructionSet.find(insn);
    boolean[] before = states[at];
    if (row == null || before == null || row.op() == Op.EXIT) {
      return;
    }
    boolean[] after = before.clone();
    transfer(insn, row, after);
    if (row.op() == Op.CALL_LOCAL) {
      boolean[] callee = new boolean[STATE_BITS];
      System.arraycopy(before, 1, callee, 1, 5);
      flow(at + 1 + insn.imm(), callee);
    }
    if (row.op() == Op.JA_L) {
      flow(at + 1 + insn.imm(), after);
    } else if (row.template().contains("$t")) {
      flow(at + 1 + insn.off(), after);
      if (row.op() != Op.JA) {
        flow(at + 1, after);
      }
    } else {
      flow(at + (row.wide() ? 2 : 1), after);
    }
  }

  private static void transfer(Insn insn, Instruction row, boolean[] state) {
    boolean fromStack = insn.src() == Opcodes.BPF_REG_FP;
    boolean toStack = insn.dst() == Opcodes.BPF_REG_FP;
    switch (row.op()) {
      case Op.MOV64_X -> state[insn.dst()] = state[insn.src()];
      case Op.LDX_DW -> state[insn.dst()] = fromStack && get(state, insn.off());
      case Op.STX_DW -> {
        if (toStack) {
          put(state, insn.off(), state[insn.src()]);
        }
      }
      case Op.CALL_HELPER, Op.CALL_LOCAL, Op.CALL_KFUNC -> {
        for (int register = 0; register <= 5; register++) {
          state[register] = false;
        }
      }
      default -> {
        boolean store = insn.insnClass() == Opcodes.BPF_ST || insn.insnClass() == Opcodes.BPF_STX;
        boolean jump = insn.insnClass() == Opcodes.BPF_JMP || insn.insnClass() == Opcodes.BPF_JMP32;
        if (store && toStack) {
          put(state, insn.off(), false);
        } else if (!store && !jump) {
          state[insn.dst()] = false;
        }
      }
    }
  }

  private static boolean get(boolean[] state, int off) {
    int slot = slot(off);
    return off % 8 == 0 && slot >= 0 && slot < SLOT_COUNT && state[11 + slot];
  }

  private static void put(boolean[] state, int off, boolean value) {
    int slot = slot(off);
    if (slot >= 0 && slot < SLOT_COUNT) {
      state[11 + slot] = value && off % 8 == 0;
    }
  }

  private static int slot(int off) {
    return Math.floorDiv(off, 8) + SLOT_COUNT;
  }

  private void flow(int to, boolean[] state) {
    if (to < 0 || to >= insns.size()) {
      return;
    }
    boolean[] known = states[to];
    if (known == null) {
      states[to] = state.clone();
      work.add(to);
      return;
    }
    boolean changed = false;
    for (int i = 0; i < STATE_BITS; i++) {
      if (known[i] && !state[i]) {
        known[i] = false;
        changed = true;
      }
    }
    if (changed) {
      work.add(to);
    }
  }

  private List<Insn> converted(int at) {
    Insn insn = insns.get(at);
    boolean[] state = states[at];
    boolean load = insn.insnClass() == Opcodes.BPF_LDX;
    boolean store =
        insn.insnClass() == Opcodes.BPF_ST
            || (insn.insnClass() == Opcodes.BPF_STX && (insn.code() & 0xe0) == Opcodes.BPF_MEM);
    if (state == null || !(load || store) || !state[load ? insn.src() : insn.dst()]) {
      return List.of(insn);
    }
    int size = 1 << "\2\1\0\3".charAt(insn.code() >>> 3 & 3);
    return rules.access(insn.off(), size, store) == null ? List.of(insn) : rules.convert(insn);
  }

  private Converted rewrite(List<Integer> starts) {
    List<List<Insn>> pieces = new ArrayList<>();
    int[] moved = new int[insns.size() + 1];
    for (int at = 0; at < insns.size(); at++) {
      List<Insn> piece = converted(at);
      pieces.add(piece);
      moved[at + 1] = moved[at] + piece.size();
    }
    List<Insn> out = new ArrayList<>();
    int[] origin = new int[moved[insns.size()]];
    for (int at = 0; at < insns.size(); at++) {
      boolean same = pieces.get(at).size() == 1 && pieces.get(at).getFirst().equals(insns.get(at));
      for (Insn insn : pieces.get(at)) {
        origin[out.size()] = at;
        // Jumps of a conversion stay inside of it.
        out.add(same ? relocate(insn, at, moved) : insn);
      }
      if (insns.get(at).isWide() && at + 1 < insns.size()) {
        at++;
        origin[out.size()] = at;
        out.add(insns.get(at));
      }
    }
    return new Converted(out, origin, starts.stream().map(s -> moved[s]).toList());
  }

  private Insn relocate(Insn insn, int at, int[] moved) {
    Instruction row = InstructionSet.find(insn);
    if (row == null) {
      return insn;
    }
    boolean byImm = row.op() == Op.JA_L || row.op() == Op.CALL_LOCAL || row.op() == Op.LD_FUNC;
    boolean byOff = row.template().contains("$t");
    int target = at + 1 + (byImm ? insn.imm() : insn.off());
    if (!(byImm || byOff) || target < 0 || target >= moved.length) {
      return insn;
    }
    int distance = moved[target] - moved[at] - 1;
    return byImm ? insn.withImm(distance) : insn.withOff(distance);
  }
}
