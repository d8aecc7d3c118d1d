package ringside.kernel.trap;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.cpu.RegisterFile;
import ringside.kernel.mm.Access;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.mm.PageTable;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.KernelSymbols;

/**
 * Runs Ring 0 code that the kernel cannot trust and deals with its faults as Linux does.
 *
 * <p>A fault in process context kills the task; in interrupt context, in the idle task or init, or
 * with {@code panic_on_oops}, it panics the kernel. Texts and their order are those of {@code
 * arch/riscv/mm/fault.c}, {@code arch/riscv/kernel/traps.c}, {@code kernel/exit.c} and {@code
 * kernel/panic.c} of Linux 6.12.
 */
public final class Traps {
  private static final int SIGSEGV = 11;

  /** {@code TASK_SIZE} of Sv39: where user addresses end. */
  private static final long TASK_SIZE = 1L << 38;

  private static final int OVERFLOW_STACK_SIZE = 4096;

  private static final int SP = 2;

  /** {@code struct pt_regs}, at the top of every kernel stack. */
  private static final int PT_SIZE_ON_STACK = 288;

  private final Printk printk;
  private final KernelSymbols symbols;
  private final BugTable bugs;
  private final CrashReport report;
  private final Taint taint = new Taint();
  private final boolean panicOnOops;
  private Supplier<CurrentTask> current = () -> CurrentTask.SWAPPER;
  private Supplier<RegisterFile> registers = () -> new RegisterFile(new long[32], 0, 0);
  private KernelState state = KernelState.RUNNING;
  private String lastPanic = "";
  private int dieCounter;
  private int warnings;
  private int interruptDepth;
  private int depth;

  /** The function of the kernel's own that runs, where one that may fault does; otherwise 0. */
  private long builtin;

  /**
   * Makes the handlers.
   *
   * @param memory where stacks and code are read for the reports
   * @param bugs the BUG()s in machine code
   * @param release {@code uname -r}
   */
  public Traps(
      Printk printk,
      KernelSymbols symbols,
      Memory memory,
      BugTable bugs,
      String release,
      boolean panicOnOops) {
    this.printk = printk;
    this.symbols = symbols;
    this.bugs = bugs;
    this.panicOnOops = panicOnOops;
    this.report = new CrashReport(printk, symbols, memory, taint, release, () -> current.get());
  }

  /** Says who is running when a fault comes. */
  public void setCurrent(Supplier<CurrentTask> supplier) {
    current = supplier;
  }

  /** Says where the registers are when a fault comes. */
  public void setRegisters(Supplier<RegisterFile> supplier) {
    registers = supplier;
  }

  /** Says which modules are loaded when a fault comes. */
  public void setModules(LoadedModules modules) {
    report.setModules(modules);
  }

  /** Who is running now. */
  public CurrentTask current() {
    return current.get();
  }

  /** What condition the kernel is in. */
  public KernelState state() {
    return state;
  }

  /** The taint flags. */
  public Taint taint() {
    return taint;
  }

  /** How many oopses there have been. */
  public int oopses() {
    return dieCounter;
  }

  /** How many {@code WARN()}s there have been. */
  public int warnings() {
    return warnings;
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
   * @throws KernelPanic where it faulted and the kernel is dead, or has been dead before
   */
  public long protect(LongSupplier code) {
    if (state == KernelState.PANICKED) {
      throw new KernelPanic(lastPanic);
    }
    depth++;
    try {
      return code.getAsLong();
    } catch (MemoryFault fault) {
      throw pageFault(fault.address(), fault.access());
    } catch (CpuTrap trap) {
      throw exception(trap);
    } finally {
      depth--;
      if (depth == 0) {
        builtin = 0;
      }
    }
  }

  /**
   * Runs code that is Java and as good as compiled into the kernel, so that reports can name it.
   *
   * <p>It has no instructions: a report shows the function's address as pc, the task's stack, and
   * zeros for what only machine code would have in registers.
   *
   * @param function its address in kernel text
   */
  public long runBuiltin(long function, LongSupplier code) {
    long caller = builtin;
    builtin = function;
    long result = code.getAsLong();
    // Not where it threw: the report comes after.
    builtin = caller;
    return result;
  }

  private RegisterFile registersNow() {
    if (builtin == 0) {
      return registers.get();
    }
    long[] x = new long[32];
    x[SP] = current.get().stack().top() - PT_SIZE_ON_STACK;
    return new RegisterFile(x, builtin, TrapFrame.SIE);
  }

  /**
   * Logs a fault of Ring 3 code that no handler of its own takes ({@code do_trap()}).
   *
   * @param line what names task, signal and address
   * @param saved its registers, with the sstatus that says Ring 3
   */
  @TruffleBoundary
  public void userFault(String line, RegisterFile saved, long badaddr, long cause) {
    printk.emit(Printk.INFO, line);
    report.userRegisters(saved, badaddr, cause);
  }

  /** Panics ({@code panic()}): logs it, and returns the exception to throw. */
  @TruffleBoundary
  public KernelPanic panic(String reason) {
    state = KernelState.PANICKED;
    lastPanic = reason;
    printk.emit(Printk.EMERG, "Kernel panic - not syncing: " + reason);
    // No second trace where the oops has printed one.
    if (!taint.has(Taint.Flag.DIE)) {
      dumpStack();
    }
    // With one CPU there are no others to stop, so Linux does not say "SMP: stopping secondary
    // CPUs" here.
    printk.emit(Printk.EMERG, "---[ end Kernel panic - not syncing: " + reason + " ]---");
    return new KernelPanic(reason);
  }

  /**
   * Reports a {@code WARN()} that machine code has just called, in the form that architectures with
   * a trapping {@code WARN} print.
   *
   * @param message what the caller adds, without newline, or an empty string
   */
  @TruffleBoundary
  public void warn(String file, int line, String message) {
    RegisterFile saved = registers.get();
    long place = saved.x()[1] - 4;
    TrapFrame frame =
        new TrapFrame(
            new RegisterFile(saved.x(), place, saved.status()), 0, CpuTrap.Cause.BREAKPOINT.code());
    printk.emit(Printk.WARNING, "------------[ cut here ]------------");
    if (!message.isEmpty()) {
      printk.emit(Printk.WARNING, message);
    }
    printk.emit(
        Printk.WARNING,
        "WARNING: CPU: 0 PID: %d at %s:%d %s"
            .formatted(current.get().pid(), file, line, symbols.lookup(place)));
    report.modules();
    report.registers(frame);
    report.backtrace(frame);
    printk.emit(Printk.WARNING, "---[ end trace 0000000000000000 ]---");
    taint.add(Taint.Flag.WARN);
    warnings++;
  }

  /** Logs who is running and from where, as {@code dump_stack()} does. */
  @TruffleBoundary
  public void dumpStack() {
    report.task();
    printk.emit(Printk.WARNING, "Call Trace:");
    report.backtrace(new TrapFrame(registersNow(), 0, 0));
  }

  /**
   * Reports a soft lockup as {@code watchdog_timer_fn()} does.
   *
   * @param seconds how long the CPU has been stuck
   */
  @TruffleBoundary
  public void softLockup(long seconds, boolean thenPanic) {
    CurrentTask task = current.get();
    printk.emit(
        Printk.EMERG,
        "watchdog: BUG: soft lockup - CPU#0 stuck for %ds! [%s:%d]"
            .formatted(seconds, task.comm(), task.pid()));
    report.modules();
    TrapFrame frame = new TrapFrame(registersNow(), 0, TrapFrame.TIMER_INTERRUPT);
    report.registers(frame);
    report.backtrace(frame);
    taint.add(Taint.Flag.SOFTLOCKUP);
    if (thenPanic) {
      throw panic("softlockup: hung tasks");
    }
  }

  /** Notes that the host took back control, and returns the exception to throw. */
  public KernelHang hang(String message) {
    state = KernelState.HUNG;
    return new KernelHang(message);
  }

  /** {@code handle_page_fault()} for a fault at Ring 0. */
  @TruffleBoundary
  private RuntimeException pageFault(long address, Access access) {
    long cause =
        switch (access) {
          case READ -> 13;
          case WRITE -> 15;
          case EXECUTE -> 12;
        };
    TrapFrame frame = new TrapFrame(registersNow(), address, cause);
    CurrentTask task = current.get();
    if (task.stack().overflowedAt(address)) {
      return stackOverflow(frame, task);
    }
    boolean user = address >= 0 && address < TASK_SIZE;
    String what;
    if (user && task.hasMm() && !inInterrupt() && task.preemptCount() == 0) {
      what = "access to user memory without uaccess routines";
    } else if (address >= 0 && address < PageTable.PAGE_SIZE) {
      what = "NULL pointer dereference";
    } else {
      what = "paging request";
    }
    printk.emit(
        Printk.ALERT,
        "Unable to handle kernel %s at virtual address %016x".formatted(what, address));
    return die(frame, "Oops", inInterrupt(), !frame.interruptsWereEnabled());
  }

  /** The {@code do_trap_*()} handlers. */
  @TruffleBoundary
  private RuntimeException exception(CpuTrap trap) {
    if (trap.cause() == CpuTrap.Cause.INSTRUCTION_PAGE_FAULT) {
      return pageFault(trap.value(), Access.EXECUTE);
    }
    String text =
        switch (trap.cause()) {
          case INSTRUCTION_ADDRESS_MISALIGNED -> "Oops - instruction address misaligned";
          case INSTRUCTION_ACCESS_FAULT -> "Oops - instruction access fault";
          case ILLEGAL_INSTRUCTION -> "Oops - illegal instruction";
          case BREAKPOINT -> "Kernel BUG";
          case LOAD_ADDRESS_MISALIGNED -> "Oops - load address misaligned";
          case STORE_ADDRESS_MISALIGNED -> "Oops - store (or AMO) address misaligned";
          case INSTRUCTION_PAGE_FAULT -> "Oops";
        };
    if (trap.cause() == CpuTrap.Cause.BREAKPOINT) {
      BugTable.Bug bug = bugs.find(trap.pc());
      if (bug != null) {
        printk.emit(Printk.WARNING, "------------[ cut here ]------------");
        printk.emit(Printk.CRIT, "kernel BUG at %s:%d!".formatted(bug.file(), bug.line()));
      }
    }
    RegisterFile saved = registers.get();
    TrapFrame frame =
        new TrapFrame(
            new RegisterFile(saved.x(), trap.pc(), saved.status()),
            trap.value(),
            trap.cause().code());
    // These handlers enter as an NMI would, which counts as interrupt context: always fatal.
    return die(frame, text, true, true);
  }

  /** {@code handle_bad_stack()}. */
  private RuntimeException stackOverflow(TrapFrame frame, CurrentTask task) {
    printk.emit(Printk.EMERG, "Insufficient stack space to handle exception!");
    printk.emit(
        Printk.EMERG,
        "Task stack:     [0x%016x..0x%016x]".formatted(task.stack().bottom(), task.stack().top()));
    long overflow = symbols.address("overflow_stack");
    printk.emit(
        Printk.EMERG,
        "Overflow stack: [0x%016x..0x%016x]".formatted(overflow, overflow + OVERFLOW_STACK_SIZE));
    report.registers(frame);
    return panic("Kernel stack overflow");
  }

  /** {@code die()}, then {@code make_task_dead()}. */
  private RuntimeException die(
      TrapFrame frame, String text, boolean interrupt, boolean interruptsDisabled) {
    dieCounter++;
    printk.emit(Printk.EMERG, "%s [#%d]".formatted(text, dieCounter));
    report.modules();
    report.registers(frame);
    report.backtrace(frame);
    report.code(frame);
    taint.add(Taint.Flag.DIE);
    printk.emit(Printk.WARNING, "---[ end trace 0000000000000000 ]---");
    if (interrupt) {
      return panic("Fatal exception in interrupt");
    }
    if (panicOnOops) {
      return panic("Fatal exception");
    }
    CurrentTask task = current.get();
    if (task.pid() == 0) {
      return panic("Attempted to kill the idle task!");
    }
    if (interruptsDisabled) {
      printk.emit(
          Printk.INFO, "note: %s[%d] exited with irqs disabled".formatted(task.comm(), task.pid()));
    }
    if (task.preemptCount() != 0) {
      printk.emit(
          Printk.INFO,
          "note: %s[%d] exited with preempt_count %d"
              .formatted(task.comm(), task.pid(), task.preemptCount()));
    }
    if (task.pid() == 1) {
      return panic("Attempted to kill init! exitcode=0x%08x".formatted(SIGSEGV));
    }
    state = KernelState.OOPSED;
    return new TaskKilled(SIGSEGV);
  }
}
