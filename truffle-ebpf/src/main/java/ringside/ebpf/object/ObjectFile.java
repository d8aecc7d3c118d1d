package ringside.ebpf.object;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfExt;
import ringside.format.btf.BtfType;
import ringside.format.btf.BtfWriter;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Machine;
import ringside.format.elf.Section;
import ringside.format.elf.Symbol;

/** An object's file, with its types as the compiler wrote them. */
final class ObjectFile {
  private static final String COMPILE_HINT =
      "compile it with `ringside cc FILE.c --target bpf`, or with clang -target bpf -O2 -g";

  private final ElfFile elf;
  private final String name;
  private final boolean hasBtf;
  private final Btf btf;
  private final Optional<BtfExt> ext;
  private final Map<String, Symbol> variables = new HashMap<>();
  private @Nullable Section text;

  ObjectFile(ElfFile elf) {
    this.elf = elf;
    // Early compilers for BPF left the machine out.
    if (elf.machine() != 0 || elf.type() != ElfFile.ET_REL) {
      elf.require(ElfFile.ET_REL, Machine.BPF, COMPILE_HINT);
    }
    String file = elf.name().substring(elf.name().lastIndexOf('/') + 1);
    int dot = file.indexOf('.');
    this.name = dot < 0 ? file : file.substring(0, dot);
    if (elf.symbols().isEmpty()) {
      throw bad(
          "elf: couldn't find symbol table in %s, stripped object file?".formatted(elf.name()));
    }
    this.hasBtf = elf.section(".BTF").isPresent();
    this.btf =
        hasBtf
            ? Btf.of(elf)
            : Btf.parse(elf.name(), BtfWriter.write(List.of(new BtfType.VoidType())));
    this.ext = hasBtf ? BtfExt.of(elf, btf) : Optional.empty();
    for (Symbol symbol : elf.symbols()) {
      if (symbol.isInSection() && symbol.binding() != Symbol.STB_LOCAL) {
        variables.putIfAbsent(symbol.name(), symbol);
      }
    }
    for (Section section : elf.sections()) {
      if (section.name().equals(".text") && isCode(section)) {
        text = section;
      }
    }
  }

  ElfFile elf() {
    return elf;
  }

  /** The file's name without directory and suffix. */
  String name() {
    return name;
  }

  boolean hasBtf() {
    return hasBtf;
  }

  /** Its types; none but {@code void} where it has no BTF. */
  Btf btf() {
    return btf;
  }

  Optional<BtfExt> ext() {
    return ext;
  }

  /** The global symbol of a variable or function. */
  Optional<Symbol> global(String symbol) {
    return Optional.ofNullable(variables.get(symbol));
  }

  Section section(int index) {
    return elf.sections().get(index);
  }

  /** Whether a section has instructions. */
  static boolean isCode(Section section) {
    return section.type() == Section.SHT_PROGBITS
        && section.has(Section.SHF_EXECINSTR)
        && section.size() > 0;
  }

  /** Whether a section is the one whose functions are no programs. */
  boolean isText(int index) {
    return text != null && text.index() == index;
  }

  /** The {@code license} section's text. */
  String license() {
    return elf.section("license")
        .map(s -> new String(elf.bytes(s), StandardCharsets.UTF_8))
        .map(t -> t.indexOf('\0') < 0 ? t : t.substring(0, t.indexOf('\0')))
        .orElse("");
  }

  /** The {@code version} section's number. */
  int kernelVersion() {
    Section section = elf.section("version").orElse(null);
    if (section == null) {
      return 0;
    }
    byte[] bytes = elf.bytes(section);
    if (bytes.length != Integer.BYTES) {
      throw bad("invalid kver section in %s".formatted(elf.name()));
    }
    return Bytes.word(bytes, 0);
  }

  ObjectException bad(String what) {
    return new ObjectException(elf.name(), what, null);
  }

  ObjectException badWithHint(String hint, String what) {
    return new ObjectException(elf.name(), what, hint);
  }
}
