package ringside.kernel.trap;

/** What condition the kernel is in. */
public enum KernelState {
  /** It runs, maybe tainted. */
  RUNNING,
  /** It has oopsed at least once and runs on. */
  OOPSED,
  /** It hung; the host took back control. */
  HUNG,
  /** It panicked. */
  PANICKED
}
