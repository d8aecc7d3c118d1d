package ringside.experiments.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.RootNode;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An attachment that shows each event to the host and answers with the hook's neutral verdict. */
public final class RecorderNode extends RootNode {
  private final Consumer<Object[]> sink;
  private final long verdict;

  /**
   * Makes a recorder.
   *
   * @param sink gets the hook's arguments; they are valid only during the call
   * @param verdict what it answers
   */
  public RecorderNode(
      @Nullable TruffleLanguage<?> language, Consumer<Object[]> sink, long verdict) {
    super(language);
    this.sink = sink;
    this.verdict = verdict;
  }

  @Override
  public Object execute(VirtualFrame frame) {
    record(frame.getArguments().clone());
    return verdict;
  }

  @TruffleBoundary
  private void record(Object[] arguments) {
    sink.accept(arguments);
  }

  @Override
  public String getName() {
    return "recorder";
  }
}
