package ringside.shell.bpftool;

/** A command fails; the message is bpftool's own, without its {@code Error:}. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Refusal(String message) {
    super(message, null, false, false);
  }

  /** The message. */
  String words() {
    return String.valueOf(getMessage());
  }
}
