package ringside.reports.json;

/** A results file that cannot be read; the message says what is wrong, where, and what to do. */
public final class ResultsException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String message;

  /** Makes one with a message for people. */
  public ResultsException(String message) {
    super(message);
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
