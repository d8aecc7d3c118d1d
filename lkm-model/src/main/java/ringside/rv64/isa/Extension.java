package ringside.rv64.isa;

/** The part of the RISC-V specification that an instruction comes from. */
public enum Extension {
  /** RV64I, the base integer set. */
  I,
  /** Integer multiplication and division. */
  M,
  /** Atomic instructions. */
  A,
  /** Control and status registers. */
  ZICSR,
  /** Instruction-fetch fence. */
  ZIFENCEI,
  /** The privileged architecture, supervisor level. */
  PRIVILEGED
}
