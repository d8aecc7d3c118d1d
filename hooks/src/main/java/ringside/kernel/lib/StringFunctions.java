package ringside.kernel.lib;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Oracle;
import ringside.kernel.text.KernelFunction;

/**
 * {@code lib/string.c}: byte for byte in simulated memory, so a wild pointer faults where it is.
 */
public final class StringFunctions {
  private static final int E2BIG = 7;

  private final Memory memory;
  private final @Nullable Oracle oracle;

  StringFunctions(KernelCore core) {
    this.oracle = core.oracle();
    // A module's memcpy is the module's access: KASAN instruments these in Linux, too.
    this.memory = core.guestMemory();
  }

  /** Copies upwards. */
  @KernelFunction(export = ALL)
  public long memcpy(long to, long from, long count) {
    beginCopy();
    long i = 0;
    for (; i + 8 <= count; i += 8) {
      memory.writeLong(to + i, memory.readLong(from + i));
    }
    for (; i < count; i++) {
      memory.writeByte(to + i, memory.readByte(from + i));
    }
    endCopy(to, from, count);
    return to;
  }

  private void beginCopy() {
    if (oracle != null) {
      oracle.beginCopy();
    }
  }

  private void endCopy(long to, long from, long count) {
    if (oracle != null) {
      oracle.endCopy(to, from, count);
    }
  }

  /** Copies so that overlapping is no harm. */
  @KernelFunction(export = ALL)
  public long memmove(long to, long from, long count) {
    beginCopy();
    if (Long.compareUnsigned(to, from) <= 0) {
      for (long i = 0; i < count; i++) {
        memory.writeByte(to + i, memory.readByte(from + i));
      }
    } else {
      for (long i = count - 1; i >= 0; i--) {
        memory.writeByte(to + i, memory.readByte(from + i));
      }
    }
    endCopy(to, from, count);
    return to;
  }

  /** Fills with a byte. */
  @KernelFunction(export = ALL)
  public long memset(long to, int value, long count) {
    for (long i = 0; i < count; i++) {
      memory.writeByte(to + i, (byte) value);
    }
    return to;
  }

  /** Compares as unsigned bytes. */
  @KernelFunction(export = ALL)
  public int memcmp(long left, long right, long count) {
    for (long i = 0; i < count; i++) {
      int difference = byteAt(left + i) - byteAt(right + i);
      if (difference != 0) {
        return difference;
      }
    }
    return 0;
  }

  /** Finds a byte, or returns 0. */
  @KernelFunction(export = ALL)
  public long memchr(long from, int value, long count) {
    for (long i = 0; i < count; i++) {
      if (byteAt(from + i) == (value & 0xff)) {
        return from + i;
      }
    }
    return 0;
  }

  /** The length without the NUL. */
  @KernelFunction(export = ALL)
  public long strlen(long text) {
    long length = 0;
    while (memory.readByte(text + length) != 0) {
      length++;
    }
    return length;
  }

  /** The length without the NUL, at most {@code count}. */
  @KernelFunction(export = ALL)
  public long strnlen(long text, long count) {
    long length = 0;
    while (length != count && memory.readByte(text + length) != 0) {
      length++;
    }
    return length;
  }

  /** Copies a string with its NUL, however long it is. */
  @KernelFunction(export = ALL)
  public long strcpy(long to, long from) {
    for (long i = 0; ; i++) {
      byte b = memory.readByte(from + i);
      memory.writeByte(to + i, b);
      if (b == 0) {
        return to;
      }
    }
  }

  /** Copies at most {@code count} bytes and fills the rest with NULs. */
  @KernelFunction(export = ALL)
  public long strncpy(long to, long from, long count) {
    boolean ended = false;
    for (long i = 0; i < count; i++) {
      byte b = ended ? 0 : memory.readByte(from + i);
      ended |= b == 0;
      memory.writeByte(to + i, b);
    }
    return to;
  }

  /** Appends a string. */
  @KernelFunction(export = ALL)
  public long strcat(long to, long from) {
    strcpy(to + strlen(to), from);
    return to;
  }

  /** Copies a string into a buffer, always ended by a NUL; {@code -E2BIG} where it was cut. */
  @KernelFunction(export = ALL)
  public long sized_strscpy(long to, long from, long count) {
    if (count <= 0) {
      return -E2BIG;
    }
    for (long i = 0; i < count; i++) {
      byte b = memory.readByte(from + i);
      memory.writeByte(to + i, i == count - 1 ? 0 : b);
      if (b == 0) {
        return i;
      }
    }
    return -E2BIG;
  }

  /** Compares strings; -1, 0 or 1. */
  @KernelFunction(export = ALL)
  public int strcmp(long left, long right) {
    return strncmp(left, right, -1);
  }

  /** Compares at most {@code count} bytes of strings; -1, 0 or 1. */
  @KernelFunction(export = ALL)
  public int strncmp(long left, long right, long count) {
    for (long i = 0; i != count; i++) {
      int a = byteAt(left + i);
      int b = byteAt(right + i);
      if (a != b) {
        return a < b ? -1 : 1;
      }
      if (a == 0) {
        break;
      }
    }
    return 0;
  }

  /** Finds the first such byte of a string, or returns 0. */
  @KernelFunction(export = ALL)
  public long strchr(long text, int value) {
    for (long at = text; ; at++) {
      int b = byteAt(at);
      if (b == (value & 0xff)) {
        return at;
      }
      if (b == 0) {
        return 0;
      }
    }
  }

  /** Finds the last such byte of a string, or returns 0. */
  @KernelFunction(export = ALL)
  public long strrchr(long text, int value) {
    long last = 0;
    for (long at = text; ; at++) {
      int b = byteAt(at);
      if (b == (value & 0xff)) {
        last = at;
      }
      if (b == 0) {
        return last;
      }
    }
  }

  /** Finds a string in a string, or returns 0. */
  @KernelFunction(export = ALL)
  public long strstr(long text, long wanted) {
    return strnstr(text, wanted, strlen(text));
  }

  /** Finds a string in the first {@code count} bytes of another, or returns 0. */
  @KernelFunction(export = ALL)
  public long strnstr(long text, long wanted, long count) {
    long length = strlen(wanted);
    if (length == 0) {
      return text;
    }
    for (long i = 0; i + length <= count; i++) {
      if (memcmp(text + i, wanted, length) == 0) {
        return text + i;
      }
    }
    return 0;
  }

  /** Counts leading zeros of a doubleword; what compilers call where there is no instruction. */
  @KernelFunction(export = ALL)
  public int __clzdi2(long value) {
    return Long.numberOfLeadingZeros(value);
  }

  /** Counts trailing zeros of a doubleword. */
  @KernelFunction(export = ALL)
  public int __ctzdi2(long value) {
    return Long.numberOfTrailingZeros(value);
  }

  private int byteAt(long address) {
    return memory.readByte(address) & 0xff;
  }
}
