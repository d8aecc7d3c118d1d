package ringside.ebpf.uapi;

/** A command fails with an errno of {@link ringside.kernel.core.Errno}. */
final class SyscallError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /** Makes it; without a stack trace, for it is an ordinary result. */
  SyscallError(int errno) {
    super("errno " + errno, null, false, false);
    this.errno = errno;
  }

  /** The errno, positive. */
  int errno() {
    return errno;
  }
}
