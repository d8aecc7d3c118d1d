package ringside.kernel.cpu;

import com.oracle.truffle.api.CallTarget;

/**
 * Executes machine code for the kernel, which itself is written in Java and knows no instruction
 * set.
 *
 * <p>One CPU belongs to one kernel. Faults come out as {@link ringside.kernel.mm.MemoryFault} or
 * {@link CpuTrap}; the kernel decides what becomes of them.
 */
public interface Cpu {
  /**
   * Calls kernel-mode code on the current task's kernel stack.
   *
   * @param address the entry point, in the module area (or wherever a wild pointer leads)
   * @param arguments at most eight integers, into a0–a7
   * @return a0
   */
  long call(long address, long... arguments);

  /**
   * A call target for kernel-mode code that a hook can inline.
   *
   * <p>It takes boxed longs (a0, a1, …) and returns a boxed long (a0).
   */
  CallTarget callTarget(long address);

  /**
   * Runs Ring 3 code until it traps or has retired {@code budget} instructions.
   *
   * @param context registers and pc; updated in place
   * @return why it stopped
   */
  UserExit runUser(UserContext context, long budget);

  /** Whether kernel-mode code can be interrupted now ({@code sstatus.SIE}). */
  default boolean interruptsEnabled() {
    return true;
  }

  /** The registers as of the last kernel-mode trap or call out, for an oops; a copy. */
  RegisterFile registers();

  /**
   * Forgets what it has decoded of an address range, whose code has been changed or unmapped.
   *
   * <p>A processor that decodes every instruction anew has nothing to do.
   *
   * @param to the first address behind the range
   */
  default void flushInstructionCache(long from, long to) {}
}
