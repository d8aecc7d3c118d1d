package ringside.rv64;

import org.jspecify.annotations.Nullable;
import ringside.kernel.Kernel;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelCall;
import ringside.rv64.hart.Machine;

/** A kernel as its processor sees it. */
final class KernelMachine implements Machine {
  private final Kernel kernel;
  private @Nullable KernelStack bootStack;

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
    return 0;
  }

  @Override
  public long kernelStackTop() {
    long top = kernel.core().traps().current().stack().top();
    return top != 0 ? top : bootStackTop();
  }

  @Override
  public long kernelStackSize() {
    return KernelStack.SIZE;
  }

  /** The stack of the idle task, which has none of the kernel's making. */
  private long bootStackTop() {
    KernelStack stack = bootStack;
    if (stack == null) {
      stack = kernel.core().allocateStack();
      if (stack == null) {
        throw new IllegalStateException("no memory for the boot stack: give the kernel more RAM");
      }
      bootStack = stack;
    }
    return stack.top();
  }
}
