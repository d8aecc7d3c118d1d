package ringside.ebpf.asm;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.Instruction.Field;
import ringside.ebpf.isa.Opcodes;

/** One attempt to read a line as one form. */
final class Match {
  private static final Pattern REGISTER = Pattern.compile("(%?[rw])(\\d{1,3})");

  private final List<Token> tokens;
  private final int slot;
  private final Map<String, Integer> labels;
  private final Map<Field, Integer> fields = new EnumMap<>(Field.class);
  private long wide;
  private int at;
  private @Nullable String problem;

  /**
   * Begins an attempt.
   *
   * @param slot where the instruction will stand
   * @param labels slots by name
   */
  Match(List<Token> tokens, int slot, Map<String, Integer> labels) {
    this.tokens = tokens;
    this.slot = slot;
    this.labels = labels;
  }

  /** Tries; true where the whole line is that form. */
  boolean form(Form form) {
    boolean memory = (form.row().code() & 7) <= Opcodes.BPF_STX;
    for (String want : form.tokens()) {
      int before = at;
      if (!step(want, memory)) {
        at = before;
        return false;
      }
      if (problem != null) {
        return false;
      }
    }
    return at == tokens.size();
  }

  /** How many words fitted. */
  int reached() {
    return at;
  }

  /** What is wrong with an operand that is otherwise in its place; or null. */
  @Nullable String problem() {
    return problem;
  }

  private boolean step(String want, boolean memory) {
    int dollar = want.indexOf('$');
    if (dollar < 0) {
      return literal(want, memory);
    }
    char kind = want.charAt(dollar + 1);
    return switch (kind) {
      case 'd', 's' ->
          register(want.substring(0, dollar), kind == 'd' ? Field.DST : Field.SRC, memory);
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
    return at < tokens.size() ? tokens.get(at).text() : null;
  }

  private boolean literal(String want, boolean memory) {
    String have = peek();
    if (have == null) {
      return false;
    }
    at++;
    return have.equals(want)
        || have.equals(want.replaceFirst("^atomic64_", "atomic_"))
        || (memory && want.equals("r0") && have.equals("w0"));
  }

  private boolean register(String letter, Field field, boolean memory) {
    String have = peek();
    Matcher m = have == null ? null : REGISTER.matcher(have);
    if (m == null || !m.matches()) {
      return false;
    }
    int number = Integer.parseInt(m.group(2));
    boolean width = m.group(1).equals(letter) || (memory && m.group(1).equals("w"));
    if (!width) {
      return false;
    }
    if (number > Opcodes.BPF_REG_FP) {
      problem = "there is no register " + have + ", only 0 to 10";
      return true;
    }
    at++;
    Integer before = fields.put(field, number);
    return before == null || before == number;
  }

  private @Nullable Long number() {
    int from = at;
    boolean negative = "-".equals(peek());
    if (negative || "+".equals(peek())) {
      at++;
    }
    String digits = peek();
    if (digits == null || !Character.isDigit(digits.charAt(0))) {
      at = from;
      return null;
    }
    try {
      boolean hex = digits.startsWith("0x") || digits.startsWith("0X");
      long value =
          hex ? Long.parseUnsignedLong(digits.substring(2), 16) : Long.parseUnsignedLong(digits);
      at++;
      return negative ? -value : value;
    } catch (NumberFormatException e) {
      problem = digits + " does not fit in 64 bits";
      return 0L;
    }
  }

  private boolean offset() {
    if (")".equals(peek()) || ",".equals(peek()) || "]".equals(peek())) {
      fields.put(Field.OFF, 0);
      return true;
    }
    if (!"+".equals(peek()) && !"-".equals(peek())) {
      return false;
    }
    return put(Field.OFF, number(), Short.MIN_VALUE, Short.MAX_VALUE);
  }

  private boolean immediate() {
    // An unsigned 32-bit value is taken for its bit pattern, as the kernel's listing prints it.
    return put(Field.IMM, number(), Integer.MIN_VALUE, 0xffffffffL);
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
            && (Character.isJavaIdentifierStart(label.charAt(0)) || label.charAt(0) == '.')
            && !REGISTER.matcher(label).matches();
    if (label == null || !named) {
      return false;
    }
    Integer where = labels.get(label);
    if (where == null) {
      problem = "no label '" + label + "'";
      return true;
    }
    at++;
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
    if (value == null) {
      return false;
    }
    if (value < low || value > high) {
      at--;
      problem = value + " does not fit in " + (field == Field.OFF ? 16 : 32) + " bits";
    }
    fields.put(field, (int) (long) value);
    return true;
  }

  /** Writes the instruction that was read. */
  void emit(Instruction row, List<Insn> insns) {
    Map<Field, Integer> f = new EnumMap<>(Field.class);
    f.putAll(fields);
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
