package ringside.cli;

import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;

/** An error that a command explains to its user, with the exit code it ends in. */
public final class UserError extends BadInputException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  /**
   * Makes the error.
   *
   * @param where the file, option or argument concerned, or null
   * @param what what is wrong, one line, no full stop
   * @param hint what to do about it, or null
   */
  public UserError(ExitCode exitCode, @Nullable String where, String what, @Nullable String hint) {
    super(where, what, hint);
    this.exitCode = exitCode;
  }

  /** The same with the exception that caused it, which {@code -v} shows. */
  public UserError(
      ExitCode exitCode,
      @Nullable String where,
      String what,
      @Nullable String hint,
      Throwable cause) {
    super(where, what, hint, cause);
    this.exitCode = exitCode;
  }

  /** What the process returns. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
