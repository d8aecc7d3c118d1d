package ringside.kernel.printk;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.CallArgs;
import ringside.kernel.text.KernelSymbols;

/**
 * Formats as {@code lib/vsprintf.c} does: C's conversions without floating point, and the kernel's
 * extensions of {@code %p}.
 *
 * <p>Strings and objects are read from simulated memory, where a wild pointer faults as in Linux.
 */
public final class Vsprintf {
  private static final int LIMIT = 1 << 16;
  private static final long PAGE_SIZE = 4096;
  private static final String DIGITS = "0123456789abcdef";

  private final Memory memory;
  private final KernelSymbols symbols;
  private final long pointerKey;

  /**
   * Makes a formatter.
   *
   * @param pointerKey what plain {@code %p} hashes addresses with
   */
  public Vsprintf(Memory memory, KernelSymbols symbols, long pointerKey) {
    this.memory = memory;
    this.symbols = symbols;
    this.pointerKey = pointerKey;
  }

  /** One conversion: flags, width, precision ({@code -1}: none) and the size of its integer. */
  private record Spec(
      boolean left,
      boolean plus,
      boolean space,
      boolean alternate,
      boolean zero,
      int width,
      int precision,
      int bytes) {}

  /**
   * Formats.
   *
   * @param format the address of the format string
   * @param first which of {@code args} the first conversion takes
   * @return the text's bytes, without NUL
   */
  public byte[] format(long format, CallArgs args, int first) {
    return new Run(read(format, LIMIT), args, first).format();
  }

  /** The bytes of a C string, NUL excluded, at most {@code limit} of them. */
  public byte[] read(long address, int limit) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (long at = address; bytes.size() < limit; at++) {
      byte b = memory.readByte(at);
      if (b == 0) {
        break;
      }
      bytes.write(b);
    }
    return bytes.toByteArray();
  }

  /** One walk over a format string. */
  private final class Run {
    private final byte[] format;
    private final CallArgs args;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int argument;
    private int at;

    Run(byte[] format, CallArgs args, int first) {
      this.format = format;
      this.args = args;
      this.argument = first;
    }

    byte[] format() {
      while (at < format.length) {
        if (format[at] != '%') {
          out.write(format[at++]);
        } else {
          at++;
          conversion();
        }
      }
      return out.toByteArray();
    }

    private char peek() {
      return at < format.length ? (char) (format[at] & 0xff) : 0;
    }

    private boolean take(char c) {
      boolean is = peek() == c && at < format.length;
      at += is ? 1 : 0;
      return is;
    }

    private void conversion() {
      boolean left = false;
      boolean plus = false;
      boolean space = false;
      boolean alternate = false;
      boolean zero = false;
      while (true) {
        if (take('-')) {
          left = true;
        } else if (take('+')) {
          plus = true;
        } else if (take(' ')) {
          space = true;
        } else if (take('#')) {
          alternate = true;
        } else if (take('0')) {
          zero = true;
        } else {
          break;
        }
      }
      int width = number();
      if (width < -1) {
        left = true;
        width = -width;
      }
      int precision = -1;
      if (take('.')) {
        precision = Math.max(0, number());
      }
      int bytes = size();
      Spec spec = new Spec(left, plus, space, alternate, zero && !left, width, precision, bytes);
      char kind = peek();
      at++;
      switch (kind) {
        case '%' -> out.write('%');
        case 'c' -> pad(spec, new byte[] {(byte) next()});
        case 's' -> string(spec, next());
        case 'p' -> pointer(spec, next());
        case 'd', 'i' -> integer(spec, narrow(spec, next(), true), 10, true, false);
        case 'u' -> integer(spec, narrow(spec, next(), false), 10, false, false);
        case 'x' -> integer(spec, narrow(spec, next(), false), 16, false, false);
        case 'X' -> integer(spec, narrow(spec, next(), false), 16, false, true);
        case 'o' -> integer(spec, narrow(spec, next(), false), 8, false, false);
        default -> {
          // An unknown conversion ends formatting, for what its arguments are is unknown, too.
          at = format.length;
        }
      }
    }

    /** A width or precision; -1 where there is none. */
    private int number() {
      if (take('*')) {
        return (int) next();
      }
      int value = -1;
      while (at < format.length && Character.isDigit(peek()) && value < LIMIT) {
        value = Math.max(0, value) * 10 + (peek() - '0');
        at++;
      }
      return value;
    }

    private int size() {
      if (take('h')) {
        return take('h') ? 1 : 2;
      }
      if (take('l')) {
        take('l');
        return 8;
      }
      return take('L') || take('z') || take('Z') || take('t') || take('j') ? 8 : 4;
    }

    private long next() {
      return args.get(argument++);
    }

    private void pad(Spec spec, byte[] text) {
      int fill = spec.width() - text.length;
      if (!spec.left()) {
        fill(fill, ' ');
      }
      out.writeBytes(text);
      if (spec.left()) {
        fill(fill, ' ');
      }
    }

    private void fill(int count, char with) {
      for (int i = 0; i < Math.min(count, LIMIT); i++) {
        out.write(with);
      }
    }

    private void string(Spec spec, long address) {
      String bad = badPointer(address);
      byte[] text =
          bad.isEmpty()
              ? read(address, spec.precision() >= 0 ? spec.precision() : LIMIT)
              : bad.getBytes(StandardCharsets.US_ASCII);
      pad(spec, text);
    }

    private void integer(Spec spec, long value, int base, boolean signed, boolean upper) {
      String sign = "";
      String digits;
      if (signed && value < 0) {
        sign = "-";
        digits = Long.toUnsignedString(-value, base);
      } else {
        sign = signed && spec.plus() ? "+" : signed && spec.space() ? " " : "";
        digits = Long.toUnsignedString(value, base);
      }
      if (spec.alternate() && base == 16 && value != 0) {
        sign += upper ? "0X" : "0x";
      } else if (spec.alternate() && base == 8 && value != 0) {
        sign += "0";
      }
      digits = upper ? digits.toUpperCase(java.util.Locale.ROOT) : digits;
      int zeros = spec.precision() - digits.length();
      if (spec.precision() < 0 && spec.zero()) {
        zeros = spec.width() - digits.length() - sign.length();
      }
      String text = sign + "0".repeat(Math.clamp(zeros, 0, LIMIT)) + digits;
      pad(spec, text.getBytes(StandardCharsets.US_ASCII));
    }

    private void pointer(Spec spec, long value) {
      char kind = peek();
      String text =
          switch (kind) {
            case 'x' -> skip(1, hex(value));
            case 'K' -> skip(1, hex(value));
            case 'S', 'B' -> skip(1, symbols.lookup(value));
            case 's' -> skip(1, name(value));
            case 'e' -> skip(1, Integer.toString((int) value));
            case 'I', 'i' -> address(value, kind == 'i');
            case 'M', 'm' -> mac(value, kind == 'm');
            case 'h' -> dump(spec, value);
            default -> hashed(value);
          };
      pad(spec, text.getBytes(StandardCharsets.UTF_8));
    }

    private String skip(int count, String text) {
      at += count;
      return text;
    }

    /** {@code %pI4}, {@code %pi4}, {@code %pI6}, {@code %pI6c}. */
    private String address(long value, boolean plain) {
      at++;
      char version = peek();
      at++;
      String bad = badPointer(value);
      if (version == '4') {
        char order = peek();
        boolean host = order == 'h' || order == 'l';
        at += host || order == 'n' || order == 'b' ? 1 : 0;
        if (!bad.isEmpty()) {
          return bad;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 4; i++) {
          int b = memory.readByte(value + (host ? 3 - i : i)) & 0xff;
          text.append(i == 0 ? "" : ".").append(plain ? "%03d".formatted(b) : b);
        }
        return text.toString();
      }
      take('c');
      if (!bad.isEmpty()) {
        return bad;
      }
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 16; i += 2) {
        text.append(i == 0 || plain ? "" : ":")
            .append(byteHex(value + i))
            .append(byteHex(value + i + 1));
      }
      return text.toString();
    }

    private String mac(long value, boolean plain) {
      at++;
      boolean dash = take('F');
      String bad = badPointer(value);
      if (!bad.isEmpty()) {
        return bad;
      }
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 6; i++) {
        text.append(i == 0 || plain ? "" : dash ? "-" : ":").append(byteHex(value + i));
      }
      return text.toString();
    }

    /** {@code %*ph}: a small buffer in hex. */
    private String dump(Spec spec, long value) {
      at++;
      char separator = ' ';
      if (take('C')) {
        separator = ':';
      } else if (take('D')) {
        separator = '-';
      } else if (take('N')) {
        separator = 0;
      }
      String bad = badPointer(value);
      if (!bad.isEmpty()) {
        return bad;
      }
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < Math.clamp(spec.width(), 1, 64); i++) {
        if (i > 0 && separator != 0) {
          text.append(separator);
        }
        text.append(byteHex(value + i));
      }
      return text.toString();
    }

    private String byteHex(long address) {
      int b = memory.readByte(address);
      return "" + DIGITS.charAt(b >> 4 & 0xf) + DIGITS.charAt(b & 0xf);
    }
  }

  private String name(long address) {
    KernelSymbols.Symbol symbol = symbols.at(address);
    return symbol == null ? "0x" + Long.toHexString(address) : symbol.name();
  }

  /** {@code ptr_to_id}: tells pointers apart without giving their values away. */
  private String hashed(long value) {
    if (value == 0 || Long.compareUnsigned(value, -4095L) >= 0) {
      return hex(value);
    }
    long mixed = (value ^ pointerKey) * 0x9e3779b97f4a7c15L;
    mixed = (mixed ^ mixed >>> 29) * 0xbf58476d1ce4e5b9L;
    return "00000000%08x".formatted((int) (mixed ^ mixed >>> 32));
  }

  private static String hex(long value) {
    return "%016x".formatted(value);
  }

  /** {@code check_pointer_msg}. */
  private static String badPointer(long address) {
    if (address == 0) {
      return "(null)";
    }
    boolean bad =
        Long.compareUnsigned(address, PAGE_SIZE) < 0 || Long.compareUnsigned(address, -4095L) >= 0;
    return bad ? "(efault)" : "";
  }

  private static long narrow(Spec spec, long value, boolean signed) {
    return switch (spec.bytes()) {
      case 1 -> signed ? (byte) value : value & 0xff;
      case 2 -> signed ? (short) value : value & 0xffff;
      case 4 -> signed ? (int) value : value & 0xffffffffL;
      default -> value;
    };
  }
}
