package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.format.elf.Relocation;
import ringside.format.elf.Section;
import ringside.format.elf.Symbol;

/** A section with instructions, and the functions in it. */
final class CodeSection {
  private static final int STT_NOTYPE = 0;

  private final Section section;
  private final Insn[] insns;
  private final Map<Integer, Relocation> relocations;
  private final TreeMap<Integer, Function> functions = new TreeMap<>();

  /** By slot: the places that the kernel's types lack, whose instructions are poison. */
  private final Map<Integer, String> poisoned = new HashMap<>();

  /**
   * A function.
   *
   * @param isLocal whether other files could not call it
   * @param first its first slot in the section
   * @param length slots
   */
  record Function(String name, boolean isLocal, CodeSection section, int first, int length) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Function f && f.section == section && f.first == first;
    }

    @Override
    public int hashCode() {
      return 31 * section.section.index() + first;
    }
  }

  private CodeSection(Section section, Insn[] insns, Map<Integer, Relocation> relocations) {
    this.section = section;
    this.insns = insns;
    this.relocations = relocations;
  }

  /** All code of an object, by index of its section. */
  static SortedMap<Integer, CodeSection> readAll(ObjectFile file) {
    SortedMap<Integer, CodeSection> code = new TreeMap<>();
    for (Section section : file.elf().sections()) {
      if (ObjectFile.isCode(section)) {
        code.put(section.index(), read(file, section));
      }
    }
    for (Symbol symbol : file.elf().symbols()) {
      CodeSection section = code.get(symbol.section());
      if (section != null && symbol.type() == Symbol.STT_FUNC) {
        section.add(file, symbol);
      }
    }
    addUntyped(file, code);
    return code;
  }

  /**
   * Finds the functions of objects from before clang 9, whose symbols have neither type nor size.
   *
   * <p>As libbpf did before version 0.2: a section is a program; labels within are its functions.
   */
  private static void addUntyped(ObjectFile file, Map<Integer, CodeSection> code) {
    Map<CodeSection, NavigableMap<Integer, Symbol>> labels = new HashMap<>();
    for (CodeSection section : code.values()) {
      if (section.functions.isEmpty()) {
        labels.put(section, new TreeMap<>());
      }
    }
    for (Symbol symbol : file.elf().symbols()) {
      CodeSection section = code.get(symbol.section());
      NavigableMap<Integer, Symbol> starts = section == null ? null : labels.get(section);
      boolean label =
          symbol.type() == STT_NOTYPE
              && !symbol.name().isEmpty()
              && !symbol.name().startsWith("LBB")
              && symbol.value() >= 0
              && symbol.value() % Insn.BYTES == 0;
      if (section != null && starts != null && label && symbol.value() < section.section.size()) {
        starts.merge(
            (int) (symbol.value() / Insn.BYTES),
            symbol,
            (a, b) -> a.binding() == Symbol.STB_LOCAL ? b : a);
      }
    }
    labels.forEach(CodeSection::addLabels);
  }

  private void addLabels(NavigableMap<Integer, Symbol> starts) {
    int start = 0;
    while (start < insns.length) {
      Integer next = starts.higherKey(start);
      int end = next == null ? insns.length : next;
      Symbol symbol = starts.get(start);
      String name = symbol == null ? section.name() : symbol.name();
      functions.put(start, new Function(name, false, this, start, end - start));
      start = end;
    }
  }

  private static CodeSection read(ObjectFile file, Section section) {
    if (section.size() % Insn.BYTES != 0) {
      throw file.bad(
          "section '%s' has %d bytes, not whole instructions"
              .formatted(section.name(), section.size()));
    }
    Map<Integer, Relocation> relocations = new HashMap<>();
    List<Relocation> all = file.elf().relocations(section);
    for (int i = 0; i < all.size(); i++) {
      Relocation relocation = all.get(i);
      if (relocation.offset() % Insn.BYTES != 0) {
        throw file.bad(
            "sec '.rel%s': invalid offset 0x%x for relo #%d"
                .formatted(section.name(), relocation.offset(), i));
      }
      relocations.put((int) (relocation.offset() / Insn.BYTES), relocation);
    }
    List<Insn> insns = Insn.decodeAll(file.elf().bytes(section));
    return new CodeSection(section, insns.toArray(new Insn[0]), relocations);
  }

  private void add(ObjectFile file, Symbol symbol) {
    long offset = symbol.value();
    long size = symbol.size();
    if (offset < 0 || size < 0 || offset > section.size() || size > section.size() - offset) {
      throw file.bad(
          "sec '%s': program at offset %d crosses section boundary"
              .formatted(section.name(), offset));
    }
    if (size == 0 || size % Insn.BYTES != 0 || offset % Insn.BYTES != 0) {
      throw file.bad(
          "sec '%s': corrupted program '%s', offset %d, size %d"
              .formatted(section.name(), symbol.name(), offset, size));
    }
    int first = (int) (offset / Insn.BYTES);
    boolean local = symbol.binding() == Symbol.STB_LOCAL;
    functions.putIfAbsent(
        first, new Function(symbol.name(), local, this, first, (int) (size / Insn.BYTES)));
  }

  Section section() {
    return section;
  }

  /** Its slots; CO-RE changes them in place. */
  Insn[] insns() {
    return insns;
  }

  @Nullable Relocation relocation(int slot) {
    return relocations.get(slot);
  }

  Map<Integer, String> poisoned() {
    return poisoned;
  }

  /** Its functions in order. */
  List<Function> functions() {
    return new ArrayList<>(functions.values());
  }

  /** The function that starts at a slot. */
  @Nullable Function functionAt(long slot) {
    return slot == (int) slot ? functions.get((int) slot) : null;
  }

  /** The function that a slot is in, or null: code that a static linker has left over. */
  @Nullable Function functionAround(int slot) {
    Map.Entry<Integer, Function> entry = functions.floorEntry(slot);
    return entry != null && slot < entry.getKey() + entry.getValue().length()
        ? entry.getValue()
        : null;
  }
}
