package ringside.kernel.trap;

import ringside.kernel.cpu.RegisterFile;

/**
 * What the CPU saved when it trapped: {@code struct pt_regs} on riscv.
 *
 * @param registers x0–x31, pc and sstatus at the trap
 * @param badaddr CSR stval
 * @param cause CSR scause
 */
record TrapFrame(RegisterFile registers, long badaddr, long cause) {
  /** sstatus: interrupts are enabled. */
  static final long SIE = 0x2;

  private static final long SPIE = 0x20;
  private static final long SPP = 0x100;
  private static final long UXL_64 = 0x2_0000_0000L;

  /** {@code scause} of the supervisor timer interrupt. */
  static final long TIMER_INTERRUPT = 0x8000_0000_0000_0005L;

  long pc() {
    return registers.pc();
  }

  long x(int number) {
    return registers.x()[number];
  }

  /** Whether interrupts were enabled when the trap was taken. */
  boolean interruptsWereEnabled() {
    return (registers.status() & (SIE | SPIE)) != 0;
  }

  /** CSR sstatus as the trap left it: from Ring 0, interrupts off, whether they were on in SPIE. */
  long status() {
    return UXL_64 | SPP | (interruptsWereEnabled() ? SPIE : 0);
  }
}
