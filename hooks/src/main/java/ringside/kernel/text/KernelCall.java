package ringside.kernel.text;

/** A kernel function as machine code sees it: integers in, an integer out. */
@FunctionalInterface
public interface KernelCall {
  /** Runs it; a {@code void} function returns 0. */
  long call(CallArgs args);
}
