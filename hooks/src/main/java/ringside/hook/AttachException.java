package ringside.hook;

/** A hook refuses an attachment; carries what Linux would return. */
public final class AttachException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /** Makes it with a positive errno. */
  public AttachException(int errno, String message) {
    super(message);
    this.errno = errno;
  }

  /** The errno, positive, e.g. {@code EBUSY}. */
  public int errno() {
    return errno;
  }
}
