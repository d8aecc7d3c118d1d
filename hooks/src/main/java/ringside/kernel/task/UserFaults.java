package ringside.kernel.task;

import ringside.kernel.core.KernelCore;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.cpu.RegisterFile;
import ringside.kernel.mm.Access;

/** What Ring 3 code that faults is told: the handlers of {@code arch/riscv/kernel/traps.c}. */
final class UserFaults {
  private static final int SEGV_MAPERR = 1;
  private static final int SEGV_ACCERR = 2;
  private static final int ILL_ILLOPC = 1;
  private static final int BUS_ADRALN = 1;
  private static final int CAUSE_LOAD_PAGE_FAULT = 13;
  private static final int CAUSE_STORE_PAGE_FAULT = 15;

  private final KernelCore core;

  UserFaults(KernelCore core) {
    this.core = core;
  }

  /** A load, store or fetch that the page table refuses; returns the signal. */
  int pageFault(Task task, AddressSpace space, long address, Access access) {
    long cause =
        switch (access) {
          case READ -> CAUSE_LOAD_PAGE_FAULT;
          case WRITE -> CAUSE_STORE_PAGE_FAULT;
          case EXECUTE -> CpuTrap.Cause.INSTRUCTION_PAGE_FAULT.code();
        };
    int code = space.table().entry(address) != 0 ? SEGV_ACCERR : SEGV_MAPERR;
    return report(task, space, Signal.SIGSEGV, code, address, address, cause);
  }

  /** Any other exception; returns the signal. */
  int exception(Task task, AddressSpace space, CpuTrap trap) {
    int cause = trap.cause().code();
    long pc = trap.pc();
    return switch (trap.cause()) {
      case INSTRUCTION_PAGE_FAULT -> pageFault(task, space, trap.value(), Access.EXECUTE);
      case INSTRUCTION_ACCESS_FAULT ->
          report(task, space, Signal.SIGSEGV, SEGV_ACCERR, pc, trap.value(), cause);
      case INSTRUCTION_ADDRESS_MISALIGNED, LOAD_ADDRESS_MISALIGNED, STORE_ADDRESS_MISALIGNED ->
          report(task, space, Signal.SIGBUS, BUS_ADRALN, pc, trap.value(), cause);
      case ILLEGAL_INSTRUCTION ->
          report(task, space, Signal.SIGILL, ILL_ILLOPC, pc, trap.value(), cause);
      case BREAKPOINT -> Signal.SIGTRAP; // handle_break() logs nothing
    };
  }

  /** {@code do_trap()}. */
  private int report(
      Task task, AddressSpace space, int signal, int code, long address, long badaddr, long cause) {
    long pc = task.context().pc;
    StringBuilder line = new StringBuilder();
    line.append(
        "%s[%d]: unhandled signal %d code 0x%x at 0x%016x"
            .formatted(task.comm(), task.pid(), signal, code, address));
    for (AddressSpace.Area area : space.areas()) {
      // print_vma_addr(): only of file mappings.
      if (pc >= area.start() && pc < area.end() && !area.name().startsWith("[")) {
        String name = area.name().substring(area.name().lastIndexOf('/') + 1);
        line.append(
            " in %s[%x,%x+%x]"
                .formatted(name, pc - area.start(), area.start(), area.end() - area.start()));
      }
    }
    RegisterFile registers = new RegisterFile(task.context().x.clone(), pc, TaskLayout.STATUS_USER);
    core.traps().userFault(line.toString(), registers, badaddr, cause);
    return signal;
  }
}
