package ringside.ebpf.asm;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A word of a line.
 *
 * @param column where it begins, from 1
 */
record Token(String text, int column) {
  private static final String WORD =
      "s(?:>>=|>=|<=|/=|%=|<|>)(?![\\w])|>>=|<<=|[-+*/|&^%!=<>]=|0[xX][0-9a-fA-F]+"
          + "|[0-9]+(?![\\w])|%?[A-Za-z_.$][\\w.$]*(?:#-?[0-9]+)?|<[A-Za-z_.$][^>]*>"
          + "|[-+*/|&^%=<>(),\\[\\]:]";
  private static final Pattern IN_LINE = Pattern.compile("\\s*(" + WORD + ")");
  private static final Pattern IN_TEMPLATE =
      Pattern.compile("\\s*(%?[rw]?\\$[a-zA-Z]|" + WORD + ")");

  /**
   * Cuts a line into words.
   *
   * @param from where the line's instruction begins
   * @throws AssemblyException where a character belongs to none
   */
  static List<Token> of(String line, int from, int number) {
    List<Token> tokens = new ArrayList<>();
    Matcher m = IN_LINE.matcher(line);
    int at = from;
    while (at < line.length() && !line.substring(at).isBlank()) {
      if (!m.find(at) || m.start() != at) {
        int column = at + line.substring(at).indexOf(line.substring(at).strip());
        throw new AssemblyException(
            number, column + 1, "cannot read '" + line.substring(at).strip() + "'");
      }
      String token = m.group(1);
      // LLVM's listing names a jump's target behind it; the distance is what counts.
      if (!(token.startsWith("<") && token.endsWith(">") && token.length() > 2)) {
        tokens.add(new Token(token, m.start(1) + 1));
      }
      at = m.end();
    }
    return tokens;
  }

  /** Cuts a template into words and operands. */
  static List<String> ofTemplate(String template) {
    List<String> tokens = new ArrayList<>();
    Matcher m = IN_TEMPLATE.matcher(template);
    while (m.find()) {
      tokens.add(m.group(1));
    }
    return tokens;
  }
}
