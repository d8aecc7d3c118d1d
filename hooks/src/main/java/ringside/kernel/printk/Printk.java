package ringside.kernel.printk;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * The kernel's log buffer.
 *
 * <p>A ring: when it is full the oldest records go, as in Linux. Records carry a level and a
 * virtual timestamp.
 */
public final class Printk {
  /** {@code KERN_EMERG}: the system is unusable. */
  public static final int EMERG = 0;

  /** {@code KERN_ALERT}. */
  public static final int ALERT = 1;

  /** {@code KERN_CRIT}. */
  public static final int CRIT = 2;

  /** {@code KERN_ERR}. */
  public static final int ERR = 3;

  /** {@code KERN_WARNING}. */
  public static final int WARNING = 4;

  /** {@code KERN_NOTICE}. */
  public static final int NOTICE = 5;

  /** {@code KERN_INFO}. */
  public static final int INFO = 6;

  /** {@code KERN_DEBUG}. */
  public static final int DEBUG = 7;

  private static final int CAPACITY_CHARS = 1 << 18;

  private final LongSupplier nanos;
  private final ArrayDeque<Line> ring = new ArrayDeque<>();
  private int chars;

  /** Makes an empty log whose records are stamped with {@code nanos}, virtual nanoseconds. */
  public Printk(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * One record.
   *
   * @param level 0 (emergency) to 7 (debug)
   * @param nanos virtual time since boot
   * @param text without the newline
   */
  public record Line(int level, long nanos, String text) {
    /** The record as {@code dmesg} prints it: {@code [ 0.000000] text}. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "[%5d.%06d] %s", nanos / 1_000_000_000, nanos % 1_000_000_000 / 1000, text);
    }
  }

  /** Logs text; each of its lines becomes a record of its own. */
  @TruffleBoundary
  public void emit(int level, String text) {
    long now = nanos.getAsLong();
    String body = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    for (String line : body.split("\n", -1)) {
      ring.add(new Line(level, now, line));
      chars += line.length();
    }
    while (chars > CAPACITY_CHARS && ring.size() > 1) {
      chars -= ring.remove().text().length();
    }
  }

  /** The records, oldest first; a snapshot. */
  public List<Line> lines() {
    return new ArrayList<>(ring);
  }

  /** The log as {@code dmesg} prints it, each line ended by a newline. */
  public String dmesg() {
    StringBuilder out = new StringBuilder();
    for (Line line : ring) {
      out.append(line).append('\n');
    }
    return out.toString();
  }

  /** Empties the log ({@code dmesg -C}). */
  public void clear() {
    ring.clear();
    chars = 0;
  }
}
