package ringside.rv64.isa;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns instruction words into {@link Instruction}s, by the tables and nothing else. */
public final class Decoder {
  // Indexed by the bits that are fixed in every row, so that a look-up tries a few rows only.
  private static final List<List<Op>> BY_OPCODE = byOpcode();
  private static final List<List<CompressedOp>> BY_QUADRANT = byQuadrant();

  private Decoder() {}

  /** Whether the instruction that starts with the 16 bits {@code half} is 16 bits long. */
  public static boolean isCompressed(int half) {
    return (half & 3) != 3;
  }

  /**
   * Decodes one instruction.
   *
   * @param word the 32 bits at its address; the upper half is not looked at when it is compressed
   * @return null where the bits are no instruction of this machine
   */
  public static @Nullable Instruction decode(int word) {
    if (isCompressed(word)) {
      int half = word & 0xffff;
      for (CompressedOp op : BY_QUADRANT.get(quadrant(half))) {
        if (op.matches(half)) {
          return op.expand(half);
        }
      }
      return null;
    }
    for (Op op : BY_OPCODE.get(word & 0x7f)) {
      if (op.matches(word)) {
        return decodeAs(op, word);
      }
    }
    return null;
  }

  private static Instruction decodeAs(Op op, int word) {
    Format format = op.format();
    return new Instruction(
        op,
        format.writesRd() ? word >>> 7 & 31 : 0,
        format.readsRs1() || format == Format.CSR_IMMEDIATE ? word >>> 15 & 31 : 0,
        format.readsRs2() ? word >>> 20 & 31 : 0,
        format.immediate(word),
        4,
        word);
  }

  private static List<List<Op>> byOpcode() {
    List<List<Op>> index = new ArrayList<>();
    for (int opcode = 0; opcode < 128; opcode++) {
      index.add(new ArrayList<>());
    }
    for (Op op : Op.values()) {
      index.get(op.match() & 0x7f).add(op);
    }
    return index.stream().map(List::copyOf).toList();
  }

  private static List<List<CompressedOp>> byQuadrant() {
    List<List<CompressedOp>> index = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      index.add(new ArrayList<>());
    }
    for (CompressedOp op : CompressedOp.values()) {
      index.get(quadrant(op.match())).add(op);
    }
    return index.stream().map(List::copyOf).toList();
  }

  private static int quadrant(int half) {
    return half >>> 13 << 2 | (half & 3);
  }
}
