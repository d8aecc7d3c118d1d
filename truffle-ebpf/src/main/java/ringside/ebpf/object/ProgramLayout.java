package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.object.CodeSection.Function;
import ringside.ebpf.object.References.Reference;
import ringside.format.elf.Relocation;

/**
 * One program's instructions: its function, and behind it every function that it reaches.
 *
 * <p>After libbpf's {@code bpf_object__reloc_code}: each program gets its own copy of what it
 * calls, in the order in which the calls are met, depth first.
 */
final class ProgramLayout {
  /** As many instructions as the kernel would ever look at. */
  private static final int MOST = 1_000_000;

  /** How deep calls may nest before they are in a circle or the kernel refuses them anyhow. */
  private static final int DEEPEST = 1024;

  private final References references;
  private final List<Insn> insns = new ArrayList<>();
  private final List<Placed> placed = new ArrayList<>();
  private final Map<Function, Integer> starts = new HashMap<>();
  private final TreeMap<Integer, String> poisoned = new TreeMap<>();

  /**
   * A function in the program.
   *
   * @param start its first slot in the program
   */
  record Placed(Function function, int start) {}

  /**
   * Lays a program out.
   *
   * @param callback what handles exceptions, which no call refers to; or null
   */
  ProgramLayout(References references, Function main, @Nullable Function callback) {
    this.references = references;
    place(main, 0);
    if (callback != null && !starts.containsKey(callback)) {
      place(callback, 0);
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

  /** By slot: what the kernel lacks. */
  Map<Integer, String> poisoned() {
    return poisoned;
  }

  private int place(Function function, int depth) {
    int start = insns.size();
    int length = function.length();
    if (start + length > MOST || depth > DEEPEST) {
      throw references.bad(
          "prog '%s': has more than %d instructions with what it calls"
              .formatted(placed.getFirst().function().name(), MOST));
    }
    starts.put(function, start);
    placed.add(new Placed(function, start));
    Insn[] section = function.section().insns();
    for (int i = 0; i < length; i++) {
      insns.add(section[function.first() + i]);
    }
    Map<Integer, String> lacking = function.section().poisoned();
    for (int i = 0; i < length; i++) {
      int slot = function.first() + i;
      if (!lacking.isEmpty() && lacking.containsKey(slot)) {
        poisoned.put(start + i, lacking.getOrDefault(slot, ""));
      }
      Insn insn = section[slot];
      Relocation relocation = function.section().relocation(slot);
      if (insn.isWide()) {
        if (i + 1 >= length) {
          throw references.bad(
              "function '%s' ends within an instruction".formatted(function.name()));
        }
        if (relocation != null) {
          put(start + i, references.load(function, slot, relocation), depth);
        } else if (insn.src() == Opcodes.BPF_PSEUDO_FUNC) {
          throw references.bad(
              "prog '%s': missing subprog addr relo for insn #%d".formatted(function.name(), i));
        }
        i++;
      } else if (insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_CALL)
          && !lacking.containsKey(slot)) {
        Reference reference = references.call(function, slot, relocation);
        if (reference != null) {
          put(start + i, reference, depth);
        }
      } else if (relocation != null && !lacking.containsKey(slot)) {
        throw references.bad(
            "prog '%s': invalid relo against '%s' for insns[%d].code 0x%x"
                .formatted(function.name(), relocation.symbol().name(), i, insn.code()));
      }
    }
    return start;
  }

  private void put(int slot, Reference reference, int depth) {
    switch (reference) {
      case Reference.Slots slots -> {
        insns.set(slot, slots.first());
        if (slots.second() != null) {
          insns.set(slot + 1, slots.second());
        }
      }
      case Reference.Poison poison -> {
        insns.set(slot, poison.call());
        poisoned.put(slot, poison.why());
      }
      case Reference.ToFunction to -> {
        Integer known = starts.get(to.function());
        int target = known != null ? known : place(to.function(), depth + 1);
        Insn insn = insns.get(slot);
        boolean wide = insn.isWide();
        insns.set(
            slot,
            insn.withSrc(wide ? Opcodes.BPF_PSEUDO_FUNC : Opcodes.BPF_PSEUDO_CALL)
                .withImm(target - slot - 1));
        if (wide) {
          insns.set(slot + 1, insns.get(slot + 1).withImm(0));
        }
      }
    }
  }
}
