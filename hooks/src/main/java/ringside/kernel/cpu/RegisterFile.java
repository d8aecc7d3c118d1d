package ringside.kernel.cpu;

/**
 * The 32 integer registers and pc of one riscv hart, as {@code struct pt_regs} would save them.
 *
 * @param x registers x0–x31
 * @param pc the program counter ({@code epc})
 * @param status CSR sstatus
 */
@SuppressWarnings("ArrayRecordComponent") // a snapshot handed over once, never compared
public record RegisterFile(long[] x, long pc, long status) {}
