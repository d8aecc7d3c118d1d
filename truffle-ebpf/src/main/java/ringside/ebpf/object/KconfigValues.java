package ringside.ebpf.object;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** The values of {@code __kconfig} variables, from the kernel's build options. */
final class KconfigValues {
  /** The most bytes that the map {@code .kconfig} may have here. */
  static final int LARGEST = 1 << 20;

  private static final String TRISTATE = "libbpf_tristate";

  private final ObjectFile file;
  private final Btf btf;
  private final TargetKernel kernel;

  /** What a variable can hold. */
  private enum Kind {
    BOOL,
    CHAR,
    INT,
    TRISTATE,
    CHAR_ARRAY
  }

  KconfigValues(ObjectFile file, TargetKernel kernel) {
    this.file = file;
    this.btf = file.btf();
    this.kernel = kernel;
  }

  /** The size of a variable, which must be of a type that options can have. */
  long size(Externs.Wanted option) {
    kind(option);
    long size;
    try {
      size = btf.sizeOf(option.type());
    } catch (BadInputException e) {
      throw file.bad("failed to resolve size of extern (kcfg) '%s': -22".formatted(option.name()));
    }
    if (size > LARGEST) {
      throw file.bad("extern (kcfg) '%s': too large".formatted(option.name()));
    }
    return size;
  }

  /** The alignment of a variable. */
  long alignment(Externs.Wanted option) {
    return kind(option) == Kind.CHAR_ARRAY ? 1 : Math.min(8, size(option));
  }

  /** Puts an option's value where its variable lies; nothing where the kernel has no such one. */
  void store(Externs.Wanted option, byte[] into, int at) {
    String name = option.name();
    if (name.startsWith("CONFIG_")) {
      String value = kernel.options().get(name);
      if (value != null) {
        storeText(option, value, into, at);
      } else if (!option.isWeak()) {
        throw file.badWithHint(
            "declare it __weak if the program can do without",
            "extern '%s' (strong): not resolved".formatted(name));
      }
      return;
    }
    long value;
    switch (name) {
      case "LINUX_KERNEL_VERSION" -> value = kernel.versionCode();
      case "LINUX_HAS_BPF_COOKIE" -> value = kernel.bpfCookie() ? 1 : 0;
      case "LINUX_HAS_SYSCALL_WRAPPER" -> value = kernel.syscallWrapper() ? 1 : 0;
      default -> {
        if (!name.startsWith("LINUX_") || !option.isWeak()) {
          throw file.bad("extern (kcfg) '%s': unrecognized virtual extern".formatted(name));
        }
        value = 0;
      }
    }
    storeNumber(option, value, into, at);
  }

  private void storeText(Externs.Wanted option, String value, byte[] into, int at) {
    if (value.equals("y") || value.equals("m") || value.equals("n")) {
      storeLetter(option, value.charAt(0), into, at);
    } else if (value.startsWith("\"")) {
      storeString(option, value, into, at);
    } else {
      Long number = number(value);
      if (number == null) {
        throw file.bad(
            "extern (kcfg) '%s': value '%s' isn't a valid integer".formatted(option.name(), value));
      }
      Kind kind = kind(option);
      if (kind != Kind.INT && kind != Kind.CHAR) {
        throw file.bad(
            "extern (kcfg) '%s': value '%s' implies integer type".formatted(option.name(), value));
      }
      storeNumber(option, number, into, at);
    }
  }

  private void storeLetter(Externs.Wanted option, char value, byte[] into, int at) {
    switch (kind(option)) {
      case BOOL -> {
        if (value == 'm') {
          throw file.bad(
              "extern (kcfg) '%s': value 'm' implies tristate or char type"
                  .formatted(option.name()));
        }
        into[at] = (byte) (value == 'y' ? 1 : 0);
      }
      case TRISTATE -> Bytes.put(into, at, (int) size(option), "nym".indexOf(value));
      case CHAR -> into[at] = (byte) value;
      default ->
          throw file.bad(
              "extern (kcfg) '%s': value '%s' implies bool, tristate, or char type"
                  .formatted(option.name(), value));
    }
  }

  private void storeString(Externs.Wanted option, String value, byte[] into, int at) {
    if (kind(option) != Kind.CHAR_ARRAY) {
      throw file.bad(
          "extern (kcfg) '%s': value '%s' implies char array type".formatted(option.name(), value));
    }
    if (value.length() < 2 || !value.endsWith("\"")) {
      throw file.bad(
          "extern (kcfg) '%s': invalid string config '%s'".formatted(option.name(), value));
    }
    byte[] text = value.substring(1, value.length() - 1).getBytes(StandardCharsets.UTF_8);
    System.arraycopy(text, 0, into, at, Math.min(text.length, (int) size(option) - 1));
  }

  private void storeNumber(Externs.Wanted option, long value, byte[] into, int at) {
    Kind kind = kind(option);
    if (kind != Kind.INT && kind != Kind.CHAR && kind != Kind.BOOL) {
      throw file.bad(
          "extern (kcfg) '%s': value '%s' implies integer, char, or boolean type"
              .formatted(option.name(), Long.toUnsignedString(value)));
    }
    if (kind == Kind.BOOL && (value < 0 || value > 1)) {
      throw file.bad(
          "extern (kcfg) '%s': value '%s' isn't boolean compatible"
              .formatted(option.name(), Long.toUnsignedString(value)));
    }
    int size = (int) size(option);
    if (!fits(option, value, size)) {
      throw file.bad(
          "extern (kcfg) '%s': value '%s' doesn't fit in %d bytes"
              .formatted(option.name(), Long.toUnsignedString(value), size));
    }
    Bytes.put(into, at, size, value);
  }

  private boolean fits(Externs.Wanted option, long value, int size) {
    if (size == 8) {
      return true;
    }
    int bits = size * 8;
    boolean signed = btf.type(option.type()) instanceof BtfType.Int i && i.isSigned();
    return signed ? value == (value << (64 - bits)) >> (64 - bits) : value >>> bits == 0;
  }

  /** A number as C's strtoull with base 0 reads it, or null. */
  private static @Nullable Long number(String text) {
    try {
      if (text.matches("-[0-9]+")) {
        return Long.parseLong(text);
      }
      if (text.matches("0[xX][0-9a-fA-F]+")) {
        return Long.parseUnsignedLong(text.substring(2), 16);
      }
      if (text.matches("0[0-7]*")) {
        return Long.parseUnsignedLong(text, 8);
      }
      return text.matches("[1-9][0-9]*") ? Long.valueOf(Long.parseUnsignedLong(text)) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private Kind kind(Externs.Wanted option) {
    Kind kind = kind(option.type());
    if (kind == null) {
      throw file.bad("extern (kcfg) '%s': type is unsupported".formatted(option.name()));
    }
    return kind;
  }

  private @Nullable Kind kind(int type) {
    return switch (btf.stripped(type)) {
      case BtfType.Int i -> {
        if ((i.encoding() & BtfType.Int.BOOL) != 0) {
          yield i.size() == 1 ? Kind.BOOL : null;
        }
        yield i.size() == 1 ? Kind.CHAR : i.size() <= 8 ? Kind.INT : null;
      }
      case BtfType.Enum32 e -> e.size() == 4 && e.name().equals(TRISTATE) ? Kind.TRISTATE : null;
      case BtfType.Enum64 e -> e.name().equals(TRISTATE) ? Kind.TRISTATE : null;
      case BtfType.Array a ->
          a.count() > 0
                  && btf.stripped(a.element()) instanceof BtfType.Int element
                  && kind(a.element()) == Kind.CHAR
                  && element.size() == 1
              ? Kind.CHAR_ARRAY
              : null;
      default -> null;
    };
  }
}
