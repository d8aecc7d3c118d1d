package ringside.ebpf.vm;

import com.oracle.truffle.api.frame.Frame;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.instrumentation.InstrumentableNode;
import com.oracle.truffle.api.instrumentation.ProbeNode;
import com.oracle.truffle.api.instrumentation.StandardTags;
import com.oracle.truffle.api.instrumentation.Tag;
import com.oracle.truffle.api.interop.NodeLibrary;
import com.oracle.truffle.api.interop.UnsupportedMessageException;
import com.oracle.truffle.api.library.ExportLibrary;
import com.oracle.truffle.api.library.ExportMessage;
import com.oracle.truffle.api.nodes.Node;
import com.oracle.truffle.api.source.SourceSection;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import ringside.kernel.mm.Memory;

/** The instructions of one source statement. */
abstract class StatementNode extends Node {
  /** Whether it has the instruction at {@code pc}. */
  abstract boolean covers(int pc);

  /** Runs from {@code pc} until the statement is left; returns where to go on. */
  abstract int execute(VirtualFrame frame, int pc);

  /** The statement itself. */
  @ExportLibrary(NodeLibrary.class)
  static final class Plain extends StatementNode implements InstrumentableNode {
    private final @Nullable SourceSection section;
    private final int from;
    private final int to;
    private final Memory memory;
    @Child private DispatchNode dispatch;

    /**
     * Makes the node for slots {@code from} to {@code to}.
     *
     * @param section null for instructions that no source line stands for
     */
    Plain(@Nullable SourceSection section, int from, int to, Memory memory, DispatchNode dispatch) {
      this.section = section;
      this.from = from;
      this.to = to;
      this.memory = memory;
      this.dispatch = dispatch;
    }

    @Override
    boolean covers(int pc) {
      return pc >= from && pc < to;
    }

    @Override
    int execute(VirtualFrame frame, int pc) {
      return dispatch.runFrom(frame, pc);
    }

    @Override
    public @Nullable SourceSection getSourceSection() {
      return section;
    }

    @Override
    public boolean isInstrumentable() {
      return section != null;
    }

    @Override
    public boolean hasTag(Class<? extends Tag> tag) {
      return tag == StandardTags.StatementTag.class;
    }

    @Override
    public WrapperNode createWrapper(ProbeNode probe) {
      return new Wrapper(this, probe);
    }

    @ExportMessage
    boolean hasScope(@Nullable Frame frame) {
      return frame != null;
    }

    @ExportMessage
    Object getScope(@Nullable Frame frame, boolean nodeEnter) throws UnsupportedMessageException {
      if (frame == null) {
        throw UnsupportedMessageException.create();
      }
      return new Registers(frame.materialize(), memory, getRootNode().getName());
    }
  }

  /** A statement with a probe around it. */
  private static final class Wrapper extends StatementNode
      implements InstrumentableNode.WrapperNode {
    @Child private StatementNode delegate;
    @Child private ProbeNode probe;

    Wrapper(StatementNode delegate, ProbeNode probe) {
      this.delegate = delegate;
      this.probe = probe;
    }

    @Override
    boolean covers(int pc) {
      return delegate.covers(pc);
    }

    @Override
    int execute(VirtualFrame frame, int pc) {
      while (true) {
        boolean returned = false;
        try {
          probe.onEnter(frame);
          int next = delegate.execute(frame, pc);
          returned = true;
          probe.onReturnValue(frame, next);
          return next;
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
