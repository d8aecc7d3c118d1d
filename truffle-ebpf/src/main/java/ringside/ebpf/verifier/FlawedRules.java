package ringside.ebpf.verifier;

import java.util.List;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/**
 * The rules as they were before Linux mended them, each in force only where its {@link VerifierBug}
 * is switched on.
 */
final class FlawedRules {
  private static final long LOW32 = 0xffff_ffffL;

  private FlawedRules() {}

  /** CVE-2017-16995: what a 32-bit move of a constant was thought to leave. */
  static long moved(VerifierEnv env, int imm) {
    return env.has(VerifierBug.CVE_2017_16995) ? imm : imm & LOW32;
  }

  /** CVE-2018-18445: shifts all 64 bits and cuts then; true if it applies. */
  static boolean shiftedRight(VerifierEnv env, RegState dst, RegState src) {
    if (!env.has(VerifierBug.CVE_2018_18445) || !src.varOff.isConst()) {
      return false;
    }
    int by = (int) src.varOff.value();
    dst.varOff = dst.varOff.shr(by);
    dst.umin >>>= by;
    dst.umax >>>= by;
    dst.smin = Long.MIN_VALUE;
    dst.smax = Long.MAX_VALUE;
    dst.setUnbounded32();
    RegBounds.coerceToSize(dst, 4);
    dst.setUnbounded32();
    RegBounds.update32(dst);
    return true;
  }

  /** What was thought to follow from a comparison, on either way out of it. */
  static void compared(VerifierEnv env, boolean narrow, RegState... operands) {
    for (RegState r : operands) {
      if (narrow) {
        comparedNarrow(env, r);
      } else {
        comparedWide(env, r);
      }
    }
  }

  /** CVE-2020-8835: {@code __reg_bound_offset32} on what a 32-bit comparison had seen. */
  private static void comparedNarrow(VerifierEnv env, RegState r) {
    if (env.has(VerifierBug.CVE_2020_8835) && r.isScalar()) {
      Tnum range = Tnum.range(r.umin & LOW32, r.umax & LOW32);
      r.varOff = r.varOff.clearSubreg().or(r.varOff.subreg().intersect(range));
      RegBounds.sync(r);
    }
  }

  /** CVE-2020-27194: {@code scalar32_min_max_or} read the 64-bit bounds. */
  static void ored(VerifierEnv env, RegState dst, RegState before, RegState src) {
    if (env.has(VerifierBug.CVE_2020_27194)
        && !(before.varOff.isSubregConst() && src.varOff.isSubregConst())
        && before.s32min >= 0
        && src.smin >= 0) {
      dst.s32min = (int) before.umin;
      dst.s32max = (int) before.umax;
      dst.u32min = dst.s32min;
      dst.u32max = dst.s32max;
    }
  }

  /** CVE-2021-31440: {@code __reg_combine_64_into_32} looked at each end alone. */
  private static void comparedWide(VerifierEnv env, RegState r) {
    if (!env.has(VerifierBug.CVE_2021_31440) || !r.isScalar()) {
      return;
    }
    if (r.umin >>> 32 == 0) {
      r.u32min = RegBounds.umax(r.u32min, (int) r.umin);
    }
    if (r.umax >>> 32 == 0) {
      r.u32max = RegBounds.umin(r.u32max, (int) r.umax);
    }
    RegBounds.sync(r);
  }

  /**
   * CVE-2021-3444: the verifier of that time counted on the cut, also of what it did not compute.
   */
  static void divided(VerifierEnv env, boolean narrow, RegState dst) {
    if (narrow && env.has(VerifierBug.CVE_2021_3444)) {
      dst.setUnbounded32();
      RegBounds.zext(dst);
      RegBounds.sync(dst);
    }
  }

  /** CVE-2021-3444: the division that the kernel really ran; by zero it left all 64 bits alone. */
  static List<Insn> modulo(VerifierEnv env, Insn insn) {
    boolean narrowModulo =
        Program.klass(insn) == Opcodes.BPF_ALU
            && Program.op(insn) == Opcodes.BPF_MOD
            && Program.srcIsReg(insn);
    if (!narrowModulo || !env.has(VerifierBug.CVE_2021_3444)) {
      return List.of(insn);
    }
    Insn skip = new Insn(Opcodes.BPF_JMP32 | Opcodes.BPF_JEQ, insn.src(), 0, 1, 0);
    return List.of(skip, insn);
  }
}
