package ringside.cli;

/** The exit codes of every command; part of the contract with scripts. */
public enum ExitCode {
  /** All went as it should. */
  DONE(0),
  /**
   * An expectation failed: lanes disagree, a check of {@code doctor} failed, C does not compile.
   */
  FAILED(1),
  /** The command line, or a file it names, cannot be used. */
  USAGE(2),
  /** The verifier or a loader rejected a program. */
  REJECTED(3),
  /** The simulated kernel panicked. */
  PANICKED(4),
  /** The machine lacks a JDK 25 (said by the launcher) or a C compiler; {@code EX_UNAVAILABLE}. */
  UNAVAILABLE(69),
  /** A bug of ours; {@code EX_SOFTWARE}. */
  INTERNAL(70),
  /** The limit on virtual or wall time passed. */
  TIME_LIMIT(124);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** What the process returns. */
  public int code() {
    return code;
  }
}
