package ringside.rv64.vm;

import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.nodes.Node;
import org.jspecify.annotations.Nullable;
import ringside.rv64.hart.Hart;

/**
 * One place that calls, and waits for control to come back to the address behind it.
 *
 * <p>A callee may leave by a tail call, a jump through a table, or a return to anywhere. So until
 * pc is the return address, whatever is at pc runs next (a trampoline), on this same host frame.
 */
final class CallSite extends Node {
  private final CodeCache code;
  private final Hart hart;
  @Child private DispatchNode first;
  @Child private @Nullable DispatchNode onward;

  CallSite(CodeCache code) {
    this.code = code;
    this.hart = code.hart();
    this.first = new DispatchNode(code);
  }

  /**
   * Calls {@code target}, the registers being written back.
   *
   * @return whether control came back to {@code returnAddress}; otherwise the caller must leave too
   */
  boolean call(long target, long returnAddress) {
    int depth = hart.depth;
    if (depth >= Hart.MAX_DEPTH) {
      hart.pc = target;
      hart.exit = Hart.COLLAPSE;
      return false;
    }
    hart.depth = depth + 1;
    first.execute(target);
    if (hart.pc != returnAddress || hart.exit != Hart.RUNNING) {
      goOn(returnAddress);
    }
    hart.depth = depth;
    if (hart.watched()) {
      hart.tellOracleOfReturn();
    }
    return hart.pc == returnAddress && hart.exit == Hart.RUNNING;
  }

  /** Calls {@code target} for the kernel: comes back only when the code returns to it. */
  void callFromKernel(long target) {
    first.execute(target);
    while (true) {
      if (hart.exit == Hart.COLLAPSE) {
        hart.exit = Hart.RUNNING;
        hart.depth = 0;
      }
      if (hart.pc == Hart.RETURN_TO_KERNEL) {
        return;
      }
      onward().execute(hart.pc);
    }
  }

  private void goOn(long returnAddress) {
    while (hart.exit == Hart.RUNNING
        && hart.pc != returnAddress
        && hart.pc != Hart.RETURN_TO_KERNEL) {
      onward().execute(hart.pc);
    }
  }

  private DispatchNode onward() {
    DispatchNode node = onward;
    if (node == null) {
      CompilerDirectives.transferToInterpreterAndInvalidate();
      node = insert(new DispatchNode(code));
      onward = node;
    }
    return node;
  }
}
