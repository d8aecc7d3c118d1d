package ringside.kernel.task;

/** The signals that the kernel itself sends or that need another default than death. */
public final class Signal {
  public static final int SIGILL = 4;
  public static final int SIGTRAP = 5;
  public static final int SIGABRT = 6;
  public static final int SIGBUS = 7;
  public static final int SIGKILL = 9;
  public static final int SIGSEGV = 11;
  public static final int SIGTERM = 15;
  public static final int SIGCHLD = 17;
  public static final int SIGCONT = 18;
  public static final int SIGURG = 23;
  public static final int SIGWINCH = 28;

  /** {@code _NSIG}: the highest signal number. */
  public static final int NSIG = 64;

  private Signal() {}

  /** Whether a signal without handler is ignored ({@code SIG_KERNEL_IGNORE_MASK}). */
  static boolean ignored(int signal) {
    return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
  }
}
