package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.RootNode;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.ProgramThrow;

/**
 * The entry of a program that tail-calls or may throw: where its count starts and exceptions end.
 *
 * <p>Takes the context's address as a boxed long, and a second argument where it is tail-called.
 */
final class ProgramRootNode extends RootNode {
  private final String name;
  private final TailCalls tailCalls;
  @Child private DirectCallNode main;
  @Child private @Nullable DirectCallNode exceptionCallback;

  /**
   * Makes the root.
   *
   * @param exceptionCallback takes the cookie as r1; null where the cookie is the result
   */
  ProgramRootNode(
      EbpfLanguage language,
      String name,
      TailCalls tailCalls,
      CallTarget main,
      @Nullable CallTarget exceptionCallback) {
    super(language);
    this.name = name;
    this.tailCalls = tailCalls;
    this.main = DirectCallNode.create(main);
    this.main.forceInlining();
    this.exceptionCallback =
        exceptionCallback == null ? null : DirectCallNode.create(exceptionCallback);
  }

  @Override
  public Object execute(VirtualFrame frame) {
    Object[] arguments = frame.getArguments();
    if (arguments.length > 1) {
      return run(arguments[0]);
    }
    int outer = tailCalls.enter();
    try {
      return run(arguments[0]);
    } finally {
      tailCalls.leave(outer);
    }
  }

  private Object run(Object context) {
    try {
      return main.call(context);
    } catch (ProgramThrow thrown) {
      DirectCallNode callback = exceptionCallback;
      return callback == null ? thrown.cookie() : callback.call(thrown.cookie(), 0L, 0L, 0L, 0L);
    }
  }

  @Override
  public String getName() {
    return name;
  }
}
