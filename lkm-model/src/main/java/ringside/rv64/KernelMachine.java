package ringside.rv64;

import org.jspecify.annotations.Nullable;
import ringside.kernel.Kernel;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Oracle;
import ringside.kernel.text.KernelCall;
import ringside.kernel.text.KernelSymbols;
import ringside.rv64.hart.Machine;

/** A kernel as its processor sees it. */
final class KernelMachine implements Machine {
  private final Kernel kernel;

  KernelMachine(Kernel kernel) {
    this.kernel = kernel;
  }

  @Override
  public Memory memory() {
    return kernel.guestMemory();
  }

  @Override
  public void retire(long instructions) {
    kernel.clock().retire(instructions);
  }

  @Override
  public long nanos() {
    return kernel.clock().nanos();
  }

  @Override
  public @Nullable KernelCall callAt(long address) {
    return kernel.symbols().callAt(address);
  }

  @Override
  public long currentTask() {
    return kernel.core().thisCpu().current();
  }

  @Override
  public long kernelStackTop() {
    return kernel.core().thisCpu().stackTop();
  }

  @Override
  public long kernelStackSize() {
    return KernelStack.SIZE;
  }

  @Override
  public @Nullable Oracle oracle() {
    return kernel.oracle();
  }

  @Override
  public String moduleAt(long address) {
    KernelSymbols.Symbol symbol = kernel.symbols().at(address);
    String module = symbol == null ? null : symbol.module();
    return module == null ? "code at 0x" + Long.toHexString(address) : module;
  }
}
