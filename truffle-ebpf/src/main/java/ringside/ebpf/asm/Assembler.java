package ringside.ebpf.asm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.Instruction.Field;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;

/**
 * Assembles the C-like syntax of the kernel's log and of LLVM.
 *
 * <p>One instruction a line; {@code name:} sets a label, {@code ;} and {@code //} begin a comment.
 * Jumps take {@code pc+3}, {@code +3} or a label; numbers are decimal or {@code 0x…}. A 64-bit
 * immediate ends in {@code ll}; {@code map_fd(n)}, {@code map_value(n, offset)} and {@code
 * func(label)} are the other forms of that load.
 */
public final class Assembler {
  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s*(?:(s(?:>>=|>=|<=|/=|%=|<|>)(?![\\w])|>>=|<<=|[-+*/|&^%!=<>]=|0[xX][0-9a-fA-F]+"
              + "|[0-9]+(?![\\w])|[A-Za-z_.$][\\w.$]*(?:#-?[0-9]+)?|<[A-Za-z_.$][^>]*>|[-+*/|&^%=<>(),\\[\\]:]))");
  private static final Pattern LABEL = Pattern.compile("^\\s*([A-Za-z_.$][\\w.$]*)\\s*:(.*)$");
  private static final Pattern REGISTER = Pattern.compile("([rw])(\\d{1,2})");
  private static final List<Form> FORMS = forms();

  private final Map<String, Integer> labels = new HashMap<>();

  private Assembler() {}

  /** One way to write an instruction. */
  private record Form(Instruction row, List<String> tokens) {}

  /**
   * Assembles a program.
   *
   * @throws AssemblyException where a line is no instruction or a label is missing
   */
  public static List<Insn> assemble(String text) {
    return new Assembler().run(text);
  }

  private List<Insn> run(String text) {
    record Line(int number, List<String> tokens) {}
    List<Line> lines = new ArrayList<>();
    int slot = 0;
    int number = 0;
    for (String raw : text.split("\n", -1)) {
      number++;
      String line = stripComment(raw);
      for (Matcher m = LABEL.matcher(line); m.matches(); m = LABEL.matcher(line)) {
        if (labels.put(m.group(1), slot) != null) {
          throw new AssemblyException(number, "label " + m.group(1) + " is set twice");
        }
        line = m.group(2);
      }
      if (!line.isBlank()) {
        List<String> tokens = tokens(line, number);
        lines.add(new Line(number, tokens));
        slot += isWide(tokens) ? 2 : 1;
      }
    }
    List<Insn> insns = new ArrayList<>();
    for (Line line : lines) {
      assembleLine(line.tokens(), line.number(), insns);
    }
    return insns;
  }

  private static String stripComment(String line) {
    int end = line.length();
    for (String mark : List.of(";", "//")) {
      int at = line.indexOf(mark);
      if (at >= 0) {
        end = Math.min(end, at);
      }
    }
    return line.substring(0, end);
  }

  private static List<String> tokens(String line, int number) {
    List<String> tokens = new ArrayList<>();
    Matcher m = TOKEN.matcher(line);
    int at = 0;
    while (at < line.length() && !line.substring(at).isBlank()) {
      if (!m.find(at) || m.start() != at) {
        throw new AssemblyException(number, "cannot read '" + line.substring(at).strip() + "'");
      }
      String token = m.group(1);
      // LLVM's listing names a jump's target behind it; the distance is what counts.
      if (!(token.startsWith("<") && token.endsWith(">") && token.length() > 2)) {
        tokens.add(token);
      }
      at = m.end();
    }
    return tokens;
  }

  private static boolean isWide(List<String> tokens) {
    return tokens.size() > 3
        && (tokens.getLast().equals("ll")
            || List.of("map_fd", "map_value", "btf_id", "func", "map_idx", "map_idx_value")
                .contains(tokens.get(2)));
  }

  private void assembleLine(List<String> tokens, int number, List<Insn> insns) {
    String unknownLabel = null;
    for (Form form : FORMS) {
      Match match = new Match(tokens, insns.size());
      if (match.form(form)) {
        if (match.missing != null) {
          unknownLabel = match.missing;
          continue;
        }
        match.emit(form.row, insns);
        return;
      }
    }
    throw new AssemblyException(
        number,
        unknownLabel != null
            ? "no label '" + unknownLabel + "'"
            : "no instruction '" + String.join(" ", tokens) + "'");
  }

  private static List<Form> forms() {
    List<Form> forms = new ArrayList<>();
    for (Instruction row : InstructionSet.ROWS) {
      forms.add(new Form(row, template(row.template())));
    }
    // LLVM writes exchanges in its own way.
    String[][] aliases = {
      {"w$s = xchg32_32(r$d $o, w$s)", "r$s = xchg_64(r$d $o, r$s)"},
      {"w0 = cmpxchg32_32(r$d $o, w0, w$s)", "r0 = cmpxchg_64(r$d $o, r0, r$s)"}
    };
    forms.add(new Form(InstructionSet.ROWS.get(Op.ATOMIC_XCHG32), template(aliases[0][0])));
    forms.add(new Form(InstructionSet.ROWS.get(Op.ATOMIC_XCHG64), template(aliases[0][1])));
    forms.add(new Form(InstructionSet.ROWS.get(Op.ATOMIC_CMPXCHG32), template(aliases[1][0])));
    forms.add(new Form(InstructionSet.ROWS.get(Op.ATOMIC_CMPXCHG64), template(aliases[1][1])));
    return List.copyOf(forms);
  }

  private static List<String> template(String template) {
    List<String> tokens = new ArrayList<>();
    Matcher m =
        Pattern.compile("\\s*([rw]?\\$[a-zA-Z]|" + TOKEN.pattern().substring("\\s*".length()) + ")")
            .matcher(template);
    while (m.find()) {
      tokens.add(m.group(1));
    }
    return tokens;
  }

  /** One attempt to read a line as one form. */
  private final class Match {
    private final List<String> tokens;
    private final int slot;
    private final Map<Field, Integer> fields = new HashMap<>();
    private long wide;
    private int at;
    private @Nullable String missing;

    Match(List<String> tokens, int slot) {
      this.tokens = tokens;
      this.slot = slot;
    }

    boolean form(Form form) {
      boolean memory = (form.row.code() & 7) < 4;
      for (String want : form.tokens) {
        if (!step(want, memory)) {
          return false;
        }
      }
      return at == tokens.size();
    }

    private boolean step(String want, boolean memory) {
      int dollar = want.indexOf('$');
      if (dollar < 0) {
        return literal(want, memory);
      }
      char kind = want.charAt(dollar + 1);
      return switch (kind) {
        case 'd', 's' -> register(want.charAt(0), kind == 'd' ? Field.DST : Field.SRC, memory);
        case 'o' -> offset();
        case 'i', 'x' -> immediate();
        case 'h', 'l' -> half(kind == 'h');
        case 'q' -> wide();
        case 't' -> target(Field.OFF);
        case 'T' -> target(Field.IMM);
        case 'f' -> callee();
        default -> false;
      };
    }

    private @Nullable String peek() {
      return at < tokens.size() ? tokens.get(at) : null;
    }

    private boolean literal(String want, boolean memory) {
      String have = peek();
      if (have == null) {
        return false;
      }
      boolean same =
          have.equals(want)
              || have.equals(want.replaceFirst("^atomic64_", "atomic_"))
              || (memory && want.equals("r0") && have.equals("w0"));
      at++;
      return same;
    }

    private boolean register(char letter, Field field, boolean memory) {
      String have = peek();
      Matcher m = have == null ? null : REGISTER.matcher(have);
      if (m == null || !m.matches()) {
        return false;
      }
      int number = Integer.parseInt(m.group(2));
      boolean width = m.group(1).charAt(0) == letter || (memory && m.group(1).equals("w"));
      at++;
      Integer before = fields.put(field, number);
      return width && number <= 10 && (before == null || before == number);
    }

    private @Nullable Long number() {
      int from = at;
      boolean negative = false;
      if ("-".equals(peek()) || "+".equals(peek())) {
        negative = "-".equals(peek());
        at++;
      }
      String digits = peek();
      if (digits == null || !Character.isDigit(digits.charAt(0))) {
        at = from;
        return null;
      }
      at++;
      try {
        long value =
            digits.startsWith("0x") || digits.startsWith("0X")
                ? Long.parseUnsignedLong(digits.substring(2), 16)
                : Long.parseUnsignedLong(digits);
        return negative ? -value : value;
      } catch (NumberFormatException e) {
        return null;
      }
    }

    private boolean offset() {
      if (")".equals(peek()) || ",".equals(peek())) {
        fields.put(Field.OFF, 0);
        return true;
      }
      if (!"+".equals(peek()) && !"-".equals(peek())) {
        return false;
      }
      return put(Field.OFF, number(), Short.MIN_VALUE, Short.MAX_VALUE);
    }

    private boolean immediate() {
      Long value = number();
      // An unsigned 32-bit value is taken for its bit pattern, as the kernel's listing prints it.
      return put(Field.IMM, value, Integer.MIN_VALUE, 0xffffffffL);
    }

    private boolean half(boolean high) {
      Long value = number();
      if (value == null || value < 0 || value > 0xffff) {
        return false;
      }
      int before = fields.getOrDefault(Field.IMM, 0);
      fields.put(Field.IMM, before | (int) (high ? value << 16 : value));
      return true;
    }

    private boolean wide() {
      String name = peek();
      if (name != null && labels.containsKey(name)) {
        at++;
        wide = (long) labels.get(name) - slot - 1;
        return true;
      }
      Long value = number();
      if (value == null) {
        return false;
      }
      wide = value;
      if (",".equals(peek())) {
        at++;
        Long offset = number();
        wide = (value & 0xffffffffL) | (offset == null ? 0 : offset << 32);
        return offset != null;
      }
      return true;
    }

    private boolean target(Field field) {
      if ("pc".equals(peek())) {
        at++;
      }
      int low = field == Field.OFF ? Short.MIN_VALUE : Integer.MIN_VALUE;
      int high = field == Field.OFF ? Short.MAX_VALUE : Integer.MAX_VALUE;
      if ("+".equals(peek()) || "-".equals(peek())) {
        return put(field, number(), low, high);
      }
      String label = peek();
      boolean named =
          label != null
              && (Character.isJavaIdentifierStart(label.charAt(0)) || label.charAt(0) == '.');
      if (!named) {
        return false;
      }
      at++;
      Integer where = labels.get(label);
      if (where == null) {
        missing = label;
        return true;
      }
      return put(field, (long) where - slot - 1, low, high);
    }

    private boolean callee() {
      String name = peek();
      if (name == null) {
        return false;
      }
      int hash = name.indexOf('#');
      if (hash >= 0) {
        at++;
        try {
          fields.put(Field.IMM, Integer.parseInt(name.substring(hash + 1)));
          return true;
        } catch (NumberFormatException e) {
          return false;
        }
      }
      if (HelperCatalog.id(name) > 0) {
        at++;
        fields.put(Field.IMM, HelperCatalog.id(name));
        return true;
      }
      return !"+".equals(name) && immediate();
    }

    private boolean put(Field field, @Nullable Long value, long low, long high) {
      if (value == null || value < low || value > high) {
        return false;
      }
      fields.put(field, (int) (long) value);
      return true;
    }

    void emit(Instruction row, List<Insn> insns) {
      Map<Field, Integer> f = new HashMap<>(fields);
      f.putAll(row.fixed());
      int imm = row.wide() ? (int) wide : f.getOrDefault(Field.IMM, 0);
      insns.add(
          new Insn(
              row.code(),
              f.getOrDefault(Field.DST, 0),
              f.getOrDefault(Field.SRC, 0),
              f.getOrDefault(Field.OFF, 0),
              imm));
      if (row.wide()) {
        insns.add(Insn.wideSecond(wide));
      }
    }
  }
}
