package ringside.ebpf.cbpf;

/**
 * A classic filter that the kernel refuses.
 *
 * <p>The kernel says no more than {@code EINVAL}; the message says which instruction and why.
 */
public final class FilterException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int errno;

  FilterException(int errno, String message) {
    super(message);
    this.errno = errno;
  }

  /** The errno, positive. */
  public int errno() {
    return errno;
  }
}
