package ringside.ebpf.object;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfExt;
import ringside.format.btf.BtfType;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Machine;
import ringside.format.elf.Relocation;
import ringside.format.elf.Section;
import ringside.format.elf.Symbol;
import ringside.kernel.layout.StructLayouts;

/** Reads an eBPF object: sections, maps, relocations, BTF. */
public final class ObjectReader {
  private static final String COMPILE_HINT =
      "compile it with `ringside cc FILE.c --target bpf`, or with clang -target bpf -O2 -g";

  /** {@code BPF_CORE_FIELD_BYTE_OFFSET}. */
  private static final int FIELD_BYTE_OFFSET = 0;

  private final ElfFile elf;
  private final String objectName;
  private final Btf btf;
  private final Optional<BtfExt> ext;
  private final List<MapDefinition> maps = new ArrayList<>();
  private final Map<Integer, Map<Long, Integer>> mapsByPlace = new HashMap<>();
  private final Map<Integer, Integer> dataMaps = new HashMap<>();
  private final Map<Integer, CodeSection> code = new TreeMap<>();

  private ObjectReader(ElfFile elf) {
    this.elf = elf;
    elf.require(ElfFile.ET_REL, Machine.BPF, COMPILE_HINT);
    String file = elf.name().substring(elf.name().lastIndexOf('/') + 1);
    int dot = file.indexOf('.');
    this.objectName = dot < 0 ? file : file.substring(0, dot);
    this.btf = Btf.of(elf);
    this.ext = BtfExt.of(elf, btf);
  }

  /**
   * Reads a file.
   *
   * @throws ringside.format.BadInputException where it is damaged, for another machine, without
   *     BTF, or uses what does not exist here
   */
  public static BpfObject read(Path file) {
    return new ObjectReader(ElfFile.read(file)).object();
  }

  /** Reads a file's bytes; {@code name} is for messages and names of maps. */
  public static BpfObject parse(String name, byte[] content) {
    return new ObjectReader(ElfFile.parse(name, content)).object();
  }

  /** A section with instructions. */
  record CodeSection(Section section, List<Insn> insns, Map<Integer, Relocation> relocations) {}

  private BpfObject object() {
    checkTypes();
    readMaps();
    for (Section section : elf.sections()) {
      boolean executable =
          section.type() == Section.SHT_PROGBITS && section.has(Section.SHF_EXECINSTR);
      if (executable && section.size() > 0) {
        readCode(section);
      }
    }
    List<ProgramDefinition> programs = new ArrayList<>();
    FunctionInfo info = new FunctionInfo(btf, ext);
    for (CodeSection section : code.values()) {
      if (section.section().name().equals(".text")) {
        continue;
      }
      Optional<SectionName> meaning = SectionName.of(section.section().name());
      for (Symbol symbol : functions(section.section())) {
        if (meaning.isEmpty()) {
          throw bad(
              "prog '%s': missing BPF prog type, check ELF section name '%s'"
                  .formatted(symbol.name(), section.section().name()),
              "name the section as libbpf does, e.g. SEC(\"xdp\")");
        }
        SectionName known = meaning.get();
        ProgramLayout layout = new ProgramLayout(this, symbol);
        programs.add(
            new ProgramDefinition(
                symbol.name(),
                section.section().name(),
                known.type(),
                known.attachType(),
                known.attachTo(),
                0,
                true,
                layout.insns(),
                info.functions(layout),
                info.types(layout),
                info.lines(layout)));
      }
    }
    if (programs.isEmpty()) {
      throw bad("has no programs", "mark one with SEC(\"…\"), e.g. SEC(\"xdp\")");
    }
    return new BpfObject(objectName, license(), 0, btf, List.copyOf(maps), programs);
  }

  /**
   * Refuses what would have to be adapted to the kernel's types.
   *
   * <p>Offsets that the compiler took from the kernel's own headers are right as they are.
   */
  private void checkTypes() {
    Btf kernel = StructLayouts.ofKernel().btf();
    for (BtfExt.CoreRelo relocation : ext.map(BtfExt::relocations).orElse(List.of())) {
      BtfType local = btf.stripped(relocation.type());
      boolean same =
          relocation.kind() == FIELD_BYTE_OFFSET
              && local instanceof BtfType.Struct mine
              && kernel.struct(mine.name()).filter(s -> s.size() == mine.size()).isPresent();
      if (!same) {
        throw bad(
            "needs a CO-RE relocation of kind %d for '%s', which this loader does not make"
                .formatted(relocation.kind(), btf.describe(relocation.type())),
            "include vmlinux.h or the kernel's headers instead of declaring kernel structs");
      }
    }
  }

  private String license() {
    return elf.section("license")
        .map(s -> new String(elf.bytes(s), StandardCharsets.UTF_8).replaceAll("\0.*", ""))
        .orElse("");
  }

  // --- maps ---

  private void readMaps() {
    if (elf.section("maps").isPresent()) {
      throw bad(
          "has a legacy 'maps' section", "define maps in SEC(\".maps\") with __uint and __type");
    }
    Optional<Section> section = elf.section(".maps");
    if (section.isPresent()) {
      Map<Long, Integer> places = new HashMap<>();
      for (MapDefinition definition : new MapSection(elf.name(), btf).read()) {
        // BTF of a relocatable file has no offsets of variables yet; the symbol table does.
        Symbol variable =
            elf.symbol(definition.name())
                .filter(s -> s.section() == section.get().index())
                .orElseThrow(
                    () -> bad("map '%s' has no symbol".formatted(definition.name()), null));
        places.put(variable.value(), maps.size());
        maps.add(definition);
      }
      mapsByPlace.put(section.get().index(), places);
    }
    for (Section data : elf.sections()) {
      String name = data.name();
      boolean readOnly = name.equals(".rodata") || name.startsWith(".rodata.");
      boolean writable =
          name.equals(".data")
              || name.startsWith(".data.")
              || name.equals(".bss")
              || name.startsWith(".bss.");
      boolean holds = data.type() == Section.SHT_PROGBITS || data.type() == Section.SHT_NOBITS;
      if (holds && (readOnly || writable) && data.size() > 0) {
        dataMaps.put(data.index(), maps.size());
        maps.add(dataMap(data, readOnly));
      }
    }
  }

  private MapDefinition dataMap(Section section, boolean readOnly) {
    byte[] initial = new byte[(int) section.size()];
    byte[] bytes = elf.bytes(section);
    System.arraycopy(bytes, 0, initial, 0, bytes.length);
    // libbpf's rule for names: 8 characters of the object's, then the section's.
    String prefix = objectName.substring(0, Math.min(8, objectName.length()));
    String full = prefix + section.name();
    int flags = MapDescriptor.BPF_F_MMAPABLE | (readOnly ? MapDescriptor.BPF_F_RDONLY_PROG : 0);
    MapDescriptor shape =
        MapDescriptor.of(MapType.ARRAY, 4, initial.length, 1)
            .withName(full.substring(0, Math.min(15, full.length())))
            .withFlags(flags);
    if (readOnly) {
      shape = shape.frozenWith(initial);
    }
    int valueType = btf.find(section.name(), BtfType.Datasec.class).orElse(0);
    return new MapDefinition(
        section.name(), shape, 0, valueType, 0, 0, false, null, List.of(), initial);
  }

  // --- code ---

  private void readCode(Section section) {
    if (section.size() % Insn.BYTES != 0) {
      throw bad(
          "section '%s' has %d bytes, not whole instructions"
              .formatted(section.name(), section.size()),
          null);
    }
    Map<Integer, Relocation> relocations = new HashMap<>();
    for (Relocation relocation : elf.relocations(section)) {
      if (relocation.offset() % Insn.BYTES != 0) {
        throw bad(
            "relocation at 0x%x of '%s' is at no instruction"
                .formatted(relocation.offset(), section.name()),
            null);
      }
      relocations.put((int) (relocation.offset() / Insn.BYTES), relocation);
    }
    code.put(
        section.index(), new CodeSection(section, Insn.decodeAll(elf.bytes(section)), relocations));
  }

  private List<Symbol> functions(Section section) {
    return elf.symbols().stream()
        .filter(s -> s.section() == section.index() && s.type() == Symbol.STT_FUNC)
        .sorted((a, b) -> Long.compare(a.value(), b.value()))
        .toList();
  }

  /** The section of a function. */
  CodeSection section(Symbol function) {
    CodeSection section = code.get(function.section());
    if (section == null) {
      throw bad("function '%s' is in no code section".formatted(function.name()), null);
    }
    return section;
  }

  /** The function whose first instruction is at a slot of a section. */
  Symbol functionAt(int sectionIndex, long slot) {
    for (Symbol symbol : elf.symbols()) {
      if (symbol.section() == sectionIndex
          && symbol.type() == Symbol.STT_FUNC
          && symbol.value() == slot * Insn.BYTES) {
        return symbol;
      }
    }
    throw bad("no function at instruction %d of section %d".formatted(slot, sectionIndex), null);
  }

  /** What the relocation of a 64-bit immediate load makes of it; null for a function's address. */
  Insn @Nullable [] reference(CodeSection section, int slot, Relocation relocation) {
    Insn first = section.insns().get(slot);
    Insn second = section.insns().get(slot + 1);
    Symbol symbol = relocation.symbol();
    if (!symbol.isInSection()) {
      throw bad(
          "'%s' is not defined, and the kernel has nothing for it".formatted(symbol.name()),
          "define it in the same file; __kconfig and __ksym variables do not exist here");
    }
    Integer data = dataMaps.get(symbol.section());
    if (data != null) {
      int offset = (int) symbol.value() + first.imm();
      return new Insn[] {
        first.withSrc(Opcodes.BPF_PSEUDO_MAP_VALUE).withImm(data), second.withImm(offset)
      };
    }
    Map<Long, Integer> places = mapsByPlace.get(symbol.section());
    if (places != null) {
      Integer map = places.get(symbol.value() + first.imm());
      if (map == null) {
        throw bad("'%s' is no map".formatted(symbol.name()), null);
      }
      return new Insn[] {first.withSrc(Opcodes.BPF_PSEUDO_MAP_FD).withImm(map), second.withImm(0)};
    }
    if (code.containsKey(symbol.section())) {
      return null;
    }
    throw bad(
        "relocation against '%s' in section '%s', which is neither code, data nor maps"
            .formatted(symbol.name(), elf.sections().get(symbol.section()).name()),
        null);
  }

  ObjectException bad(String what, @Nullable String hint) {
    return new ObjectException(elf.name(), what, hint);
  }
}
