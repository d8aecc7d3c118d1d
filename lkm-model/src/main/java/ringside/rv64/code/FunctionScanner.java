package ringside.rv64.code;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.TreeMap;
import java.util.TreeSet;
import ringside.rv64.code.Block.Kind;
import ringside.rv64.isa.Decoder;
import ringside.rv64.isa.Instruction;
import ringside.rv64.isa.Op;

/**
 * Finds the function at an address by following its direct branches and jumps.
 *
 * <p>Jumps to below the entry point count as tail calls. What cannot be fetched and what would make
 * the function too large is left out; execution leaves the function there and is looked up again.
 */
public final class FunctionScanner {
  /** Instructions in one function at most, so that a compilation stays within its limits. */
  public static final int MAX_INSTRUCTIONS = 512;

  private final CodeSource source;
  private final long entry;
  private final TreeMap<Long, Instruction> found = new TreeMap<>();
  private final TreeSet<Long> leaders = new TreeSet<>();
  private final Deque<Long> pending = new ArrayDeque<>();

  private FunctionScanner(CodeSource source, long entry) {
    this.source = source;
    this.entry = entry;
  }

  /**
   * Finds the function at {@code entry}.
   *
   * @param entry even, and executable
   */
  public static Function scan(CodeSource source, long entry) {
    FunctionScanner scanner = new FunctionScanner(source, entry);
    scanner.lead(entry);
    while (!scanner.pending.isEmpty()) {
      scanner.follow(scanner.pending.remove());
    }
    return new FunctionBuilder(entry, scanner.found, scanner.leaders).build();
  }

  private void follow(long start) {
    long pc = start;
    while (!found.containsKey(pc) && found.size() < MAX_INSTRUCTIONS) {
      long word = fetch(pc);
      if (word < 0) {
        return;
      }
      Instruction decoded = Decoder.decode((int) word);
      // What is no instruction keeps its place, so that executing it traps there.
      Instruction instruction = decoded == null ? illegal((int) word) : decoded;
      found.put(pc, instruction);
      long next = pc + instruction.length();
      Kind kind = kind(instruction, pc, entry);
      if (kind.takes()) {
        lead(pc + instruction.immediate());
      }
      if (kind.continues()) {
        lead(next);
      }
      if (kind != Kind.FALL) {
        return;
      }
      pc = next;
    }
    // Ran into code found before: it must start a block for this one to fall into.
    leaders.add(pc);
  }

  private void lead(long pc) {
    if (leaders.add(pc)) {
      pending.add(pc);
    }
  }

  /** The 32 bits at {@code pc}, the upper half 0 where not needed; -1 where not executable. */
  private long fetch(long pc) {
    int low = source.fetch(pc);
    if (low < 0 || Decoder.isCompressed(low)) {
      return low;
    }
    int high = source.fetch(pc + 2);
    return high < 0 ? -1 : Integer.toUnsignedLong(high << 16 | low);
  }

  /** Stands for bits that are no instruction: an ebreak that claims a destination. */
  private static Instruction illegal(int word) {
    boolean compressed = Decoder.isCompressed(word);
    return new Instruction(
        Op.EBREAK, 1, 0, 0, 0, compressed ? 2 : 4, compressed ? word & 0xffff : word);
  }

  /** How an instruction of the function at {@code entry} ends its block, if it does. */
  static Kind kind(Instruction instruction, long pc, long entry) {
    return switch (instruction.op()) {
      case BEQ, BNE, BLT, BGE, BLTU, BGEU -> Kind.BRANCH;
      case JAL -> {
        if (instruction.rd() != 0) {
          yield Kind.CALL;
        }
        boolean below = Long.compareUnsigned(pc + instruction.immediate(), entry) < 0;
        yield below ? Kind.TAIL_JUMP : Kind.JUMP;
      }
      case JALR -> instruction.rd() != 0 ? Kind.CALL_REGISTER : Kind.JUMP_REGISTER;
      case ECALL -> Kind.ECALL;
      case EBREAK -> instruction.rd() != 0 ? Kind.ILLEGAL : Kind.EBREAK;
      case FENCE_I, SRET -> Kind.RESUME;
      case WFI, SFENCE_VMA, CSRRW, CSRRS, CSRRC, CSRRWI, CSRRSI, CSRRCI -> Kind.SYSTEM;
      default -> Kind.FALL;
    };
  }
}
