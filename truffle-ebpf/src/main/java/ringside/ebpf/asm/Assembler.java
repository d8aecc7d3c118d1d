package ringside.ebpf.asm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;

/**
 * Assembles either {@link Syntax}.
 *
 * <p>One instruction a line; {@code name:} sets a label; {@code ;} and {@code //}, with mnemonics
 * {@code #}, begin a comment. Jumps take {@code pc+3}, {@code +3} or a label; numbers are decimal
 * or {@code 0x…}. In C a 64-bit immediate ends in {@code ll}; {@code map_fd(n)}, {@code
 * map_value(n, offset)} and {@code func(label)} are the other forms of that load.
 */
public final class Assembler {
  private static final Pattern LABEL = Pattern.compile("\\s*([A-Za-z_.$][\\w.$]*)\\s*:");
  private static final List<String> WIDE_FORMS =
      List.of("map_fd", "map_value", "btf_id", "func", "map_idx", "map_idx_value");

  private final Syntax syntax;
  private final Map<String, Integer> labels = new HashMap<>();

  private Assembler(Syntax syntax) {
    this.syntax = syntax;
  }

  /** A line with an instruction. */
  private record Line(int number, List<Token> tokens) {}

  /**
   * Assembles a program in C-like syntax.
   *
   * @throws AssemblyException where a line is no instruction or a label is missing
   */
  public static List<Insn> assemble(String text) {
    return assemble(text, Syntax.C);
  }

  /**
   * Assembles a program.
   *
   * @throws AssemblyException where a line is no instruction or a label is missing
   */
  public static List<Insn> assemble(String text, Syntax syntax) {
    return new Assembler(syntax).run(text);
  }

  private List<Insn> run(String text) {
    List<Line> lines = new ArrayList<>();
    int slot = 0;
    int number = 0;
    for (String raw : text.split("\r?\n", -1)) {
      number++;
      String line = syntax.withoutComment(raw);
      int from = 0;
      for (Matcher m = LABEL.matcher(line); m.find(from) && m.start() == from; from = m.end()) {
        if (labels.put(m.group(1), slot) != null) {
          throw new AssemblyException(
              number, m.start(1) + 1, "label " + m.group(1) + " is set twice");
        }
      }
      List<Token> tokens = Token.of(line, from, number);
      if (!tokens.isEmpty()) {
        lines.add(new Line(number, tokens));
        slot += isWide(tokens) ? 2 : 1;
      }
    }
    List<Insn> insns = new ArrayList<>();
    for (Line line : lines) {
      assembleLine(line, insns);
    }
    return insns;
  }

  private boolean isWide(List<Token> tokens) {
    String first = tokens.getFirst().text();
    if (syntax == Syntax.MNEMONIC) {
      return Mnemonics.isWide(first);
    }
    return first.equals("ld_pseudo")
        || (tokens.size() > 3
            && (tokens.getLast().text().equals("ll") || WIDE_FORMS.contains(tokens.get(2).text())));
  }

  private void assembleLine(Line line, List<Insn> insns) {
    Match furthest = null;
    for (Form form : Form.of(syntax)) {
      Match match = new Match(line.tokens(), insns.size(), labels);
      if (match.form(form)) {
        match.emit(form.row(), insns);
        return;
      }
      if (furthest == null || further(match, furthest)) {
        furthest = match;
      }
    }
    throw complaint(line, furthest);
  }

  private static boolean further(Match match, Match than) {
    return match.reached() > than.reached()
        || (match.reached() == than.reached() && match.problem() != null && than.problem() == null);
  }

  private static AssemblyException complaint(Line line, @Nullable Match furthest) {
    List<Token> tokens = line.tokens();
    int reached = furthest == null ? 0 : furthest.reached();
    String problem = furthest == null ? null : furthest.problem();
    String all = tokens.stream().map(Token::text).collect(Collectors.joining(" "));
    if (problem != null) {
      int column = tokens.get(Math.min(reached, tokens.size() - 1)).column();
      return new AssemblyException(line.number(), column, problem);
    }
    if (reached >= tokens.size()) {
      Token last = tokens.getLast();
      return new AssemblyException(
          line.number(),
          last.column() + last.text().length(),
          "'" + all + "' ends before the instruction does");
    }
    Token stop = tokens.get(reached);
    String what =
        reached == 0
            ? "no instruction begins with '" + stop.text() + "'"
            : "'" + stop.text() + "' does not belong here in '" + all + "'";
    return new AssemblyException(line.number(), stop.column(), what);
  }
}
