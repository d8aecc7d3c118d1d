package ringside.rv64.code;

import java.util.List;
import ringside.rv64.isa.Instruction;

/**
 * The code that is reached from one entry point without calling or leaving.
 *
 * @param instructions all of them, those of a block adjacent and in order
 * @param addresses where each instruction was fetched from
 * @param blocks in the order of their addresses, departures behind them, then the repeated bodies
 *     of loops, which share the instructions of the blocks they repeat
 * @param entry the index of the block that the entry point starts
 * @param low the lowest address it was decoded from
 * @param high the address behind the highest
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record Function(
    List<Instruction> instructions,
    long[] addresses,
    List<Block> blocks,
    int entry,
    long low,
    long high) {
  /** The address of the entry point. */
  public long entryAddress() {
    return addresses[blocks.get(entry).start()];
  }

  /** Whether any byte of it may lie in {@code [from, to)}. */
  public boolean overlaps(long from, long to) {
    return Long.compareUnsigned(low, to) < 0 && Long.compareUnsigned(from, high) < 0;
  }

  /** Whether memory still holds every instruction as it was decoded. */
  public boolean isStillIn(CodeSource source) {
    for (int i = 0; i < addresses.length; i++) {
      Instruction instruction = instructions.get(i);
      for (int at = 0; at < instruction.length(); at += 2) {
        if (source.fetch(addresses[i] + at) != ((instruction.word() >>> (8 * at)) & 0xffff)) {
          return false;
        }
      }
    }
    return true;
  }
}
