package ringside.ebpf.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.ebpf.isa.Opcodes;
import ringside.kernel.mm.Access;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.MemoryFault;

/**
 * The kernel stack that eBPF functions take their 512-byte frames from.
 *
 * <p>A frame is not cleared: what a function finds in it is what the last one left, as on Linux.
 */
final class ProgramStack {
  /** ra, fp, s1 to s4 and what the calling convention aligns them to. */
  private static final int SAVED_REGISTERS = 64;

  private final KernelStack stack;
  private long top;

  ProgramStack(KernelStack stack) {
    this.stack = stack;
    this.top = stack.top();
  }

  /** Takes a frame; returns the address behind its highest byte, which r10 holds. */
  long push() {
    return push(Opcodes.MAX_BPF_STACK);
  }

  /**
   * Takes what the call of a function costs that has no frame of its own, as saved registers do on
   * a real CPU: so endless recursion ends in the stack's guard page.
   */
  long pushRegisters() {
    return push(SAVED_REGISTERS);
  }

  private long push(int bytes) {
    long frame = top;
    long below = frame - bytes;
    if (below < stack.bottom()) {
      throw overflow(below);
    }
    top = below;
    return frame;
  }

  /** Gives back the frame that ends at {@code frame}, and all below it. */
  void pop(long frame) {
    top = frame;
  }

  @TruffleBoundary
  private static MemoryFault overflow(long address) {
    return new MemoryFault(address, Long.BYTES, Access.WRITE, null);
  }
}
