package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.object.ObjectReader.CodeSection;
import ringside.format.elf.Relocation;
import ringside.format.elf.Symbol;

/**
 * One program's instructions: its function, and behind it every function that it reaches.
 *
 * <p>After libbpf's {@code bpf_object__relocate_calls}: each program gets its own copy of what it
 * calls.
 */
final class ProgramLayout {
  private final ObjectReader reader;
  private final List<Insn> insns = new ArrayList<>();
  private final List<Placed> placed = new ArrayList<>();
  private final Map<Integer, Integer> placeOf = new HashMap<>();

  /**
   * A function in the program.
   *
   * @param start its first slot in the program
   * @param section name of the section it comes from
   * @param first its first slot in that section
   * @param length slots
   */
  record Placed(Symbol symbol, int start, String section, int first, int length) {}

  /** A call or address of a function, by slot in the program. */
  private record Use(int slot, Symbol callee, boolean call) {}

  ProgramLayout(ObjectReader reader, Symbol main) {
    this.reader = reader;
    List<Use> uses = new ArrayList<>();
    place(main, uses);
    for (int i = 0; i < uses.size(); i++) {
      Use use = uses.get(i);
      Integer start = placeOf.get(use.callee.index());
      if (start == null) {
        start = place(use.callee, uses);
      }
      int distance = start - use.slot - 1;
      Insn insn = insns.get(use.slot).withImm(distance);
      insns.set(
          use.slot, insn.withSrc(use.call ? Opcodes.BPF_PSEUDO_CALL : Opcodes.BPF_PSEUDO_FUNC));
    }
  }

  /** The instructions. */
  List<Insn> insns() {
    return List.copyOf(insns);
  }

  /** The functions, in their order. */
  List<Placed> placed() {
    return placed;
  }

  private int place(Symbol symbol, List<Use> uses) {
    CodeSection section = reader.section(symbol);
    int first = (int) (symbol.value() / Insn.BYTES);
    int length = (int) (symbol.size() / Insn.BYTES);
    if (symbol.value() % Insn.BYTES != 0
        || length <= 0
        || first < 0
        || first + length > section.insns().size()) {
      throw reader.bad(
          "function '%s' does not lie within its section".formatted(symbol.name()), null);
    }
    int start = insns.size();
    placeOf.put(symbol.index(), start);
    placed.add(new Placed(symbol, start, section.section().name(), first, length));
    int slot = first;
    while (slot < first + length) {
      Insn insn = section.insns().get(slot);
      Relocation relocation = section.relocations().get(slot);
      if (insn.isWide()) {
        if (slot + 1 >= first + length) {
          throw reader.bad(
              "function '%s' ends within an instruction".formatted(symbol.name()), null);
        }
        wide(section, slot, relocation, uses);
        slot += 2;
        continue;
      }
      boolean call = insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_CALL);
      if (call && (relocation != null || insn.src() == Opcodes.BPF_PSEUDO_CALL)) {
        uses.add(new Use(insns.size(), callee(symbol, section, slot, relocation), true));
      }
      insns.add(insn);
      slot++;
    }
    return start;
  }

  private void wide(
      CodeSection section,
      int slot,
      @org.jspecify.annotations.Nullable Relocation relocation,
      List<Use> uses) {
    if (relocation == null) {
      insns.add(section.insns().get(slot));
      insns.add(section.insns().get(slot + 1));
      return;
    }
    Insn[] pair = reader.reference(section, slot, relocation);
    if (pair == null) {
      Symbol symbol = relocation.symbol();
      long at =
          symbol.value()
              + (symbol.type() == Symbol.STT_SECTION ? section.insns().get(slot).imm() : 0);
      Symbol function = reader.functionAt(symbol.section(), at / Insn.BYTES);
      uses.add(new Use(insns.size(), function, false));
      insns.add(section.insns().get(slot));
      insns.add(section.insns().get(slot + 1).withImm(0));
      return;
    }
    insns.add(pair[0]);
    insns.add(pair[1]);
  }

  private Symbol callee(
      Symbol caller,
      CodeSection section,
      int slot,
      @org.jspecify.annotations.Nullable Relocation relocation) {
    Insn insn = section.insns().get(slot);
    if (relocation == null) {
      return reader.functionAt(section.section().index(), (long) slot + 1 + insn.imm());
    }
    Symbol symbol = relocation.symbol();
    if (!symbol.isInSection()) {
      throw reader.bad(
          "'%s' calls '%s', which is not defined".formatted(caller.name(), symbol.name()),
          "define it in the same file; kernel functions (__ksym) do not exist here");
    }
    long base = symbol.value() / Insn.BYTES;
    return symbol.type() == Symbol.STT_SECTION
        ? reader.functionAt(symbol.section(), base + insn.imm() + 1)
        : symbol;
  }
}
