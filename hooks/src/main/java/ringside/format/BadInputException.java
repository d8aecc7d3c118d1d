package ringside.format;

import org.jspecify.annotations.Nullable;

/**
 * Something that came from outside cannot be used: a file, a tool, an argument; never a bug of
 * ours.
 *
 * <p>The message says what and where in one line; {@link #hint} says what the user can do. Whoever
 * renders it shows no stack trace.
 */
public class BadInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String where;
  private final String what;
  private final @Nullable String hint;

  /**
   * Makes the exception.
   *
   * @param where the file or place, or null when the message says it already
   * @param what what is wrong, one line, no full stop
   * @param hint what to do about it, or null
   */
  public BadInputException(@Nullable String where, String what, @Nullable String hint) {
    this(where, what, hint, null);
  }

  /** The same with the exception that caused it. */
  public BadInputException(
      @Nullable String where, String what, @Nullable String hint, @Nullable Throwable cause) {
    super(null, cause);
    this.where = where;
    this.what = what;
    this.hint = hint;
  }

  /** What and where in one line. */
  @Override
  public final String getMessage() {
    return where == null ? what : where + ": " + what;
  }

  /** The file or place, when known. */
  public @Nullable String where() {
    return where;
  }

  /** What is wrong, without the place. */
  public String what() {
    return what;
  }

  /** What the user can do, when something can be said. */
  public @Nullable String hint() {
    return hint;
  }
}
