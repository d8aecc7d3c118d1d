package ringside.hook.vm;

import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import com.oracle.truffle.api.nodes.RootNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.hook.Attachment;
import ringside.hook.VerdictPolicy;

/** One hook's dispatch, compiled together with what is attached, as a BPF trampoline is. */
public final class HookRootNode extends RootNode {
  private final String name;
  private final VerdictPolicy policy;
  @Children private final DirectCallNode[] calls;

  /** Builds the dispatch for the given attachments, in their order. */
  public HookRootNode(
      @Nullable TruffleLanguage<?> language,
      String name,
      VerdictPolicy policy,
      List<Attachment> attachments) {
    super(language);
    this.name = name;
    this.policy = policy;
    this.calls = new DirectCallNode[attachments.size()];
    for (int i = 0; i < calls.length; i++) {
      calls[i] = DirectCallNode.create(attachments.get(i).target());
      calls[i].forceInlining();
    }
  }

  @Override
  @ExplodeLoop
  public Object execute(VirtualFrame frame) {
    Object[] arguments = frame.getArguments();
    long neutral = policy.neutral();
    for (DirectCallNode call : calls) {
      long verdict = (long) call.call(arguments);
      if (policy == VerdictPolicy.SINGLE) {
        return verdict;
      }
      if (policy == VerdictPolicy.NETFILTER && verdict != neutral) {
        return verdict;
      }
    }
    return neutral;
  }

  @Override
  public String getName() {
    return "hook:" + name;
  }

  @Override
  public String toString() {
    return getName();
  }
}
