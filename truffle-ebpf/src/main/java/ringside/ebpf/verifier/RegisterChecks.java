package ringside.ebpf.verifier;

/** Whether an instruction may read or write a register. */
final class RegisterChecks {
  private final VerifierEnv env;

  RegisterChecks(VerifierEnv env) {
    this.env = env;
  }

  /** Checks that a source register has a value. */
  void src(int regno) throws VerifierReject {
    range(regno);
    env.scratchReg(regno);
    RegState r = env.reg(regno);
    if (r.type == RegType.NOT_INIT) {
      throw env.reject(VerifierReject.EACCES, "R%d !read_ok", regno);
    }
  }

  /** Checks that a destination register is writable and forgets what it held. */
  void dst(int regno) throws VerifierReject {
    dstNoMark(regno);
    env.markUnknown(env.reg(regno));
  }

  /** Checks that a destination register is writable. */
  void dstNoMark(int regno) throws VerifierReject {
    range(regno);
    env.scratchReg(regno);
    if (regno == FuncState.FP) {
      throw env.reject(VerifierReject.EACCES, "frame pointer is read only");
    }
  }

  private void range(int regno) throws VerifierReject {
    if (regno >= FuncState.REGISTERS) {
      throw env.reject(VerifierReject.EINVAL, "R%d is invalid", regno);
    }
  }
}
