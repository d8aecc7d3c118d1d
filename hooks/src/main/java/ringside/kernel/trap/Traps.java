package ringside.kernel.trap;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.printk.Printk;

/**
 * Runs Ring 0 code that the kernel cannot trust and deals with its faults as Linux does.
 *
 * <p>A fault in process context kills the task; in interrupt context, in the idle task or init, or
 * with {@code panic_on_oops}, it panics the kernel.
 */
public final class Traps {
  private static final int SIGSEGV = 11;

  private final Printk printk;
  private final Taint taint = new Taint();
  private final boolean panicOnOops;
  private Supplier<CurrentTask> current = () -> CurrentTask.SWAPPER;
  private KernelState state = KernelState.RUNNING;
  private int interruptDepth;
  private int depth;

  /** Makes the handlers, which log to {@code printk}. */
  public Traps(Printk printk, boolean panicOnOops) {
    this.printk = printk;
    this.panicOnOops = panicOnOops;
  }

  /** Says who is running when a fault comes. */
  public void setCurrent(Supplier<CurrentTask> supplier) {
    current = supplier;
  }

  /** What condition the kernel is in. */
  public KernelState state() {
    return state;
  }

  /** The taint flags. */
  public Taint taint() {
    return taint;
  }

  /** Whether guest code is running under {@link #protect} now. */
  public boolean active() {
    return depth > 0;
  }

  /** Whether the kernel handles an interrupt (hard or soft) now. */
  public boolean inInterrupt() {
    return interruptDepth > 0;
  }

  /** Enters interrupt context, {@link #exitInterrupt} leaves it; they nest. */
  public void enterInterrupt() {
    interruptDepth++;
  }

  /** Leaves interrupt context. */
  public void exitInterrupt() {
    interruptDepth--;
  }

  /**
   * Runs guest code at Ring 0.
   *
   * @throws TaskKilled where it faulted in process context and the current task is dead
   * @throws KernelPanic where it faulted and the kernel is dead
   */
  public long protect(LongSupplier code) {
    depth++;
    try {
      return code.getAsLong();
    } catch (MemoryFault fault) {
      throw oops(fault);
    } catch (CpuTrap trap) {
      throw oops(trap);
    } finally {
      depth--;
    }
  }

  /** Panics: logs it, and returns the exception to throw. */
  @TruffleBoundary
  public KernelPanic panic(String reason) {
    state = KernelState.PANICKED;
    printk.emit(Printk.EMERG, "Kernel panic - not syncing: " + reason);
    printk.emit(Printk.EMERG, "---[ end Kernel panic - not syncing: " + reason + " ]---");
    return new KernelPanic(reason);
  }

  @TruffleBoundary
  private RuntimeException oops(RuntimeException fault) {
    printk.emit(Printk.ALERT, String.valueOf(fault.getMessage()));
    taint.add(Taint.Flag.DIE);
    if (inInterrupt()) {
      return panic("Fatal exception in interrupt");
    }
    if (panicOnOops) {
      return panic("Fatal exception");
    }
    if (current.get().pid() <= 1) {
      return panic("Attempted to kill init! exitcode=0x0000000b");
    }
    state = KernelState.OOPSED;
    return new TaskKilled(SIGSEGV);
  }
}
