package ringside.rv64.code;

import java.util.List;
import ringside.rv64.isa.Format;
import ringside.rv64.isa.Instruction;

/**
 * Which registers a function must exchange with the hart, and where; sets are bit masks by register
 * number.
 *
 * <p>Between synchronising points (calls, system instructions, departures) registers live in the
 * function's frame. A register is dirty where the frame may hold a newer value than the hart; it is
 * live where the frame's value may still be read, by an instruction or by writing it back.
 */
public final class RegisterFlow {
  private final Function function;
  private final int[] dirtyIn;
  private final int[] spill;
  private final int[] liveIn;

  /** Analyses a function. */
  public RegisterFlow(Function function) {
    int count = function.blocks().size();
    this.function = function;
    this.dirtyIn = new int[count];
    this.spill = new int[count];
    this.liveIn = new int[count];
    flowForward();
    flowBackward();
  }

  /** What to write back at the end of a block: all that is dirty there. */
  public int spill(int block) {
    return spill[block];
  }

  /** What to read from the hart before {@code block} is entered from outside. */
  public int live(int block) {
    return liveIn[block];
  }

  /** What is dirty before the instruction at {@code index}, in {@code block}, executes. */
  public int dirtyAt(int block, int index) {
    int dirty = dirtyIn[block];
    for (int i = function.blocks().get(block).start(); i < index; i++) {
      dirty |= writes(instruction(i));
    }
    return dirty;
  }

  private void flowForward() {
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int b = 0; b < spill.length; b++) {
        Block block = block(b);
        int dirty = dirtyAt(b, block.end());
        if (block.kind().hasInstruction() && !returnsThroughHart(block.kind())) {
          dirty |= writes(instruction(block.end()));
        }
        spill[b] = dirty;
        int out = synchronises(block.kind()) ? 0 : dirty;
        changed |= flowInto(block.next(), out);
        changed |= flowInto(block.taken(), out);
      }
    }
  }

  private boolean flowInto(int successor, int out) {
    if (successor < 0 || (out & ~dirtyIn[successor]) == 0) {
      return false;
    }
    dirtyIn[successor] |= out;
    return true;
  }

  private void flowBackward() {
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int b = liveIn.length - 1; b >= 0; b--) {
        int live = liveAtStart(b);
        changed |= live != liveIn[b];
        liveIn[b] = live;
      }
    }
  }

  private int liveAtStart(int b) {
    Block block = block(b);
    int live = liveBeforeEnd(b, block);
    for (int i = block.end() - 1; i >= block.start(); i--) {
      Instruction instruction = instruction(i);
      live = (live & ~writes(instruction)) | reads(instruction);
      if (mayFault(instruction)) {
        live |= dirtyAt(b, i);
      }
    }
    return live;
  }

  private int liveBeforeEnd(int b, Block block) {
    if (synchronises(block.kind())) {
      // What the ending instruction itself writes is no use of the old value.
      int read = 0;
      int written = 0;
      if (block.kind().hasInstruction()) {
        read = reads(instruction(block.end()));
        written = returnsThroughHart(block.kind()) ? 0 : writes(instruction(block.end()));
      }
      return (spill[b] & ~written) | read;
    }
    int live = block.next() < 0 ? 0 : liveIn[block.next()];
    live |= block.taken() < 0 ? 0 : liveIn[block.taken()];
    if (block.kind().hasInstruction()) {
      live |= reads(instruction(block.end()));
    }
    // The poll of a back-edge writes back too.
    return block.taken() >= 0 && block.taken() <= b ? live | spill[b] : live;
  }

  /** Whether the frame is written back at the block's end and no longer counts behind it. */
  private static boolean synchronises(Block.Kind kind) {
    return switch (kind) {
      case FALL, BRANCH, JUMP -> false;
      default -> true;
    };
  }

  /** Whether the ending instruction's result comes through the hart, not through the frame. */
  private static boolean returnsThroughHart(Block.Kind kind) {
    return switch (kind) {
      case SYSTEM, ECALL, RESUME, EBREAK, ILLEGAL -> true;
      default -> false;
    };
  }

  private Block block(int b) {
    return function.blocks().get(b);
  }

  private Instruction instruction(int i) {
    List<Instruction> all = function.instructions();
    return all.get(i);
  }

  private static boolean mayFault(Instruction instruction) {
    return switch (instruction.op().format()) {
      case LOAD, STORE, ATOMIC, LOAD_RESERVED -> true;
      default -> false;
    };
  }

  private static int reads(Instruction instruction) {
    Format format = instruction.op().format();
    int mask = format.readsRs1() ? 1 << instruction.rs1() : 0;
    mask |= format.readsRs2() ? 1 << instruction.rs2() : 0;
    return mask & ~1;
  }

  private static int writes(Instruction instruction) {
    return instruction.op().format().writesRd() ? 1 << instruction.rd() & ~1 : 0;
  }
}
