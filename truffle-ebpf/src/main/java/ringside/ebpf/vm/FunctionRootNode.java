package ringside.ebpf.vm;

import com.oracle.truffle.api.frame.FrameDescriptor;
import com.oracle.truffle.api.frame.FrameSlotKind;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.instrumentation.InstrumentableNode;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import com.oracle.truffle.api.nodes.Node;
import com.oracle.truffle.api.nodes.RootNode;
import com.oracle.truffle.api.source.SourceSection;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Opcodes;

/**
 * One function of an eBPF program.
 *
 * <p>Takes r1, r2, … as boxed longs and returns r0 as a boxed long.
 */
final class FunctionRootNode extends RootNode {
  /** {@code BPF_MAX_LOOPS}: how often {@code may_goto} falls through. */
  private static final long MAX_LOOPS = 8 * 1024 * 1024;

  private final String name;
  private final int arguments;
  private final StackUse stackUse;
  private final ProgramStack stack;
  private final TailCalls tailCalls;
  @Child private BodyNode body;
  @Child private TargetCallNode tail = new TargetCallNode();

  /** What a call of the function takes of the stack. */
  enum StackUse {
    NOTHING,
    REGISTERS,
    FRAME
  }

  /**
   * Makes the root.
   *
   * @param arguments how many registers the caller passes
   */
  FunctionRootNode(
      EbpfLanguage language,
      String name,
      int arguments,
      StackUse stackUse,
      ProgramStack stack,
      TailCalls tailCalls,
      BodyNode body) {
    super(language, frameDescriptor());
    this.name = name;
    this.arguments = arguments;
    this.stackUse = stackUse;
    this.stack = stack;
    this.tailCalls = tailCalls;
    this.body = body;
  }

  /** A frame of registers and counters. */
  static FrameDescriptor frameDescriptor() {
    FrameDescriptor.Builder builder = FrameDescriptor.newBuilder(DispatchNode.SLOTS);
    builder.addSlots(DispatchNode.SLOTS, FrameSlotKind.Static);
    return builder.build();
  }

  @Override
  public Object execute(VirtualFrame frame) {
    enter(frame);
    if (run(frame) == DispatchNode.EXIT) {
      return frame.getLongStatic(0);
    }
    // The function is over and its stack is free: the program that it calls takes its place.
    return tail.call(tailCalls.take(), frame.getLongStatic(1), true);
  }

  private int run(VirtualFrame frame) {
    if (stackUse == StackUse.NOTHING) {
      return body.execute(frame);
    }
    long top = stackUse == StackUse.FRAME ? stack.push() : stack.pushRegisters();
    try {
      frame.setLongStatic(Opcodes.BPF_REG_FP, top);
      return body.execute(frame);
    } finally {
      stack.pop(top);
    }
  }

  @ExplodeLoop
  private void enter(VirtualFrame frame) {
    Object[] values = frame.getArguments();
    for (int slot = 0; slot < DispatchNode.SLOTS; slot++) {
      boolean argument = slot >= 1 && slot <= arguments;
      frame.setLongStatic(slot, argument ? (long) values[slot - 1] : 0);
    }
    frame.setLongStatic(DispatchNode.MAY_LOOPS, MAX_LOOPS);
  }

  @Override
  public @Nullable SourceSection getSourceSection() {
    // A tool may have put a wrapper around the body, which has no section of its own.
    Node node = body instanceof InstrumentableNode.WrapperNode w ? w.getDelegateNode() : body;
    return node.getSourceSection();
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public String toString() {
    return "bpf:" + name;
  }
}
