package ringside.rv64.vm;

import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import com.oracle.truffle.api.nodes.RootNode;
import org.jspecify.annotations.Nullable;
import ringside.rv64.hart.Hart;

/**
 * How the kernel and its hooks call one piece of Ring 0 machine code: boxed longs in, a boxed long
 * out.
 */
public final class EntryRootNode extends RootNode {
  private static final int A0 = 10;
  private static final int IN_REGISTERS = 8;

  private final Hart hart;
  private final long address;
  @Child private CallSite site;

  /** Makes the entry to the code at {@code address}, which is looked up when first called. */
  public EntryRootNode(CodeCache code, long address) {
    super(code.language());
    this.hart = code.hart();
    this.address = address;
    this.site = new CallSite(code);
  }

  @Override
  public Object execute(VirtualFrame frame) {
    Hart.@Nullable Saved saved = hart.enterKernelCall();
    try {
      pass(frame.getArguments());
      return hart.watched() ? watched(frame.getArguments().length) : call();
    } finally {
      hart.leaveKernelCall(saved);
    }
  }

  private long call() {
    site.callFromKernel(address);
    return hart.x[A0];
  }

  private long watched(int arguments) {
    hart.tellOracle(address, Math.min(arguments, IN_REGISTERS));
    try {
      return call();
    } finally {
      hart.tellOracleOfEnd();
    }
  }

  @ExplodeLoop
  private void pass(Object[] arguments) {
    for (int i = 0; i < IN_REGISTERS; i++) {
      if (i < arguments.length) {
        hart.x[A0 + i] = (long) arguments[i];
      }
    }
  }

  @Override
  public String getName() {
    return "call 0x" + Long.toHexString(address);
  }

  @Override
  public String toString() {
    return getName();
  }
}
