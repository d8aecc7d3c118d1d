package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.ENOMEM;

import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.MapDescriptor;

/**
 * What loaders without CAP_PERFMON must prove in addition: that nothing leaks even where the
 * processor speculates wrongly (Spectre v1).
 *
 * <p>A branch that cannot be taken is explored all the same, as a speculative path, and pointer
 * arithmetic with a register is masked to limits that must be the same on all paths.
 */
final class Speculation {
  private static final String PROHIBITED = "pointer arithmetic with it prohibited for !root";

  /** The addend is a number: no mask is needed, as long as that is so on all paths. */
  private static final int ALU_NON_POINTER = 1 << 4;

  private static final int ALU_NEG_VALUE = 1 << 2;
  private static final int ALU_SANITIZE_SRC = 1;
  private static final int ALU_SANITIZE_DST = 1 << 1;
  private static final int ALU_IMMEDIATE = 1 << 3;

  private final VerifierEnv env;
  private final Explorer explorer;

  /** What the first half of a check found, for the second. */
  private int windowState;

  private int windowLimit;
  private boolean maskToLeft;

  Speculation(VerifierEnv env, Explorer explorer) {
    this.env = env;
    this.explorer = explorer;
  }

  /** Queues the way that a decided branch does not go, with nothing known of its operands. */
  void pushUntaken(Insn insn, int next) throws VerifierReject {
    if (env.bypassSpecV1) {
      return;
    }
    RegState[] regs = explorer.pushSpeculative(next, env.insnIdx).cur().regs;
    env.markUnknown(regs[insn.dst()]);
    if (Program.srcIsReg(insn)) {
      env.markUnknown(regs[insn.src()]);
    }
  }

  private boolean skips(Insn insn) {
    int op = Program.op(insn);
    boolean moves = op == Opcodes.BPF_ADD || op == Opcodes.BPF_SUB;
    return !moves || env.bypassSpecV1 || !Program.srcIsReg(insn) || env.aux().nospec;
  }

  /** Arithmetic on numbers: the same instruction must not move a pointer on another path. */
  void scalar(Insn insn) throws VerifierReject {
    if (!skips(insn)) {
      update(insn, ALU_NON_POINTER, 0);
    }
  }

  /** Before a pointer is moved: how far it may be moved in that direction. */
  void before(Insn insn, RegState ptr, RegState off, RegState dst) throws VerifierReject {
    if (skips(insn)) {
      return;
    }
    boolean constant = off.varOff.isConst();
    if (!env.state.speculative) {
      if (!constant && off.smin < 0 != off.smax < 0) {
        throw reject(
            insn.dst(),
            insn.src(),
            off == dst,
            "R%d has unknown scalar with mixed signed bounds, " + PROHIBITED);
      }
      maskToLeft = (Program.op(insn) == Opcodes.BPF_ADD) == off.smin < 0;
      int limit = limit(insn, ptr, off == dst);
      int state = ptr == dst ? ALU_SANITIZE_SRC : ALU_SANITIZE_DST;
      state |= off.smin < 0 ? ALU_NEG_VALUE : 0;
      state |= constant ? ALU_IMMEDIATE : 0;
      if (!constant) {
        env.exploreAluLimits = true;
      }
      windowState = state;
      windowLimit = limit;
    }
    if (constant) {
      return;
    }
    // The mask may make the distance zero: the pointer goes on as it is.
    RegState saved = ptr == dst ? null : dst.copy();
    if (saved != null) {
      dst.set(ptr);
    }
    try {
      explorer.pushSpeculative(env.insnIdx + 1, env.insnIdx);
    } catch (VerifierReject e) {
      throw env.reject(
          ENOMEM,
          "R%d could not be pushed for speculative verification, %s",
          insn.dst(),
          PROHIBITED);
    }
    if (saved != null) {
      dst.set(saved);
    }
  }

  /** After a pointer was moved: the window that the mask leaves, which all paths must share. */
  void after(Insn insn, RegState dst, boolean offsetInDst) throws VerifierReject {
    if (skips(insn) || env.state.speculative) {
      return;
    }
    int limit = limit(insn, dst, offsetInDst);
    update(insn, windowState, Math.abs(windowLimit - limit));
  }

  private int limit(Insn insn, RegState ptr, boolean offsetInDst) throws VerifierReject {
    int max;
    int limit;
    MapDescriptor map = ptr.map;
    if (ptr.type == RegType.PTR_TO_STACK) {
      max = Opcodes.MAX_BPF_STACK + (maskToLeft ? 1 : 0);
      limit = (int) -(ptr.varOff.value() + ptr.off);
    } else if (ptr.type == RegType.PTR_TO_MAP_VALUE && map != null) {
      max = map.valueSize();
      limit = (int) ((maskToLeft ? ptr.smin : ptr.umax) + ptr.off);
    } else {
      throw reject(
          insn.src(),
          insn.dst(),
          offsetInDst,
          "R%d has pointer with unsupported alu operation, " + PROHIBITED);
    }
    if (Integer.compareUnsigned(limit, max) >= 0) {
      throw env.reject(
          EACCES, "R%d tried to %s beyond pointer bounds, %s", insn.dst(), verb(insn), PROHIBITED);
    }
    return limit;
  }

  private void update(Insn insn, int state, int limit) throws VerifierReject {
    InsnAux aux = env.aux();
    if (aux.aluState != 0 && (aux.aluState != state || aux.aluLimit != limit)) {
      throw env.reject(
          EACCES,
          "R%d tried to %s from different maps, paths or scalars, %s",
          insn.dst(),
          verb(insn),
          PROHIBITED);
    }
    aux.aluState = state;
    aux.aluLimit = limit;
  }

  private static String verb(Insn insn) {
    return Program.op(insn) == Opcodes.BPF_ADD ? "add" : "sub";
  }

  private VerifierReject reject(int regIf, int regElse, boolean first, String format) {
    return env.reject(EACCES, format.replace("%d", Integer.toString(first ? regIf : regElse)));
  }
}
