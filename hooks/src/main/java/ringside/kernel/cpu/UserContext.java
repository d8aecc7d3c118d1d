package ringside.kernel.cpu;

/** The mutable Ring 3 state of one task: 32 integer registers and pc. */
public final class UserContext {
  /** Registers x0–x31; x0 stays 0. */
  public final long[] x = new long[32];

  /** The program counter. */
  public long pc;
}
