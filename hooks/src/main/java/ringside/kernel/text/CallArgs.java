package ringside.kernel.text;

/**
 * The integer arguments of a call into the kernel, by position, whatever registers or stack slots
 * hold them.
 */
@FunctionalInterface
public interface CallArgs {
  /** Argument {@code index}, counted from 0; variadic ones follow the named ones. */
  long get(int index);
}
