package ringside.kernel.trap;

import ringside.kernel.mm.KernelStack;

/**
 * Who is running, as fault handling sees it.
 *
 * @param pid 0 for the idle task
 * @param comm its name, at most 15 characters
 * @param uid its effective user id
 * @param stack its kernel stack
 * @param hasMm whether it has a user address space; kernel threads have none
 * @param preemptCount how often it has disabled preemption, held spinlocks included
 */
public record CurrentTask(
    int pid, String comm, int uid, KernelStack stack, boolean hasMm, int preemptCount) {
  /** The idle task, which runs until there are others. */
  public static final CurrentTask SWAPPER =
      new CurrentTask(0, "swapper/0", 0, new KernelStack(0, 0), false, 0);
}
