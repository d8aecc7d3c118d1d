package ringside.ebpf.verifier;

/** Ends the verification of a program: it is rejected, the reason is the log's last line. */
final class VerifierReject extends Exception {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int ESRCH = 3;
  static final int E2BIG = 7;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EFAULT = 14;
  static final int EINVAL = 22;
  static final int EOPNOTSUPP = 95;
  static final int ENOTSUPP = 524;

  private static final long serialVersionUID = 1L;

  /** Positive Linux error number. */
  final int errno;

  /** Tells whether the mistake is harmless if the processor is kept from speculating there. */
  boolean endsSpeculationOnly() {
    return errno == EPERM || errno == EACCES || errno == EINVAL;
  }

  VerifierReject(int errno, String message) {
    super(message, null, false, false);
    this.errno = errno;
  }
}
