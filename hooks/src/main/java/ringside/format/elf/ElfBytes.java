package ringside.format.elf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a file with checked access; offsets and sizes are those that the file itself claims.
 */
final class ElfBytes {
  private static final VarHandle U16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** What helps where a file claims more than it has. */
  private static final String CUT_HINT = "the file is cut off or damaged; build or copy it again";

  private final String file;
  private final byte[] bytes;

  private long stringBudget;

  ElfBytes(String file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
    this.stringBudget = 64 * 1024 + 16L * bytes.length;
  }

  int length() {
    return bytes.length;
  }

  /**
   * Checks that a range lies in the file.
   *
   * @param what the thing there, for the message: "section header table"
   * @return the offset as an array index
   */
  int range(String what, long offset, long size) {
    // Both are unsigned in the file; a negative one here is larger than any file.
    if (offset < 0 || size < 0 || offset > bytes.length || size > bytes.length - offset) {
      throw bad(
          "truncated: %s at 0x%x needs %s bytes, file has %d"
              .formatted(what, offset, Long.toUnsignedString(size), bytes.length),
          CUT_HINT);
    }
    return (int) offset;
  }

  /** Checks a table of equal entries, without overflow. */
  int table(String what, long offset, long count, long entrySize) {
    if (count < 0 || count > bytes.length / entrySize) {
      throw bad(
          "truncated: %s at 0x%x has %s entries of %d bytes, file has %d bytes"
              .formatted(what, offset, Long.toUnsignedString(count), entrySize, bytes.length),
          CUT_HINT);
    }
    return range(what, offset, count * entrySize);
  }

  int u8(int at) {
    return Byte.toUnsignedInt(bytes[at]);
  }

  int u16(int at) {
    return Short.toUnsignedInt((short) U16.get(bytes, at));
  }

  int s32(int at) {
    return (int) U32.get(bytes, at);
  }

  long s64(int at) {
    return (long) U64.get(bytes, at);
  }

  /**
   * The string at an offset of a string table.
   *
   * @param what whose name it is, for the message
   */
  String string(String what, Section table, int offset) {
    long start = Integer.toUnsignedLong(offset);
    if (start >= table.size()) {
      // Offset 0 of an empty table is the empty string by convention.
      if (start == 0) {
        return "";
      }
      throw bad(
          "the name of %s is at 0x%x of string table %s, which has %d bytes"
              .formatted(what, start, table.name(), table.size()));
    }
    int from = (int) (table.offset() + start);
    int limit = (int) (table.offset() + table.size());
    for (int at = from; at < limit; at++) {
      if (bytes[at] == 0) {
        // Names may share their ends, but a file in which all do is out to exhaust memory.
        stringBudget -= at - from;
        if (stringBudget < 0) {
          throw bad("names in string table %s overlap each other too much".formatted(table.name()));
        }
        return new String(bytes, from, at - from, StandardCharsets.UTF_8);
      }
    }
    throw bad("the name of %s does not end within string table %s".formatted(what, table.name()));
  }

  byte[] copy(int from, int size) {
    byte[] copy = new byte[size];
    System.arraycopy(bytes, from, copy, 0, size);
    return copy;
  }

  ElfException bad(String what) {
    return bad(what, null);
  }

  ElfException bad(String what, @Nullable String hint) {
    return new ElfException(file, what, hint);
  }
}
