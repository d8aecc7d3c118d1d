package ringside.ebpf.isa;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * One row of the instruction set.
 *
 * <p>The template is the instruction's text as the kernel's verifier prints it, and says which
 * fields are operands: {@code $d} and {@code $s} register numbers, {@code $o} a signed offset,
 * {@code $i} a decimal immediate, {@code $x} one in hexadecimal, {@code $h} and {@code $l} its
 * halves, {@code $q} a 64-bit one, {@code $t} a jump by {@code off}, {@code $T} one by {@code imm},
 * {@code $f} a callee. A field that is neither operand nor fixed is reserved and must be 0.
 *
 * @param op its number, a constant of {@link Op}
 * @param code the 8-bit opcode
 * @param group its conformance group
 * @param template its text
 * @param fixed the values of fields that tell it from other rows of its opcode
 * @param operands the fields that it reads
 */
public record Instruction(
    int op,
    int code,
    Conformance group,
    String template,
    Map<Field, Integer> fixed,
    Set<Field> operands) {

  /** The fields of an instruction beside its opcode. */
  public enum Field {
    DST,
    SRC,
    OFF,
    IMM;

    /** This field's value in an instruction. */
    public int of(Insn insn) {
      return switch (this) {
        case DST -> insn.dst();
        case SRC -> insn.src();
        case OFF -> insn.off();
        case IMM -> insn.imm();
      };
    }
  }

  static Instruction row(int op, int code, Conformance group, String template) {
    EnumSet<Field> operands = EnumSet.noneOf(Field.class);
    for (int i = template.indexOf('$'); i >= 0; i = template.indexOf('$', i + 1)) {
      operands.add(
          switch (template.charAt(i + 1)) {
            case 'd' -> Field.DST;
            case 's' -> Field.SRC;
            case 'o', 't' -> Field.OFF;
            default -> Field.IMM;
          });
    }
    return new Instruction(op, code, group, template, Map.of(), operands);
  }

  Instruction off(int value) {
    return fix(Field.OFF, value);
  }

  Instruction imm(int value) {
    return fix(Field.IMM, value);
  }

  Instruction src(int value) {
    return fix(Field.SRC, value);
  }

  private Instruction fix(Field field, int value) {
    Map<Field, Integer> more = new EnumMap<>(Field.class);
    more.putAll(fixed);
    more.put(field, value);
    return new Instruction(op, code, group, template, more, operands);
  }

  /** Whether an instruction of this row's opcode is this row. */
  public boolean matches(Insn insn) {
    // Rows without a fixed offset are the plain forms (div beside sdiv), whose offset is 0.
    boolean plain = operands.contains(Field.OFF) || fixed.containsKey(Field.OFF) || insn.off() == 0;
    return insn.code() == code
        && plain
        && fixed.entrySet().stream().allMatch(f -> f.getKey().of(insn) == f.getValue());
  }

  /** Whether a field must be 0 in this instruction. */
  public boolean reserved(Field field) {
    return !operands.contains(field) && !fixed.containsKey(field);
  }

  /** Whether all reserved fields of an instruction that is this row are 0. */
  public boolean reservedClear(Insn insn) {
    for (Field field : Field.values()) {
      if (reserved(field) && field.of(insn) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether it takes two slots. */
  public boolean wide() {
    return code == (Opcodes.BPF_LD | Opcodes.BPF_IMM | Opcodes.BPF_DW);
  }
}
