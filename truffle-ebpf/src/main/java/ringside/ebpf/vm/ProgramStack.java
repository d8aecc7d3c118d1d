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
  private final KernelStack stack;
  private long top;

  ProgramStack(KernelStack stack) {
    this.stack = stack;
    this.top = stack.top();
  }

  /** Takes a frame; returns the address behind its highest byte, which r10 holds. */
  long push() {
    long frame = top;
    long below = frame - Opcodes.MAX_BPF_STACK;
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
