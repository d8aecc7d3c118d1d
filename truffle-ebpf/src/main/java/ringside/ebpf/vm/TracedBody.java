package ringside.ebpf.vm;

import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.instrumentation.InstrumentableNode;
import com.oracle.truffle.api.instrumentation.ProbeNode;
import com.oracle.truffle.api.instrumentation.StandardTags;
import com.oracle.truffle.api.instrumentation.Tag;
import com.oracle.truffle.api.nodes.Node;
import com.oracle.truffle.api.source.SourceSection;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The body of a function whose source is known: what tools see of the function as a whole.
 *
 * <p>Runs the same body as any other function until a tool asks for statements; then {@link
 * SteppedBody} takes its place.
 */
final class TracedBody extends BodyNode implements InstrumentableNode {
  private final SourceSection section;
  private final Supplier<BodyNode> stepped;
  private final boolean materialized;
  @Child private BodyNode body;

  /**
   * Makes the node.
   *
   * @param stepped makes the body that has a node for each statement
   */
  TracedBody(SourceSection section, BodyNode body, Supplier<BodyNode> stepped) {
    this(section, body, stepped, false);
  }

  private TracedBody(
      SourceSection section, BodyNode body, Supplier<BodyNode> stepped, boolean materialized) {
    this.section = section;
    this.body = body;
    this.stepped = stepped;
    this.materialized = materialized;
  }

  @Override
  int execute(VirtualFrame frame) {
    return body.execute(frame);
  }

  @Override
  public SourceSection getSourceSection() {
    return section;
  }

  @Override
  public boolean isInstrumentable() {
    return true;
  }

  @Override
  public boolean hasTag(Class<? extends Tag> tag) {
    return tag == StandardTags.RootTag.class || tag == StandardTags.RootBodyTag.class;
  }

  @Override
  public InstrumentableNode materializeInstrumentableNodes(Set<Class<? extends Tag>> tags) {
    return materialized || !tags.contains(StandardTags.StatementTag.class)
        ? this
        : new TracedBody(section, stepped.get(), stepped, true);
  }

  @Override
  public WrapperNode createWrapper(ProbeNode probe) {
    return new Wrapper(this, probe);
  }

  /** The body with a probe around it. */
  private static final class Wrapper extends BodyNode implements WrapperNode {
    @Child private BodyNode delegate;
    @Child private ProbeNode probe;

    Wrapper(BodyNode delegate, ProbeNode probe) {
      this.delegate = delegate;
      this.probe = probe;
    }

    @Override
    int execute(VirtualFrame frame) {
      while (true) {
        boolean returned = false;
        try {
          probe.onEnter(frame);
          int way = delegate.execute(frame);
          returned = true;
          probe.onReturnValue(frame, frame.getLongStatic(0));
          return way;
        } catch (Throwable thrown) {
          Object action = probe.onReturnExceptionalOrUnwind(frame, thrown, returned);
          if (Objects.equals(action, ProbeNode.UNWIND_ACTION_REENTER)) {
            continue;
          }
          if (action != null) {
            return DispatchNode.EXIT;
          }
          throw thrown;
        }
      }
    }

    @Override
    public Node getDelegateNode() {
      return delegate;
    }

    @Override
    public ProbeNode getProbeNode() {
      return probe;
    }
  }
}
