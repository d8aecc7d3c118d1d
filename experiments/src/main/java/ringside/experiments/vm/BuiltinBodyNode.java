package ringside.experiments.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.RootNode;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/** Kernel code in Java that runs once and need not be fast: a fault's built-in lane. */
public final class BuiltinBodyNode extends RootNode {
  private final LongBinaryOperator body;
  private final String name;

  /**
   * Makes the code.
   *
   * @param body takes the hook's first two arguments, returns the verdict
   */
  public BuiltinBodyNode(
      @Nullable TruffleLanguage<?> language, String name, LongBinaryOperator body) {
    super(language);
    this.name = name;
    this.body = body;
  }

  @Override
  public Object execute(VirtualFrame frame) {
    Object[] arguments = frame.getArguments();
    return run((long) arguments[0], (long) arguments[1]);
  }

  @TruffleBoundary
  private long run(long first, long second) {
    return body.applyAsLong(first, second);
  }

  @Override
  public String getName() {
    return "builtin:" + name;
  }
}
