package ringside.kernel.trap;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import ringside.kernel.cpu.RegisterFile;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.KernelSymbols;

/**
 * Writes the parts that oopses, panics and lockup reports are made of.
 *
 * <p>Formats are those of {@code arch/riscv/kernel/{process,stacktrace,traps}.c}, {@code
 * lib/dump_stack.c} and {@code kernel/module/main.c} of Linux 6.12.
 */
final class CrashReport {
  /** The level of text that is printed without one ({@code KERN_DEFAULT}). */
  private static final int DEFAULT = Printk.WARNING;

  private static final String[] ROWS = {
    "gp 3 tp 4 t0 5", "t1 6 t2 7 s0 8", "s1 9 a0 10 a1 11", "a2 12 a3 13 a4 14",
    "a5 15 a6 16 a7 17", "s2 18 s3 19 s4 20", "s5 21 s6 22 s7 23", "s8 24 s9 25 s10 26",
    "s11 27 t3 28 t4 29", "t5 30 t6 31"
  };

  private static final int RA = 1;
  private static final int SP = 2;
  private static final int FP = 8;

  private final Printk printk;
  private final KernelSymbols symbols;
  private final Memory memory;
  private final Taint taint;
  private final String release;
  private final Supplier<CurrentTask> current;
  private LoadedModules modules = LoadedModules.NONE;

  CrashReport(
      Printk printk,
      KernelSymbols symbols,
      Memory memory,
      Taint taint,
      String release,
      Supplier<CurrentTask> current) {
    this.printk = printk;
    this.symbols = symbols;
    this.memory = memory;
    this.taint = taint;
    this.release = release;
    this.current = current;
  }

  void setModules(LoadedModules loaded) {
    modules = loaded;
  }

  /** {@code print_modules()}. */
  void modules() {
    StringBuilder line = new StringBuilder("Modules linked in:");
    for (String module : modules.loaded()) {
      line.append(' ').append(module);
    }
    if (!modules.lastUnloaded().isEmpty()) {
      line.append(" [last unloaded: ").append(modules.lastUnloaded()).append(']');
    }
    printk.emit(DEFAULT, line.toString());
  }

  /** {@code dump_stack_print_info()}. */
  void task() {
    CurrentTask task = current.get();
    printk.emit(
        DEFAULT,
        "CPU: 0 UID: %s PID: %d Comm: %s %s %s #1"
            .formatted(
                Integer.toUnsignedString(task.uid()),
                task.pid(),
                task.comm(),
                taint.describe(),
                release));
    if (taint.mask() != 0) {
      printk.emit(DEFAULT, taint.describeVerbose());
    }
    printk.emit(DEFAULT, "Hardware name: ringside,virt (DT)");
  }

  /** {@code __show_regs()} of a trap from Ring 0. */
  void registers(TrapFrame frame) {
    task();
    printk.emit(DEFAULT, "epc : " + symbols.lookup(frame.pc()));
    printk.emit(DEFAULT, " ra : " + symbols.lookup(frame.x(RA)));
    registers(frame, frame.status());
  }

  /** {@code __show_regs()} of a trap from Ring 3, whose addresses have no symbols. */
  void userRegisters(RegisterFile saved, long badaddr, long cause) {
    task();
    registers(new TrapFrame(saved, badaddr, cause), saved.status());
  }

  private void registers(TrapFrame frame, long status) {
    printk.emit(
        DEFAULT,
        "epc : %016x ra : %016x sp : %016x".formatted(frame.pc(), frame.x(RA), frame.x(SP)));
    for (String row : ROWS) {
      String[] words = row.split(" ", -1);
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < words.length; i += 2) {
        line.append(
            String.format(
                Locale.ROOT, " %-3s: %016x", words[i], frame.x(Integer.parseInt(words[i + 1]))));
      }
      printk.emit(DEFAULT, line.toString());
    }
    printk.emit(
        DEFAULT,
        "status: %016x badaddr: %016x cause: %016x"
            .formatted(status, frame.badaddr(), frame.cause()));
  }

  /** {@code dump_backtrace()}: a line for each return address that the frame pointers lead to. */
  void backtrace(TrapFrame frame) {
    for (long address : frames(frame)) {
      printk.emit(DEFAULT, "[<%016x>] %s".formatted(address, symbols.lookup(address)));
    }
  }

  /** {@code walk_stackframe()}. */
  List<Long> frames(TrapFrame frame) {
    List<Long> found = new ArrayList<>();
    long fp = frame.x(FP);
    long sp = frame.x(SP);
    long pc = frame.pc();
    while (symbols.isText(pc)) {
      found.add(pc);
      long high = (sp + KernelStack.SIZE - 1) / KernelStack.SIZE * KernelStack.SIZE;
      // fp holds the caller's sp; the saved fp and ra stand in the two words below it.
      if (fp < sp + 16 || fp > high(sp, high) || (fp & 7) != 0) {
        break;
      }
      if (!memory.allows(fp - 16, 16, PageTable.READ)) {
        break;
      }
      long savedFp = memory.readLong(fp - 16);
      long savedRa = memory.readLong(fp - 8);
      sp = fp;
      if (pc == frame.pc() && (savedFp & 7) != 0) {
        // A leaf function that saves no ra: its slot holds what the leaf's caller has.
        fp = savedRa;
        pc = frame.x(RA);
      } else {
        fp = savedFp;
        pc = savedRa;
      }
    }
    return found;
  }

  /** Where the stack that {@code sp} lies on ends, by the task's stack or by alignment. */
  private long high(long sp, long aligned) {
    KernelStack stack = current.get().stack();
    return sp >= stack.bottom() && sp <= stack.top() ? stack.top() : aligned;
  }

  /** {@code dump_kernel_instr()}: ten parcels before the instruction and two from it on. */
  void code(TrapFrame frame) {
    StringBuilder line = new StringBuilder("Code: ");
    for (int i = -10; i < 2; i++) {
      long address = frame.pc() + 2L * i;
      if (!memory.allows(address, 2, PageTable.READ) || address >= 0) {
        printk.emit(
            Printk.EMERG, "Code: Unable to access instruction at 0x%016x.".formatted(address));
        return;
      }
      int parcel = memory.readShort(address) & 0xffff;
      line.append((i == 0 ? "(%04x) " : "%04x ").formatted(parcel));
    }
    printk.emit(Printk.EMERG, line.toString());
  }
}
