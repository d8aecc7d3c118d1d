package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CONST_STR;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_8;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/** Helpers on strings ({@code kernel/bpf/helpers.c}). */
public final class TextHelpers {
  private static final BigInteger MAX_U64 = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private final Memory memory;

  /** Makes the family for one kernel. */
  public TextHelpers(Memory memory) {
    this.memory = memory;
  }

  /** {@code bpf_strtol}: reads a signed number; returns how many characters it took. */
  @BpfHelper(
      id = 105,
      args = {
        ARG_PTR_TO_MEM_RDONLY,
        ARG_CONST_SIZE,
        ARG_ANYTHING,
        ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_8
      })
  @TruffleBoundary
  public long strtol(long text, long size, long flags, long result) {
    memory.writeLong(result, 0);
    Parsed number = parse(text, size, flags);
    if (number.length < 0) {
      return number.length;
    }
    BigInteger value = number.negative ? number.value.negate() : number.value;
    if (value.bitLength() > 63) {
      return -Errno.ERANGE;
    }
    memory.writeLong(result, value.longValue());
    return number.length;
  }

  /** {@code bpf_strtoul}: reads an unsigned number; returns how many characters it took. */
  @BpfHelper(
      id = 106,
      args = {
        ARG_PTR_TO_MEM_RDONLY,
        ARG_CONST_SIZE,
        ARG_ANYTHING,
        ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_8
      })
  @TruffleBoundary
  public long strtoul(long text, long size, long flags, long result) {
    memory.writeLong(result, 0);
    Parsed number = parse(text, size, flags);
    if (number.length < 0) {
      return number.length;
    }
    if (number.negative) {
      return -Errno.EINVAL;
    }
    memory.writeLong(result, number.value.longValue());
    return number.length;
  }

  /** {@code bpf_strncmp}: compares a bounded string with a constant one. */
  @BpfHelper(
      id = 182,
      args = {ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE, ARG_PTR_TO_CONST_STR})
  @TruffleBoundary
  public long strncmp(long s1, long size, long s2) {
    for (long i = 0; i < (int) size; i++) {
      int a = memory.readByte(s1 + i) & 0xff;
      int b = memory.readByte(s2 + i) & 0xff;
      if (a != b) {
        return a < b ? -1 : 1;
      }
      if (a == 0) {
        return 0;
      }
    }
    return 0;
  }

  /** What was read: its magnitude, and how long it was or a negative errno. */
  private record Parsed(BigInteger value, boolean negative, int length) {
    static Parsed error(int errno) {
      return new Parsed(BigInteger.ZERO, false, -errno);
    }
  }

  /** {@code __bpf_strtoull}: leading blanks, a minus, a base by flag or prefix, digits. */
  private Parsed parse(long text, long size, long flags) {
    int base = (int) flags & 0x1f;
    if (size <= 0
        || (flags & ~0x1fL) != 0
        || (base != 0 && base != 8 && base != 10 && base != 16)) {
      return Parsed.error(Errno.EINVAL);
    }
    byte[] bytes = new byte[(int) Math.min(size, 64)];
    memory.read(text, bytes, 0, bytes.length);
    String chars = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = 0;
    while (at < chars.length() && " \t\n\u000b\f\r\u00a0".indexOf(chars.charAt(at)) >= 0) {
      at++;
    }
    boolean negative = at < chars.length() && chars.charAt(at) == '-';
    at += negative ? 1 : 0;
    String rest = chars.substring(at);
    boolean hex = rest.length() > 2 && rest.regionMatches(true, 0, "0x", 0, 2);
    if (base == 0) {
      base = hex && Character.digit(rest.charAt(2), 16) >= 0 ? 16 : rest.startsWith("0") ? 8 : 10;
    }
    if (base == 16 && hex) {
      at += 2;
    }
    BigInteger value = BigInteger.ZERO;
    int from = at;
    while (at < chars.length() && Character.digit(chars.charAt(at), base) >= 0) {
      value =
          value
              .multiply(BigInteger.valueOf(base))
              .add(BigInteger.valueOf(Character.digit(chars.charAt(at), base)));
      at++;
    }
    if (at == from) {
      return Parsed.error(Errno.EINVAL);
    }
    return value.compareTo(MAX_U64) > 0
        ? Parsed.error(Errno.ERANGE)
        : new Parsed(value, negative, at);
  }
}
