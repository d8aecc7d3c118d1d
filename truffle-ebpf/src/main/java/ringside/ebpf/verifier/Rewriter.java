package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;

/**
 * Turns an accepted program into the one that runs: decided branches become jumps, dead code goes,
 * and context accesses become accesses to the kernel's own structures.
 */
final class Rewriter {
  private final VerifierEnv env;
  private final Program program;

  Rewriter(VerifierEnv env) {
    this.env = env;
    program = env.program;
  }

  VerifierResult result() {
    int n = program.length();
    List<List<Insn>> pieces = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      pieces.add(rewrite(i));
    }
    removeNops(pieces);
    int[] start = new int[n + 1];
    for (int i = 0; i < n; i++) {
      start[i + 1] = start[i] + pieces.get(i).size();
    }
    List<Insn> out = new ArrayList<>(start[n]);
    int[] origin = new int[start[n]];
    Map<Integer, VerifierResult.Fact> facts = new HashMap<>();
    for (int i = 0; i < n; i++) {
      List<Insn> piece = pieces.get(i);
      for (int j = 0; j < piece.size(); j++) {
        Insn insn = piece.get(j);
        // A jump stands alone or ends its piece; only such refer to other instructions.
        if (j == piece.size() - 1) {
          insn = relocate(insn, i, start);
        }
        origin[out.size()] = i;
        out.add(insn);
      }
      fact(i, start[i + 1] - 1, facts);
    }
    List<VerifierResult.Subprogram> subs = new ArrayList<>();
    for (Subprogram sub : env.subprograms) {
      if (start[sub.start] < start[sub.end]) {
        subs.add(new VerifierResult.Subprogram(start[sub.start], sub.stackDepth, sub.name));
      }
    }
    return new VerifierResult(true, 0, env.log.text(), env.insnProcessed, out, origin, facts, subs);
  }

  private List<Insn> rewrite(int i) {
    Insn insn = program.insn(i);
    InsnAux aux = program.aux[i];
    if (!aux.seen) {
      return List.of();
    }
    if (isConditional(insn)) {
      int target = i + 1 + insn.off();
      if (!program.aux[i + 1].seen) {
        return List.of(jump(insn.off()));
      }
      if (!program.aux[target].seen) {
        return List.of();
      }
    }
    boolean memory =
        Program.klass(insn) == Opcodes.BPF_LDX
            || Program.klass(insn) == Opcodes.BPF_STX
            || Program.klass(insn) == Opcodes.BPF_ST;
    if (memory && aux.ptrType == RegType.PTR_TO_CTX) {
      return env.input.context().convert(insn);
    }
    return FlawedRules.modulo(env, insn);
  }

  private static boolean isConditional(Insn insn) {
    if (!Program.isJumpClass(insn)) {
      return false;
    }
    int op = Program.op(insn);
    return op != Opcodes.BPF_JA && op != Opcodes.BPF_CALL && op != Opcodes.BPF_EXIT;
  }

  private static Insn jump(int off) {
    return new Insn(Opcodes.BPF_JMP | Opcodes.BPF_JA, 0, 0, off, 0);
  }

  /** Drops jumps to the next instruction that is left. */
  private void removeNops(List<List<Insn>> pieces) {
    for (int i = pieces.size() - 1; i >= 0; i--) {
      List<Insn> piece = pieces.get(i);
      if (piece.size() != 1) {
        continue;
      }
      Insn insn = piece.get(0);
      boolean plain = insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_JA);
      if (!plain || insn.off() < 0) {
        continue;
      }
      boolean nothing = true;
      for (int j = i + 1; j <= i + insn.off() && nothing; j++) {
        nothing = pieces.get(j).isEmpty();
      }
      if (nothing) {
        pieces.set(i, List.of());
      }
    }
  }

  /** Adjusts a jump or a local call to where its target has moved. */
  private Insn relocate(Insn insn, int from, int[] start) {
    int here = start[from + 1];
    boolean local = Program.isPseudoCall(insn) || Program.isPseudoFunc(insn);
    boolean far = insn.code() == (Opcodes.BPF_JMP32 | Opcodes.BPF_JA);
    if (local || far) {
      int target = from + 1 + insn.imm();
      // A function reference takes two slots and counts from its first.
      int base = Program.isPseudoFunc(insn) ? start[from] + 1 : here;
      return insn.withImm(start[target] - base);
    }
    if (isConditional(insn) || insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_JA)) {
      return insn.withOff(start[from + 1 + insn.off()] - here);
    }
    return insn;
  }

  private void fact(int i, int at, Map<Integer, VerifierResult.Fact> facts) {
    InsnAux aux = program.aux[i];
    MapDescriptor map = aux.callMap;
    Btf types = env.programBtf;
    if (aux.seen && aux.structType != 0 && types != null) {
      VerifierResult.ObjectFact object =
          new VerifierResult.ObjectFact(
              aux.structType,
              (int) types.sizeOf(aux.structType),
              env.structRecord(types, aux.structType),
              aux.insertOff);
      facts.put(at, new VerifierResult.Fact(null, 0, object));
      return;
    }
    if (!aux.seen || map == null || aux.callMapPoisoned) {
      return;
    }
    for (int j = 0; j < program.length(); j++) {
      if (RegState.sameMap(program.aux[j].map, map)) {
        facts.put(at, new VerifierResult.Fact(map, program.insn(j).imm(), null));
        return;
      }
    }
  }
}
