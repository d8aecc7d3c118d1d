package ringside.rv64.code;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import ringside.rv64.code.Block.Kind;
import ringside.rv64.isa.Instruction;
import ringside.rv64.isa.Op;

/** Cuts the instructions that a {@link FunctionScanner} found into basic blocks. */
final class FunctionBuilder {
  /** Keeps the place of a departure in the instruction list; never executed. */
  private static final Instruction NOTHING = new Instruction(Op.ADDI, 0, 0, 0, 0, 0, 0);

  private final long entry;
  private final NavigableMap<Long, Instruction> found;
  private final Map<Long, Integer> blockAt = new HashMap<>();
  private final List<Long> starts;
  private final List<Instruction> instructions = new ArrayList<>();
  private final List<Long> addresses = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();

  FunctionBuilder(long entry, NavigableMap<Long, Instruction> found, SortedSet<Long> leaders) {
    this.entry = entry;
    this.found = found;
    this.starts = leaders.stream().filter(found::containsKey).toList();
    for (long start : starts) {
      blockAt.put(start, blockAt.size());
    }
  }

  Function build() {
    for (long start : starts) {
      blocks.add(block(start));
    }
    for (int i = 0; i < starts.size(); i++) {
      blocks.set(i, connect(blocks.get(i)));
    }
    return new Function(
        List.copyOf(instructions),
        addresses.stream().mapToLong(Long::longValue).toArray(),
        LoopUnroller.unroll(blocks),
        blockAt.getOrDefault(entry, 0),
        found.firstKey(),
        found.lastKey() + found.lastEntry().getValue().length());
  }

  private Block block(long start) {
    int first = instructions.size();
    long pc = start;
    while (true) {
      Instruction instruction = found.get(pc);
      if (instruction == null) {
        return leave(first, pc);
      }
      Kind kind = FunctionScanner.kind(instruction, pc, entry);
      int at = instructions.size();
      instructions.add(instruction);
      addresses.add(pc);
      if (kind != Kind.FALL) {
        return end(first, at, kind, pc);
      }
      pc += instruction.length();
      Integer next = blockAt.get(pc);
      if (next != null) {
        return new Block(first, at + 1, Kind.FALL, next, -1, pc);
      }
    }
  }

  private Block end(int first, int at, Kind kind, long pc) {
    Instruction instruction = instructions.get(at);
    if (kind == Kind.CALL_REGISTER || kind == Kind.JUMP_REGISTER) {
      Long known = knownTarget(first, at);
      if (known != null) {
        Kind direct = kind == Kind.CALL_REGISTER ? Kind.CALL : Kind.TAIL_JUMP;
        return new Block(first, at, direct, -1, -1, known);
      }
    }
    return new Block(first, at, kind, -1, -1, pc + instruction.immediate());
  }

  /** The target of the jalr at {@code end} where an auipc of the same block says it; else null. */
  private @Nullable Long knownTarget(int first, int end) {
    Instruction jump = instructions.get(end);
    for (int i = end - 1; i >= first; i--) {
      Instruction instruction = instructions.get(i);
      if (instruction.rd() == jump.rs1() && instruction.rd() != 0) {
        return instruction.op() == Op.AUIPC
            ? Long.valueOf(addresses.get(i) + instruction.immediate() + jump.immediate() & -2)
            : null;
      }
    }
    return null;
  }

  /** Gives a block its successors; where nothing could be fetched, one that leaves. */
  private Block connect(Block block) {
    int taken = block.kind().takes() ? blockOrLeave(block.target()) : -1;
    int next = block.next();
    if (block.kind().continues()) {
      next = blockOrLeave(addresses.get(block.end()) + instructions.get(block.end()).length());
    }
    return new Block(block.start(), block.end(), block.kind(), next, taken, block.target());
  }

  private int blockOrLeave(long target) {
    Integer known = blockAt.get(target);
    if (known != null) {
      return known;
    }
    blocks.add(leave(instructions.size(), target));
    blockAt.put(target, blocks.size() - 1);
    return blocks.size() - 1;
  }

  private Block leave(int first, long target) {
    int at = instructions.size();
    instructions.add(NOTHING);
    addresses.add(target);
    return new Block(first, at, Kind.LEAVE, -1, -1, target);
  }
}
