package ringside.ebpf.vm;

import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import com.oracle.truffle.api.nodes.Node;
import com.oracle.truffle.api.nodes.RootNode;

/** A function's instructions, in one piece or in several. */
abstract class BodyNode extends Node {
  /**
   * Runs them on the registers in the frame; r0 is there afterwards.
   *
   * @return {@link DispatchNode#EXIT} or {@link DispatchNode#TAIL_CALL}
   */
  abstract int execute(VirtualFrame frame);

  /** A body that is compiled as a whole. */
  static final class Whole extends BodyNode {
    @Child private DispatchNode dispatch;

    Whole(DispatchNode dispatch) {
      this.dispatch = dispatch;
    }

    @Override
    int execute(VirtualFrame frame) {
      return dispatch.runFromStart(frame);
    }
  }

  /**
   * A body too long for one compilation: blocks that are compiled each on its own.
   *
   * <p>Registers go from block to block in an array.
   */
  static final class Blocks extends BodyNode {
    private final int blockLength;
    @Children private final DirectCallNode[] blocks;

    Blocks(DirectCallNode[] blocks, int blockLength) {
      this.blocks = blocks;
      this.blockLength = blockLength;
    }

    @Override
    int execute(VirtualFrame frame) {
      long[] registers = new long[DispatchNode.SLOTS];
      store(frame, registers);
      int pc = 0;
      while (pc >= 0) {
        pc = call(pc, registers);
      }
      load(frame, registers);
      return pc;
    }

    @ExplodeLoop
    private int call(int pc, long[] registers) {
      int block = pc / blockLength;
      for (int i = 0; i < blocks.length; i++) {
        if (i == block) {
          return (int) blocks[i].call(registers, pc);
        }
      }
      return DispatchNode.EXIT;
    }
  }

  /** The root of one block: takes the registers and where to begin, returns where to go on. */
  static final class BlockRootNode extends RootNode {
    private final String name;
    @Child private DispatchNode dispatch;

    BlockRootNode(EbpfLanguage language, String name, DispatchNode dispatch) {
      super(language, FunctionRootNode.frameDescriptor());
      this.name = name;
      this.dispatch = dispatch;
    }

    @Override
    public Object execute(VirtualFrame frame) {
      Object[] arguments = frame.getArguments();
      long[] registers = (long[]) arguments[0];
      load(frame, registers);
      int next = dispatch.runFrom(frame, (int) arguments[1]);
      store(frame, registers);
      return next;
    }

    @Override
    public String getName() {
      return name;
    }
  }

  @ExplodeLoop
  private static void load(VirtualFrame frame, long[] registers) {
    for (int slot = 0; slot < DispatchNode.SLOTS; slot++) {
      frame.setLongStatic(slot, registers[slot]);
    }
  }

  @ExplodeLoop
  private static void store(VirtualFrame frame, long[] registers) {
    for (int slot = 0; slot < DispatchNode.SLOTS; slot++) {
      registers[slot] = frame.getLongStatic(slot);
    }
  }
}
