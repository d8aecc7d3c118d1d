package ringside.experiments.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.CompilerDirectives.CompilationFinal;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.LoopNode;
import com.oracle.truffle.api.nodes.RootNode;
import org.jspecify.annotations.Nullable;

/**
 * Fires a hook for each of a list of events and returns a digest of the verdicts.
 *
 * <p>A root node, so that hook and extension inline into the loop as they do into the kernel
 * function that owns the hook: what is timed is the extension, not the way from the host into the
 * guest.
 */
public final class EventLoopNode extends RootNode {
  @CompilationFinal(dimensions = 0)
  private final Object[][] events;

  @Child private DirectCallNode call;

  /**
   * Prepares the loop.
   *
   * @param hook the hook's dispatch
   * @param events the arguments of each firing
   */
  public EventLoopNode(@Nullable TruffleLanguage<?> language, CallTarget hook, Object[][] events) {
    super(language);
    this.events = events;
    this.call = DirectCallNode.create(hook);
    this.call.forceInlining();
  }

  @Override
  public Object execute(VirtualFrame frame) {
    long digest = 0;
    for (Object[] event : events) {
      digest = digest * 31 + (long) call.call(event);
    }
    // So that the runtime compiles after a number of events rather than of passes.
    LoopNode.reportLoopCount(this, events.length);
    return digest;
  }

  @Override
  public String getName() {
    return "event-loop";
  }
}
