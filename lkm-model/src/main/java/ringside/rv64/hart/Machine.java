package ringside.rv64.hart;

import org.jspecify.annotations.Nullable;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Oracle;
import ringside.kernel.text.KernelCall;

/** What a hart asks of the machine and kernel around it. */
public interface Machine {
  /** The memory that code is fetched from and data is accessed in. */
  Memory memory();

  /**
   * Takes note that {@code instructions} more have been retired, so that virtual time moves on.
   *
   * <p>It may run timers, which may call back into the hart, and it may throw a guest exception
   * that ends the run; the hart's registers are those of the interrupted instruction.
   */
  void retire(long instructions);

  /** Virtual time in nanoseconds since boot, as of the last {@link #retire}. */
  long nanos();

  /** The kernel function whose text starts at {@code address}, or null where there is none. */
  @Nullable KernelCall callAt(long address);

  /** The current task's {@code task_struct}, which the kernel keeps in register tp. */
  long currentTask();

  /** The first address above the current task's kernel stack, 16-byte aligned. */
  long kernelStackTop();

  /** Bytes in a kernel stack ({@code THREAD_SIZE}). */
  long kernelStackSize();

  /** The oracle that is told which module's code runs, or null where none watches. */
  default @Nullable Oracle oracle() {
    return null;
  }

  /** The name of the module whose code is at {@code address}, for the oracle. */
  default String moduleAt(long address) {
    return "";
  }
}
