package ringside.reports.html;

import java.util.Locale;
import ringside.reports.model.Estimate;

/** How figures are written, the same everywhere. */
public final class Figures {
  private Figures() {}

  /** Nanoseconds with three significant digits, e.g. {@code 12.3 ns} or {@code 1,240 ns}. */
  public static String nanos(double value) {
    return number(value) + " ns";
  }

  /** Three significant digits, thousands grouped. */
  public static String number(double value) {
    double size = Math.abs(value);
    int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /** A ratio, e.g. {@code 1.24×}. */
  public static String ratio(double value) {
    return number(value) + "×";
  }

  /** The confidence interval, e.g. {@code 12.1 – 12.6}. */
  public static String interval(Estimate estimate) {
    return number(estimate.low()) + " – " + number(estimate.high());
  }

  /** A whole number with thousands grouped. */
  public static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** {@code 1 event}, {@code 2 events}. */
  public static String plural(long n, String noun) {
    return count(n) + " " + noun + (n == 1 ? "" : "s");
  }
}
