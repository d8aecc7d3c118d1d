package ringside.rv64.code;

import java.util.List;
import ringside.rv64.isa.Instruction;

/**
 * The code that is reached from one entry point without calling or leaving.
 *
 * @param instructions all of them, those of a block adjacent and in order
 * @param addresses where each instruction was fetched from
 * @param blocks in the order of their addresses, departures behind them
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
}
