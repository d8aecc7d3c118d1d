package ringside.kernel.trap;

/**
 * Who is running, as an oops names it.
 *
 * @param pid 0 for the idle task
 * @param comm its name, at most 15 characters
 * @param uid its real user id
 * @param stackTop the end of its kernel stack
 */
public record CurrentTask(int pid, String comm, int uid, long stackTop) {
  /** The idle task, which runs until there are others. */
  public static final CurrentTask SWAPPER = new CurrentTask(0, "swapper/0", 0, 0);
}
