package ringside.kernel.lib;

import java.math.BigInteger;

/**
 * Numbers in text, by the rules of {@code lib/kstrtox.c}.
 *
 * @param value the number, meaningful only where the status is OK
 */
public record Kstrtox(Status status, long value) {
  /** How parsing ended. */
  public enum Status {
    /** A number, which fits. */
    OK,
    /** {@code -EINVAL}. */
    INVALID,
    /** {@code -ERANGE}. */
    OUT_OF_RANGE
  }

  /**
   * Parses all of a text; one newline may follow the number.
   *
   * @param base 2 to 36, or 0 to see it by prefix: {@code 0x}, {@code 0}, or none
   * @param bytes the size of the integer
   */
  public static Kstrtox parse(String text, int base, int bytes, boolean signed) {
    String digits = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    boolean negative = signed && digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    int radix = base;
    boolean hex =
        digits.length() > 2
            && (digits.startsWith("0x") || digits.startsWith("0X"))
            && Character.digit(digits.charAt(2), 16) >= 0;
    if (radix == 0) {
      radix = hex ? 16 : digits.startsWith("0") ? 8 : 10;
    }
    if (radix == 16 && hex) {
      digits = digits.substring(2);
    }
    if (digits.isEmpty()) {
      return new Kstrtox(Status.INVALID, 0);
    }
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) > 127 || Character.digit(digits.charAt(i), radix) < 0) {
        return new Kstrtox(Status.INVALID, 0);
      }
    }
    BigInteger value = new BigInteger(digits, radix);
    value = negative ? value.negate() : value;
    int bits = bytes * 8;
    BigInteger low = signed ? BigInteger.ONE.shiftLeft(bits - 1).negate() : BigInteger.ZERO;
    BigInteger high = BigInteger.ONE.shiftLeft(signed ? bits - 1 : bits);
    if (value.compareTo(low) < 0 || value.compareTo(high) >= 0) {
      return new Kstrtox(Status.OUT_OF_RANGE, 0);
    }
    return new Kstrtox(Status.OK, value.longValue());
  }
}
