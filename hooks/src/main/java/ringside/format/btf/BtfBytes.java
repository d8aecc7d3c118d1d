package ringside.format.btf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Bytes of a BTF section with checked access. */
final class BtfBytes {
  static final int MAGIC = 0xeb9f;

  private static final VarHandle U16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final String where;
  private final byte[] bytes;

  BtfBytes(String where, byte[] bytes) {
    this.where = where;
    this.bytes = bytes;
  }

  int length() {
    return bytes.length;
  }

  /** Checks the first eight bytes, which both sections share, and returns the header's length. */
  int header(String section, int smallest) {
    range(section + " header", 0, smallest);
    int magic = u16(0);
    if (magic != MAGIC) {
      throw bad(
          magic == 0x9feb
              ? section + " is big-endian; only little-endian BTF is supported"
              : "%s does not begin with BTF's magic number 0xeb9f but with 0x%x"
                  .formatted(section, magic));
    }
    if (bytes[2] != 1) {
      throw bad("%s has version %d, only 1 is known".formatted(section, bytes[2]));
    }
    if (bytes[3] != 0) {
      throw bad("%s has unknown flags 0x%x".formatted(section, bytes[3]));
    }
    int length = s32(4);
    if (length < smallest || length > bytes.length) {
      throw bad(
          "%s says that its header has %s bytes, of %d in all"
              .formatted(section, Integer.toUnsignedString(length), bytes.length));
    }
    return length;
  }

  /** Checks that a range lies inside; sizes are those that the data itself claims. */
  int range(String what, long offset, long size) {
    if (offset < 0 || size < 0 || offset > bytes.length || size > bytes.length - offset) {
      throw bad(
          "truncated: %s at 0x%x needs %d bytes, there are %d"
              .formatted(what, offset, size, bytes.length));
    }
    return (int) offset;
  }

  int u16(int at) {
    return Short.toUnsignedInt((short) U16.get(bytes, at));
  }

  int s32(int at) {
    return (int) U32.get(bytes, at);
  }

  long u32(int at) {
    return Integer.toUnsignedLong(s32(at));
  }

  /** The text from a place up to a zero byte, which must come before the limit. */
  @Nullable String string(int from, int limit) {
    for (int at = from; at < limit; at++) {
      if (bytes[at] == 0) {
        return new String(bytes, from, at - from, StandardCharsets.UTF_8);
      }
    }
    return null;
  }

  BtfException bad(String what) {
    return new BtfException(where, what, null);
  }
}
