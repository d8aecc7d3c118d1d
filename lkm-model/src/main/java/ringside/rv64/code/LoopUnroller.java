package ringside.rv64.code;

import java.util.ArrayList;
import java.util.List;

/**
 * Repeats the bodies of small innermost loops, so that several rounds pass between two polls.
 *
 * <p>Compiled code pays for a back-edge: the poll of the credit, the host's safepoint, and
 * registers that must survive both. The copies follow the blocks they copy from, behind all others;
 * a block and its copies share their instructions, so every round still counts what it executes.
 */
final class LoopUnroller {
  /** Instructions that a repeated body may have in all its copies together. */
  private static final int MAX_UNROLLED = 48;

  /** Rounds between two polls at most, which bounds how late one may come. */
  private static final int MAX_ROUNDS = 8;

  private LoopUnroller() {}

  /** Returns the blocks with the loops repeated; those given keep their indices. */
  static List<Block> unroll(List<Block> blocks) {
    List<Block> unrolled = new ArrayList<>(blocks);
    int free = 0;
    for (int last = 0; last < blocks.size(); last++) {
      int head = blocks.get(last).taken();
      // Backwards over blocks that belong to no other loop: innermost, and only one back-edge.
      if (head >= free && head <= last && innermost(blocks, head, last)) {
        repeat(unrolled, head, last, rounds(blocks, head, last));
        free = last + 1;
      }
    }
    return List.copyOf(unrolled);
  }

  private static boolean innermost(List<Block> blocks, int head, int last) {
    for (int b = head; b <= last; b++) {
      Block block = blocks.get(b);
      boolean straight =
          switch (block.kind()) {
            case FALL, BRANCH, JUMP -> true;
            default -> false;
          };
      if (!straight || (b < last && block.taken() >= 0 && block.taken() <= b)) {
        return false;
      }
    }
    return true;
  }

  private static int rounds(List<Block> blocks, int head, int last) {
    int size = 0;
    for (int b = head; b <= last; b++) {
      size += blocks.get(b).size();
    }
    return Math.min(MAX_ROUNDS, MAX_UNROLLED / size);
  }

  private static void repeat(List<Block> blocks, int head, int last, int rounds) {
    int length = last - head + 1;
    int first = blocks.size();
    for (int round = 1; round < rounds; round++) {
      int copy = first + (round - 1) * length;
      for (int b = head; b <= last; b++) {
        Block block = blocks.get(b);
        int next = within(block.next(), head, last, copy);
        int taken = within(block.taken(), head, last, copy);
        if (b == last) {
          taken = round == rounds - 1 ? head : copy + length;
        }
        blocks.add(
            new Block(block.start(), block.end(), block.kind(), next, taken, block.target()));
      }
    }
    if (rounds > 1) {
      Block block = blocks.get(last);
      blocks.set(
          last,
          new Block(block.start(), block.end(), block.kind(), block.next(), first, block.target()));
    }
  }

  /** The copy of {@code successor} in the round that starts at {@code copy}, if it is repeated. */
  private static int within(int successor, int head, int last, int copy) {
    return successor >= head && successor <= last ? successor - head + copy : successor;
  }
}
