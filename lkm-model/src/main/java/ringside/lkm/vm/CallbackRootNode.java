package ringside.lkm.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.CompilerDirectives.CompilationFinal;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import com.oracle.truffle.api.nodes.RootNode;
import org.jspecify.annotations.Nullable;

/**
 * Calls a module's callback with one more argument in front of the hook's own.
 *
 * <p>That is what the kernel's callback tables hold beside the function: {@code priv} of a
 * netfilter hook, {@code data} of a tracepoint's probe, the {@code struct kprobe}. The callback
 * inlines.
 */
public final class CallbackRootNode extends RootNode {
  private final String name;
  private final long first;
  @CompilationFinal private final int arguments;
  @Child private DirectCallNode callback;

  /**
   * Makes the adapter.
   *
   * @param name the callback's symbol
   * @param callback takes boxed longs, returns a boxed long
   * @param first the argument in front
   * @param arguments how many the hook passes
   */
  public CallbackRootNode(
      @Nullable TruffleLanguage<?> language,
      String name,
      CallTarget callback,
      long first,
      int arguments) {
    super(language);
    this.name = name;
    this.first = first;
    this.arguments = arguments;
    this.callback = DirectCallNode.create(callback);
    this.callback.forceInlining();
  }

  @Override
  @ExplodeLoop
  public Object execute(VirtualFrame frame) {
    Object[] given = frame.getArguments();
    Object[] passed = new Object[arguments + 1];
    passed[0] = first;
    for (int i = 0; i < arguments; i++) {
      passed[i + 1] = given[i];
    }
    return callback.call(passed);
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  protected boolean isInstrumentable() {
    return false;
  }
}
