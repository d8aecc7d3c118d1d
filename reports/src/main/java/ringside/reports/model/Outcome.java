package ringside.reports.model;

/** What became of one faulty extension: the one vocabulary of all safety results. */
public enum Outcome {
  /** The module loader or the verifier refused it; it never ran. */
  REJECTED("Rejected before it ran", Severity.SAFE),
  /** It ran, the error was returned to it or the attempt was undone, and nothing was harmed. */
  CONTAINED("Contained", Severity.SAFE),
  /** It ran and nothing came of it. */
  NO_EFFECT("No effect", Severity.SAFE),
  /** The kernel carried on with a wrong answer. */
  WRONG_RESULT("Wrong result", Severity.HARM),
  /** The kernel printed a warning and carried on. */
  WARNED("Warned", Severity.NOTICE),
  /** The task was killed with an oops; the kernel lives, tainted. */
  OOPS("Oops", Severity.HARM),
  /** The kernel stopped. */
  PANIC("Panic", Severity.FATAL),
  /** The kernel made no more progress. */
  HANG("Hang", Severity.FATAL),
  /** Memory or kernel state was corrupted and Linux reported nothing. */
  SILENT_CORRUPTION("Silent corruption", Severity.FATAL),
  /** A task gained privileges that it must not have. */
  PRIVILEGE_ESCALATION("Privilege escalation", Severity.FATAL),
  /** Kernel memory reached Ring 3. */
  INFO_LEAK("Information leak", Severity.HARM);

  private final String title;
  private final Severity severity;

  Outcome(String title, Severity severity) {
    this.title = title;
    this.severity = severity;
  }

  /** A few words for people. */
  public String title() {
    return title;
  }

  /** How bad it is. */
  public Severity severity() {
    return severity;
  }

  /** Classes of harm, by which reports choose a colour. */
  public enum Severity {
    SAFE,
    NOTICE,
    HARM,
    FATAL
  }
}
