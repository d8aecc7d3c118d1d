package ringside.kernel.task;

/** What the scheduler calls when Ring 3 code makes a system call. */
public interface SyscallEntry {
  /**
   * Handles a call whose registers are saved in the task's {@code pt_regs}; leaves the result
   * there, unless the task waits now.
   *
   * @throws ringside.kernel.trap.TaskKilled where the task died in the kernel
   */
  void enter(Task task);

  /** Finishes a call that had made its task wait: {@code result} is what it returns. */
  void finish(Task task, long result);
}
