package ringside.kernel.cpu;

/** Why Ring 3 execution came back to the kernel. */
public enum UserExit {
  /** {@code ecall}: number in a7, arguments in a0–a5; pc is that of the ecall. */
  SYSCALL,
  /** The instruction budget is used up. */
  PREEMPTED
}
