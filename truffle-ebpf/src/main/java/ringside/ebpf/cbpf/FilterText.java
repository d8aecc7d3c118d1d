package ringside.ebpf.cbpf;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;

/** Filters as text: what {@code tcpdump -ddd} and {@code tcpdump -dd} print. */
public final class FilterText {
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,5}");
  private static final Pattern ROW =
      Pattern.compile("([0-9]+)\\s+([0-9]+)\\s+([0-9]+)\\s+([0-9]+)");
  private static final Pattern INITIALIZER =
      Pattern.compile("\\{\\s*(\\w+)\\s*,\\s*(\\w+)\\s*,\\s*(\\w+)\\s*,\\s*(\\w+)\\s*\\}\\s*,?");
  private static final String HINT = "make it with tcpdump -ddd or tcpdump -dd";

  private FilterText() {}

  /** Whether a text looks like one of the two forms. */
  public static boolean recognises(String text) {
    String first = text.lines().filter(l -> !l.isBlank()).findFirst().orElse("").strip();
    return COUNT.matcher(first.split(",", 2)[0].strip()).matches()
        || INITIALIZER.matcher(first).matches();
  }

  /**
   * Reads a filter in either form; the rows of the decimal one may also stand in one line,
   * separated by commas, as iptables takes them.
   *
   * @param where the file, for messages
   * @throws BadInputException where it is neither
   */
  public static List<SockFilter> parse(String where, String text) {
    List<String> rows = text.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
    if (rows.isEmpty()) {
      throw new BadInputException(where, "is empty", HINT);
    }
    return rows.getFirst().startsWith("{") ? initializers(where, rows) : decimals(where, rows);
  }

  private static List<SockFilter> initializers(String where, List<String> rows) {
    List<SockFilter> filter = new ArrayList<>();
    for (String row : rows) {
      filter.add(instruction(where, filter.size() + 1, INITIALIZER.matcher(row), row));
    }
    return filter;
  }

  private static List<SockFilter> decimals(String where, List<String> lines) {
    List<String> rows =
        lines.stream()
            .flatMap(l -> Pattern.compile(",").splitAsStream(l))
            .map(String::strip)
            .filter(l -> !l.isEmpty())
            .toList();
    String count = rows.getFirst();
    if (!COUNT.matcher(count).matches()) {
      throw new BadInputException(
          where, "line 1: '" + shortened(count) + "' is not the number of instructions", HINT);
    }
    List<SockFilter> filter = new ArrayList<>();
    for (String row : rows.subList(1, rows.size())) {
      filter.add(instruction(where, filter.size() + 2, ROW.matcher(row), row));
    }
    if (filter.size() != Integer.parseInt(count)) {
      throw new BadInputException(
          where, "announces %s instructions and has %d".formatted(count, filter.size()), HINT);
    }
    return filter;
  }

  private static SockFilter instruction(String where, int line, Matcher fields, String row) {
    if (!fields.matches()) {
      throw new BadInputException(
          where, "line %d: '%s' is no instruction".formatted(line, shortened(row)), HINT);
    }
    @Nullable Long code = number(fields.group(1), 0xffff);
    @Nullable Long jt = number(fields.group(2), 0xff);
    @Nullable Long jf = number(fields.group(3), 0xff);
    @Nullable Long k = number(fields.group(4), 0xffffffffL);
    if (code == null || jt == null || jf == null || k == null) {
      throw new BadInputException(
          where,
          "line %d: '%s' has a number that is none or too large".formatted(line, shortened(row)),
          HINT);
    }
    return new SockFilter(code.intValue(), jt.intValue(), jf.intValue(), k.intValue());
  }

  private static @Nullable Long number(String text, long largest) {
    try {
      long value = Long.decode(text);
      return value >= 0 && value <= largest ? value : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "...";
  }

  /** A filter as {@code tcpdump -ddd} prints it. */
  public static String decimal(List<SockFilter> filter) {
    StringBuilder out = new StringBuilder().append(filter.size()).append('\n');
    for (SockFilter insn : filter) {
      out.append(insn.code())
          .append(' ')
          .append(insn.jt())
          .append(' ')
          .append(insn.jf())
          .append(' ')
          .append(Integer.toUnsignedString(insn.k()))
          .append('\n');
    }
    return out.toString();
  }

  /** A filter as {@code tcpdump -dd} prints it. */
  public static String initializers(List<SockFilter> filter) {
    StringBuilder out = new StringBuilder();
    for (SockFilter insn : filter) {
      out.append(
          "{ 0x%x, %d, %d, 0x%08x },\n".formatted(insn.code(), insn.jt(), insn.jf(), insn.k()));
    }
    return out.toString();
  }
}
