package ringside.ebpf.object;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.elf.ElfFile;

/**
 * Reads and relocates eBPF objects: what libbpf does between opening a file and the first system
 * call.
 */
public final class ObjectReader {
  /** The decl tag that names what handles a program's exceptions. */
  private static final String EXCEPTION_CALLBACK = "exception_callback:";

  /**
   * The most instructions that an object's programs may come to, copies of subprograms included.
   */
  private static final int MOST_INSTRUCTIONS = 4_000_000;

  private final ObjectFile file;
  private final SortedMap<Integer, CodeSection> code;
  private final Btf btf;
  private final ObjectMaps maps;
  private final References references;
  private final FunctionInfo info;
  private final Map<String, String> callbacks;

  private ObjectReader(ElfFile elf, TargetKernel kernel) {
    this.file = new ObjectFile(elf);
    this.code = CodeSection.readAll(file);
    Externs externs = new Externs(file, kernel);
    this.btf = BtfFixup.complete(file, externs);
    this.maps = new ObjectMaps(file);
    StructOps.check(file, btf);
    new LegacyMaps(file).readInto(maps);
    new BtfMaps(file, btf, code).readInto(maps);
    DataMaps data = new DataMaps(file, btf);
    data.readInto(maps);
    byte[] kconfig = externs.kconfig();
    int kconfigMap =
        kconfig == null ? -1 : maps.add(data.map(Externs.KCONFIG, kconfig.length, true, kconfig));
    CoreRelocations.apply(file, code, kernel.btf());
    this.references = new References(file, code, maps, externs, kconfigMap);
    this.info = new FunctionInfo(btf, file.ext());
    this.callbacks = exceptionCallbacks();
  }

  /**
   * Reads a file for the simulated kernel.
   *
   * @throws ringside.format.BadInputException where it is damaged, for another machine, or asks for
   *     what does not exist here
   */
  public static BpfObject read(Path file) {
    return new ObjectReader(ElfFile.read(file), TargetKernel.unbooted()).object();
  }

  /** Reads a file's bytes; {@code name} is for messages and names of maps. */
  public static BpfObject parse(String name, byte[] content) {
    return parse(name, content, TargetKernel.unbooted());
  }

  /** Reads a file's bytes for a kernel; {@code name} is for messages and names of maps. */
  public static BpfObject parse(String name, byte[] content, TargetKernel kernel) {
    return new ObjectReader(ElfFile.parse(name, content), kernel).object();
  }

  private BpfObject object() {
    List<ProgramDefinition> programs = new ArrayList<>();
    long total = 0;
    // A lone function without SEC() is a program, though nobody can tell of which type.
    boolean lone = code.values().stream().mapToInt(s -> s.functions().size()).sum() == 1;
    for (CodeSection section : code.values()) {
      if (file.isText(section.section().index()) && !lone) {
        continue;
      }
      for (CodeSection.Function function : section.functions()) {
        if (function.isLocal()) {
          throw file.bad(
              "sec '%s': program '%s' is static and not supported"
                  .formatted(section.section().name(), function.name()));
        }
        ProgramDefinition program = program(function);
        total += program.insns().size();
        if (total > MOST_INSTRUCTIONS) {
          throw file.bad(
              "prog '%s': the object's programs have more than %d instructions with what they call"
                  .formatted(function.name(), MOST_INSTRUCTIONS));
        }
        programs.add(program);
      }
    }
    if (programs.isEmpty()) {
      throw file.badWithHint("mark one with SEC(\"…\"), e.g. SEC(\"xdp\")", "has no programs");
    }
    return new BpfObject(
        file.name(),
        file.license(),
        file.kernelVersion(),
        file.hasBtf() ? btf : null,
        maps.definitions(),
        List.copyOf(programs));
  }

  private ProgramDefinition program(CodeSection.Function function) {
    String section = function.section().section().name();
    Optional<SectionName> meaning = SectionName.of(section);
    ProgramType type = meaning.map(SectionName::type).orElse(ProgramType.UNSPEC);
    ProgramLayout layout = new ProgramLayout(references, function, exceptionCallback(function));
    return new ProgramDefinition(
        function.name(),
        SectionName.withoutMark(section),
        type,
        meaning.map(SectionName::attachType).orElse(null),
        meaning.map(SectionName::attachTo).orElse(""),
        meaning.map(SectionName::flags).orElse(0),
        !section.startsWith("?"),
        layout.insns(),
        info.functions(layout),
        info.lines(layout),
        layout.poisoned());
  }

  /** What decl tags on programs name for their exceptions, by program. */
  private Map<String, String> exceptionCallbacks() {
    Map<String, String> callbacks = new HashMap<>();
    for (BtfType type : btf.types()) {
      if (type instanceof BtfType.DeclTag tag
          && tag.name().startsWith(EXCEPTION_CALLBACK)
          && tag.component() == -1
          && btf.type(tag.type()) instanceof BtfType.Func tagged) {
        callbacks.put(tagged.name(), tag.name().substring(EXCEPTION_CALLBACK.length()));
      }
    }
    return callbacks;
  }

  private CodeSection.@Nullable Function exceptionCallback(CodeSection.Function program) {
    String name = callbacks.get(program.name());
    if (name == null) {
      return null;
    }
    return code.values().stream()
        .filter(s -> file.isText(s.section().index()))
        .flatMap(s -> s.functions().stream())
        .filter(f -> f.name().equals(name) && !f.isLocal())
        .findFirst()
        .orElseThrow(() ->
            file.bad(
                "prog '%s': cannot find exception callback '%s'".formatted(program.name(), name)));
  }
}
