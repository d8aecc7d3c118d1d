package ringside.kernel.fs;

/** A file operation failed with an errno of {@link ringside.kernel.core.Errno}. */
public final class FsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /** Makes it; without a stack trace, for it is an ordinary result. */
  public FsException(int errno) {
    super("errno " + errno, null, false, false);
    this.errno = errno;
  }

  /** The errno, positive. */
  public int errno() {
    return errno;
  }
}
