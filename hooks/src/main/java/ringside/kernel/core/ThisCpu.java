package ringside.kernel.core;

import org.jspecify.annotations.Nullable;
import ringside.kernel.mm.PageTable;

/**
 * What the kernel keeps in the per-CPU variables of its only CPU: who runs, and on which stack.
 *
 * <p>Engines read it when they enter Ring 0 code: {@code current} becomes tp, the stack top sp.
 */
public final class ThisCpu {
  private long current;
  private long stackTop;
  private @Nullable PageTable userTable;

  /** The address of the running task's {@code task_struct}; 0 before there are tasks. */
  public long current() {
    return current;
  }

  /**
   * Where Ring 0 code that is called now starts its stack: 16-byte aligned, below the {@code
   * pt_regs} of the task; 0 before there are tasks.
   */
  public long stackTop() {
    return stackTop;
  }

  /**
   * The running task's user address space, or null where it has none.
   *
   * <p>It is installed in memory only while Ring 3 code runs and within uaccess functions: Ring 0
   * cannot reach user memory otherwise, as with {@code sstatus.SUM} clear.
   */
  public @Nullable PageTable userTable() {
    return userTable;
  }

  /** Makes another task the running one. */
  public void switchTo(long task, long top, @Nullable PageTable user) {
    current = task;
    stackTop = top;
    userTable = user;
  }
}
