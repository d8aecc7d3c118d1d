package ringside.rv64.hart;

import java.util.Arrays;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.CallArgs;

/**
 * The arguments of a call from machine code, by the integer calling convention of RISC-V: a0–a7,
 * then doublewords from sp upwards.
 *
 * <p>A snapshot of the registers: the callee may call machine code itself before it reads them all.
 */
final class RegisterArguments implements CallArgs {
  private static final int A0 = 10;
  private static final int IN_REGISTERS = 8;

  private final Memory memory;
  private final long sp;
  private final long[] values;

  RegisterArguments(Memory memory, long[] x) {
    this.memory = memory;
    this.sp = x[2];
    this.values = Arrays.copyOfRange(x, A0, A0 + IN_REGISTERS);
  }

  @Override
  public long get(int index) {
    return index < IN_REGISTERS
        ? values[index]
        : memory.readLong(sp + Long.BYTES * (long) (index - IN_REGISTERS));
  }
}
