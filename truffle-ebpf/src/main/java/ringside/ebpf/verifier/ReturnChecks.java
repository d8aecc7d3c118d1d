package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import ringside.ebpf.isa.AttachType;

/** What a program may leave in R0 when it ends. */
final class ReturnChecks {
  private final VerifierEnv env;
  private final RegisterChecks registers;
  private final Precision precision;

  ReturnChecks(VerifierEnv env, RegisterChecks registers, Precision precision) {
    this.env = env;
    this.registers = registers;
    this.precision = precision;
  }

  void check() throws VerifierReject {
    FuncState f = env.state.frame(0);
    if (f.subprogno == 0 && ReturnRanges.returnsNothing(env)) {
      return;
    }
    registers.src(0);
    RegState r0 = env.reg(0);
    if (env.isPointerValue(r0)) {
      throw env.reject(EACCES, "R%d leaks addr as return value", 0);
    }
    if (f.subprogno != 0 && !f.inAsyncCallback) {
      if (!r0.isScalar()) {
        throw env.reject(
            EINVAL,
            "At subprogram exit the register R%d is not a scalar value (%s)",
            0,
            RegType.name(r0.type));
      }
      return;
    }
    ReturnRange range = f.inAsyncCallback ? new ReturnRange(0, 0) : ReturnRanges.of(env);
    if (range == null) {
      return;
    }
    String where = f.inAsyncCallback ? "At async callback return" : "At program exit";
    if (!r0.isScalar()) {
      throw env.reject(
          EINVAL, "%s the register R%d is not a known value (%s)", where, 0, RegType.name(r0.type));
    }
    precision.mark(0);
    try {
      checkRange(r0, range, where);
    } catch (VerifierReject e) {
      if (f.subprogno == 0
          && env.input.attachType() == AttachType.LSM_CGROUP
          && ReturnRanges.hookIsVoid(env)) {
        env.complain(
            "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!");
      }
      throw e;
    }
  }

  /** Without a callback for exceptions, what is thrown is what the program returns. */
  void checkThrow() throws VerifierReject {
    RegState r1 = env.reg(1);
    ReturnRange range = ReturnRanges.of(env);
    if (range == null) {
      return;
    }
    if (!r1.isScalar()) {
      throw env.reject(
          EINVAL,
          "At program exit the register R%d is not a known value (%s)",
          1,
          RegType.name(r1.type));
    }
    precision.mark(1);
    checkRange(r1, range, "At program exit", "R1");
  }

  void checkRange(RegState r, ReturnRange range, String where) throws VerifierReject {
    checkRange(r, range, where, "R0");
  }

  private void checkRange(RegState r, ReturnRange range, String where, String name)
      throws VerifierReject {
    boolean ok =
        range.return32()
            ? range.min() <= r.s32min && r.s32max <= range.max()
            : range.min() <= r.smin && r.smax <= range.max();
    if (ok) {
      return;
    }
    StringBuilder text =
        new StringBuilder(where).append(" the register ").append(name).append(" has");
    boolean unknown = true;
    if (r.smin > Long.MIN_VALUE) {
      text.append(" smin=").append(r.smin);
      unknown = false;
    }
    if (r.smax < Long.MAX_VALUE) {
      text.append(" smax=").append(r.smax);
      unknown = false;
    }
    if (unknown) {
      text.append(" unknown scalar value");
    }
    text.append(" should have been in [").append(range.min()).append(", ");
    text.append(range.max()).append(']');
    throw env.reject(EINVAL, text.toString());
  }
}
