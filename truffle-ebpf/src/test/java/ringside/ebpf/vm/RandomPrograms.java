package ringside.ebpf.vm;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import ringside.ebpf.isa.Conformance;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.Opcodes;

/**
 * Random programs that end, and an evaluator for them that shares no code with the engine.
 *
 * <p>They compute on r0–r9 and 64 bytes of stack, jump forwards, and return a mix of all registers.
 */
final class RandomPrograms {
  private static final int STACK_BYTES = 64;
  private static final long[] CORNERS = {
    0,
    1,
    -1,
    2,
    31,
    32,
    63,
    64,
    0x7f,
    0x80,
    0xffff,
    0x7fffffffL,
    0x80000000L,
    0xffffffffL,
    Long.MIN_VALUE,
    Long.MAX_VALUE,
    Integer.MIN_VALUE
  };

  private final Random random;
  private final List<Instruction> rows;

  RandomPrograms(long seed) {
    this.random = new Random(seed);
    this.rows =
        InstructionSet.ROWS.stream()
            .filter(r -> r.group() != Conformance.PACKET && r.group() != Conformance.CALLX)
            .filter(r -> !r.wide() || r.op() == Op.LD_IMM64)
            .filter(r ->
                !List.of(
                        Op.EXIT,
                        Op.CALL_HELPER,
                        Op.CALL_LOCAL,
                        Op.CALL_KFUNC,
                        Op.MAY_GOTO,
                        Op.ADDR_SPACE_CAST)
                    .contains(r.op()))
            .toList();
  }

  List<Insn> next() {
    List<Insn> insns = new ArrayList<>();
    for (int register = 0; register < 10; register++) {
      wide(insns, register, value(random));
    }
    for (int off = -STACK_BYTES; off < 0; off += 8) {
      insns.add(new Insn(0x7b, 10, random.nextInt(10), off, 0));
    }
    List<Insn> tail = tail();
    insns.addAll(random(40));
    // A jump may lead up to three slots ahead: nothing but registers' moves is there.
    for (int i = 0; i < 4; i++) {
      insns.add(new Insn(0xb7, 9, 0, 0, i));
    }
    insns.addAll(tail);
    return repaired(insns);
  }

  /** A corner case, or anything. */
  static long value(Random random) {
    return CORNERS[random.nextInt(CORNERS.length)]
        ^ (random.nextInt(3) == 0 ? random.nextLong() : 0);
  }

  /** Instructions alone; they jump up to four slots behind their end. */
  List<Insn> body(int count) {
    List<Insn> insns = random(count);
    List<Insn> padded = new ArrayList<>(insns);
    for (int i = 0; i < 4; i++) {
      padded.add(new Insn(0xb7, 9, 0, 0, i));
    }
    return new ArrayList<>(repaired(padded).subList(0, insns.size()));
  }

  private List<Insn> random(int count) {
    List<Insn> insns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      one(insns, rows.get(random.nextInt(rows.size())));
    }
    return insns;
  }

  private void one(List<Insn> insns, Instruction row) {
    if (row.op() == Op.LD_IMM64) {
      wide(insns, random.nextInt(10), random.nextLong());
      return;
    }
    boolean memory = row.code() % 8 < 4;
    boolean load = row.code() % 8 == 1 || row.template().startsWith("r$d = load_acquire");
    int size = row.template().contains("64") && memory ? 8 : 4;
    size = row.template().contains("8 *") ? 1 : row.template().contains("16 *") ? 2 : size;
    int off = memory ? -STACK_BYTES + size * random.nextInt(STACK_BYTES / size) : 0;
    int imm =
        random.nextInt(2) == 0 ? (int) CORNERS[random.nextInt(CORNERS.length)] : random.nextInt();
    if (row.template().contains("$t")) {
      off = random.nextInt(4);
    }
    if (row.op() == Op.JA_L) {
      imm = random.nextInt(4);
    }
    boolean shift = row.template().contains("<<=") || row.template().contains(">>=");
    if (shift && row.operands().contains(Instruction.Field.IMM)) {
      imm &= row.template().startsWith("w") ? 31 : 63;
    }
    int dst = memory && !load ? 10 : random.nextInt(10);
    int src = load ? 10 : random.nextInt(10);
    insns.add(
        new Insn(
            row.code(),
            row.operands().contains(Instruction.Field.DST) ? dst : 0,
            row.operands().contains(Instruction.Field.SRC) ? src : 0,
            row.fixed()
                .getOrDefault(
                    Instruction.Field.OFF,
                    row.operands().contains(Instruction.Field.OFF) ? off : 0),
            row.fixed()
                .getOrDefault(
                    Instruction.Field.IMM,
                    row.operands().contains(Instruction.Field.IMM) ? imm : 0)));
  }

  /** Jumps must not end in the second slot of a wide load. */
  private static List<Insn> repaired(List<Insn> insns) {
    List<Insn> out = new ArrayList<>(insns);
    for (int at = 0; at < insns.size(); at++) {
      Insn insn = insns.get(at);
      int jump =
          insn.insnClass() == Opcodes.BPF_JMP || insn.insnClass() == Opcodes.BPF_JMP32 ? 1 : 0;
      boolean byImm = insn.code() == 0x06;
      int target = at + 1 + (byImm ? insn.imm() : insn.off());
      if (jump == 1 && insn.code() != 0x95 && insns.get(target - 1).isWide()) {
        out.set(at, byImm ? insn.withImm(insn.imm() + 1) : insn.withOff(insn.off() + 1));
      }
    }
    return out;
  }

  private static List<Insn> tail() {
    List<Insn> tail = new ArrayList<>();
    for (int register = 1; register < 10; register++) {
      tail.add(new Insn(0x27, 0, 0, 0, 31));
      tail.add(new Insn(0xaf, 0, register, 0, 0));
    }
    for (int off = -STACK_BYTES; off < 0; off += 8) {
      tail.add(new Insn(0x79, 1, 10, off, 0));
      tail.add(new Insn(0x27, 0, 0, 0, 31));
      tail.add(new Insn(0xaf, 0, 1, 0, 0));
    }
    tail.add(new Insn(0xbf, 1, 0, 0, 0));
    tail.add(new Insn(0x77, 1, 0, 0, 32));
    tail.add(new Insn(0xac, 0, 1, 0, 0));
    tail.add(new Insn(0x95, 0, 0, 0, 0));
    return tail;
  }

  private static void wide(List<Insn> insns, int register, long value) {
    insns.add(new Insn(0x18, register, 0, 0, (int) value));
    insns.add(Insn.wideSecond(value));
  }
}
