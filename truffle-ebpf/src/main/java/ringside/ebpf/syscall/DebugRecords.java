package ringside.ebpf.syscall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Moves {@code bpf_func_info} and {@code bpf_line_info} records from the instructions that were
 * loaded to those that run; both begin with {@code insn_off}.
 */
final class DebugRecords {
  private DebugRecords() {}

  /**
   * Moves records; those of dead code are gone, but for the one that the code behind it is in.
   *
   * @param records ordered by offset
   * @param size bytes of one
   * @param origins for each slot that runs, the slot that it stems from
   * @param exact whether a record needs its very slot, as a function does
   */
  static byte[] move(byte[] records, int size, int[] origins, boolean exact) {
    ByteBuffer from = ByteBuffer.wrap(records).order(ByteOrder.LITTLE_ENDIAN);
    byte[] moved = new byte[records.length];
    ByteBuffer to = ByteBuffer.wrap(moved).order(ByteOrder.LITTLE_ENDIAN);
    int count = 0;
    int slot = 0;
    for (int at = 0; at + size <= records.length; at += size) {
      int wanted = from.getInt(at);
      while (slot < origins.length && origins[slot] < wanted) {
        slot++;
      }
      if (slot == origins.length || (exact && origins[slot] != wanted)) {
        continue;
      }
      if (count > 0 && to.getInt((count - 1) * size) == slot) {
        count--; // what began here before has no instruction left
      }
      System.arraycopy(records, at, moved, count * size, size);
      to.putInt(count * size, slot);
      count++;
    }
    return Arrays.copyOf(moved, count * size);
  }
}
