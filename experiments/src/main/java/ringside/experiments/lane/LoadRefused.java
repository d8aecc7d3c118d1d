package ringside.experiments.lane;

/** The module loader or the verifier refused an extension that was to be loaded. */
public final class LoadRefused extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final String log;

  /**
   * Makes it.
   *
   * @param reason in a line
   * @param log what the loader or verifier wrote
   */
  public LoadRefused(String reason, String log) {
    super(reason);
    this.reason = reason;
    this.log = log;
  }

  /** Why, in a line. */
  public String reason() {
    return reason;
  }

  /** What the loader or verifier wrote. */
  public String log() {
    return log;
  }
}
