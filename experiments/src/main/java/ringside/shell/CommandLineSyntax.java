package ringside.shell;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;

/**
 * The shell's grammar: commands joined by {@code ;}, {@code &&}, {@code ||}, {@code &} and
 * newlines; quotes, backslashes, comments, and output redirection.
 */
final class CommandLineSyntax {
  /** When a command runs, seen from the one before it. */
  enum Join {
    /** Always. */
    ALWAYS,
    /** After success. */
    AND,
    /** After failure. */
    OR
  }

  /**
   * One command.
   *
   * @param words its name and arguments, at least one
   * @param background whether {@code &} ends it
   * @param output the file that its output goes to, or null
   * @param append whether it is added to that file
   */
  record Statement(
      Join join, List<String> words, boolean background, @Nullable String output, boolean append) {
    Statement {
      words = List.copyOf(words);
    }
  }

  private final String text;
  private final List<Statement> statements = new ArrayList<>();
  private List<String> words = new ArrayList<>();
  private Join join = Join.ALWAYS;
  private @Nullable String output;
  private boolean append;
  private boolean redirecting;
  private int at;

  private CommandLineSyntax(String text) {
    this.text = text;
  }

  /**
   * Parses a script.
   *
   * @throws BadInputException where it is not complete or makes no sense
   */
  static List<Statement> parse(String text) {
    return new CommandLineSyntax(text).statements();
  }

  private List<Statement> statements() {
    while (at < text.length()) {
      char c = text.charAt(at);
      switch (c) {
        case ' ', '\t', '\r' -> at++;
        case '#' -> skipComment();
        case '\n', ';' -> {
          at++;
          end(false, Join.ALWAYS, c);
        }
        case '&' -> {
          boolean and = text.startsWith("&&", at);
          at += and ? 2 : 1;
          end(!and, and ? Join.AND : Join.ALWAYS, and ? '&' : c);
        }
        case '|' -> {
          if (!text.startsWith("||", at)) {
            throw new BadInputException(null, "pipes are not supported", "use || for \"or else\"");
          }
          at += 2;
          end(false, Join.OR, '|');
        }
        case '>' -> {
          at++;
          append = at < text.length() && text.charAt(at) == '>';
          at += append ? 1 : 0;
          redirecting = true;
        }
        default -> word();
      }
    }
    boolean dangling = join != Join.ALWAYS && words.isEmpty();
    if (dangling) {
      throw new BadInputException(null, "syntax error: unexpected end of input", null);
    }
    end(false, Join.ALWAYS, '\n');
    return statements;
  }

  private void skipComment() {
    while (at < text.length() && text.charAt(at) != '\n') {
      at++;
    }
  }

  private void word() {
    StringBuilder word = new StringBuilder();
    while (at < text.length() && " \t\r\n;&|>".indexOf(text.charAt(at)) < 0) {
      char c = text.charAt(at++);
      if (c == '\'' || c == '"') {
        quoted(c, word);
      } else if (c == '\\' && at < text.length()) {
        char next = text.charAt(at++);
        if (next != '\n') {
          word.append(next);
        }
      } else {
        word.append(c);
      }
    }
    if (redirecting) {
      output = word.toString();
      redirecting = false;
    } else {
      words.add(word.toString());
    }
  }

  private void quoted(char quote, StringBuilder word) {
    while (at < text.length() && text.charAt(at) != quote) {
      char c = text.charAt(at++);
      boolean escape =
          c == '\\' && quote == '"' && at < text.length() && "\"\\$`".indexOf(text.charAt(at)) >= 0;
      word.append(escape ? text.charAt(at++) : c);
    }
    if (at == text.length()) {
      throw new BadInputException(null, "syntax error: unterminated quoted string", null);
    }
    at++;
  }

  private void end(boolean background, Join next, char separator) {
    if (redirecting) {
      throw new BadInputException(null, "syntax error: no file behind >", null);
    }
    if (words.isEmpty()) {
      if (separator == '\n' && next == Join.ALWAYS) {
        return; // empty lines, also behind && and ||
      }
      throw new BadInputException(
          null, "syntax error: unexpected \"%s\"".formatted(separator), null);
    }
    statements.add(new Statement(join, words, background, output, append));
    words = new ArrayList<>();
    output = null;
    append = false;
    join = next;
  }
}
