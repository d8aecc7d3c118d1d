package ringside.ebpf.helper;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;
import ringside.kernel.mm.Slab;
import ringside.kernel.printk.Vsprintf;
import ringside.kernel.text.CallArgs;

/**
 * Formats for programs ({@code bpf_bprintf_prepare}): fewer conversions than the kernel's own, and
 * what they point to is read without faulting.
 */
final class BpfPrintf {
  /** {@code MAX_BPRINTF_BIN_ARGS}: what prepared arguments may take. */
  private static final int MAX_BIN_ARGS = 512;

  private final Memory memory;
  private final Slab slab;
  private final Vsprintf kernel;

  BpfPrintf(Memory memory, Slab slab, Vsprintf kernel) {
    this.memory = memory;
    this.slab = slab;
    this.kernel = kernel;
  }

  /**
   * What came of it.
   *
   * @param error 0 or a negative errno
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Result(int error, byte[] text) {}

  /** Formats; {@code format} must hold a NUL. */
  Result format(byte[] format, CallArgs arguments, int count) {
    int end = 0;
    while (end < format.length && format[end] != 0) {
      end++;
    }
    return end == format.length
        ? error(Errno.EINVAL)
        : new Run(format, end, arguments, count).run();
  }

  private static Result error(int errno) {
    return new Result(-errno, new byte[0]);
  }

  private static boolean space(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  private static boolean punctuation(int c) {
    return c > ' ' && c < 0x7f && !Character.isLetterOrDigit(c);
  }

  /** One walk over a format: each conversion is checked, then formatted by the kernel's. */
  private final class Run {
    private final byte[] format;
    private final int end;
    private final CallArgs arguments;
    private final int count;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int taken;
    private int used;

    Run(byte[] format, int end, CallArgs arguments, int count) {
      this.format = format;
      this.end = end;
      this.arguments = arguments;
      this.count = count;
    }

    private int at(int i) {
      return i < end ? format[i] & 0xff : 0;
    }

    Result run() {
      int i = 0;
      while (i < end) {
        int c = at(i);
        if (c < 0x80 && !space(c) && (c < ' ' || c == 0x7f)) {
          return error(Errno.EINVAL);
        }
        if (c != '%') {
          out.write(c);
          i++;
        } else if (at(i + 1) == '%') {
          out.write('%');
          i += 2;
        } else {
          if (taken >= count) {
            return error(Errno.EINVAL);
          }
          int next = conversion(i);
          if (next < 0) {
            return new Result(next, new byte[0]);
          }
          i = next;
          taken++;
        }
      }
      return new Result(0, out.toByteArray());
    }

    /** Formats one conversion; where the next text starts, or a negative errno. */
    private int conversion(int start) {
      int i = start + 1;
      while (at(i) == '0' || at(i) == '+' || at(i) == '-' || at(i) == ' ') {
        i++;
      }
      if (at(i) >= '1' && at(i) <= '9') {
        while (at(i) >= '0' && at(i) <= '9') {
          i++;
        }
      }
      String modifiers = new String(format, start, i - start, StandardCharsets.ISO_8859_1);
      return switch (at(i)) {
        case 'p' -> pointer(modifiers, i + 1);
        case 's' -> string(modifiers, i + 1, 's');
        case 'c' -> take(1, 1) ? plain(modifiers + "c", i + 1) : -Errno.ENOSPC;
        default -> integer(modifiers, i);
      };
    }

    private int integer(String modifiers, int from) {
      int i = from;
      String length = "";
      while (length.length() < 2 && at(i) == 'l') {
        length += "l";
        i++;
      }
      if ("iduxX".indexOf(at(i)) < 0 || at(i) == 0) {
        return -Errno.EINVAL;
      }
      return take(length.isEmpty() ? Integer.BYTES : Long.BYTES, Integer.BYTES)
          ? plain(modifiers + length + (char) at(i), i + 1)
          : -Errno.ENOSPC;
    }

    private int pointer(String modifiers, int i) {
      int c = at(i);
      if (c == 0 || space(c) || punctuation(c)) {
        return take(Long.BYTES, Integer.BYTES) ? plain(modifiers + "p", i) : -Errno.ENOSPC;
      }
      if ((c == 'k' || c == 'u') && at(i + 1) == 's') {
        return string(modifiers, i + 2, (char) c);
      }
      if (c == 'K' || c == 'x' || c == 's' || c == 'S') {
        return take(Long.BYTES, Integer.BYTES)
            ? plain(modifiers + "p" + (char) c, i + 1)
            : -Errno.ENOSPC;
      }
      if (c == 'B') {
        int before = out.size();
        int next = plain(modifiers + "pB", i + 1);
        used += out.size() - before + 1;
        return next;
      }
      if ((c != 'i' && c != 'I') || (at(i + 1) != '4' && at(i + 1) != '6')) {
        return -Errno.EINVAL;
      }
      return address(modifiers + "p" + (char) c + (char) at(i + 1), i + 2);
    }

    /** An IP address: all zeroes where it cannot be read. */
    private int address(String conversion, int next) {
      int size = conversion.endsWith("4") ? 4 : 16;
      if (MAX_BIN_ARGS - used < size) {
        return -Errno.ENOSPC;
      }
      byte[] bytes = new byte[size];
      long from = arguments.get(taken);
      if (from < 0 && memory.allows(from, size, PageTable.READ)) {
        memory.read(from, bytes, 0, size);
      }
      int before = out.size();
      emit(conversion, bytes);
      used += out.size() - before + 1;
      return next;
    }

    /** A string of kernel or user memory: empty where it cannot be read. */
    private int string(String modifiers, int next, char kind) {
      int c = at(next);
      if (c != 0 && !space(c) && !punctuation(c)) {
        return -Errno.EINVAL;
      }
      int room = MAX_BIN_ARGS - used;
      if (room <= 0) {
        return -Errno.ENOSPC;
      }
      long from = arguments.get(taken);
      boolean wrongSide = (kind == 'k' && from >= 0) || (kind == 'u' && from < 0);
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      for (long address = from; !wrongSide && text.size() < room - 1; address++) {
        if (!memory.allows(address, 1, PageTable.READ)) {
          text.reset();
          break;
        }
        byte b = memory.readByte(address);
        if (b == 0) {
          break;
        }
        text.write(b);
      }
      used += text.size() + 1;
      text.write(0);
      emit(modifiers + "s", text.toByteArray());
      return next;
    }

    private boolean take(int size, int align) {
      used = (used + align - 1) & -align;
      used += size;
      return used <= MAX_BIN_ARGS;
    }

    private int plain(String conversion, int next) {
      long argument = arguments.get(taken);
      write(conversion, argument);
      return next;
    }

    /** Formats one conversion of bytes that are put into memory for it. */
    private void emit(String conversion, byte[] bytes) {
      long copy = slab.kmalloc(bytes.length, Gfp.ATOMIC);
      memory.write(copy, bytes, 0, bytes.length);
      write(conversion, copy);
      slab.kfree(copy);
    }

    private void write(String conversion, long argument) {
      byte[] text = (conversion + "\0").getBytes(StandardCharsets.ISO_8859_1);
      long copy = slab.kmalloc(text.length, Gfp.ATOMIC);
      memory.write(copy, text, 0, text.length);
      out.writeBytes(kernel.format(copy, _ -> argument, 0));
      slab.kfree(copy);
    }
  }
}
