package ringside.lkm.loader;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A module's file as the kernel looks at it: {@code struct load_info} after {@code
 * elf_validity_cache_copy}.
 *
 * <p>Reads the raw headers itself, because which check fails first, and with what words, is part of
 * what is simulated; the tools outside the kernel use {@code ringside.format.elf}.
 */
final class ModuleImage {
  static final int SHT_PROGBITS = 1;
  static final int SHT_SYMTAB = 2;
  static final int SHT_RELA = 4;
  static final int SHT_NOBITS = 8;
  static final int SHT_REL = 9;
  static final long SHF_WRITE = 1;
  static final long SHF_ALLOC = 2;
  static final long SHF_EXECINSTR = 4;
  static final int SHN_UNDEF = 0;
  static final int SHN_LORESERVE = 0xff00;
  static final int SHN_ABS = 0xfff1;
  static final int SHN_COMMON = 0xfff2;

  private static final int EHDR_SIZE = 64;
  private static final int SHDR_SIZE = 64;
  private static final int SYM_SIZE = 24;
  private static final int RELA_SIZE = 24;
  private static final int ET_REL = 1;
  private static final int EM_RISCV = 243;
  private static final int ENOEXEC = 8;
  private static final String NAMELESS = "(missing .modinfo section or name field)";

  private final ByteBuffer file;
  private final List<Section> sections = new ArrayList<>();
  private Section modinfo = Section.NONE;
  private Section thisModule = Section.NONE;
  private Section symtab = Section.NONE;
  private Section strtab = Section.NONE;
  private Section versions = Section.NONE;
  private @Nullable String name;
  private long got;

  /** One section header, with the address that {@code move_module} gives it. */
  static final class Section {
    static final Section NONE = new Section(0, "", new long[8]);

    final int index;
    final String name;
    final int type;
    final long offset;
    final long size;
    final int link;
    final int info;
    final long align;
    long flags;
    long address;

    private Section(int index, String name, long[] header) {
      this.index = index;
      this.name = name;
      this.type = (int) header[0];
      this.flags = header[1];
      this.offset = header[2];
      this.size = header[3];
      this.link = (int) header[4];
      this.info = (int) header[5];
      this.align = header[6];
    }

    boolean has(long flag) {
      return (flags & flag) != 0;
    }
  }

  /** One symbol; {@code value} becomes an address in {@code simplify_symbols}. */
  static final class Symbol {
    final String name;
    final int info;
    final int section;
    final long size;
    long value;

    private Symbol(String name, int info, int section, long value, long size) {
      this.name = name;
      this.info = info;
      this.section = section;
      this.value = value;
      this.size = size;
    }

    boolean weak() {
      return info >>> 4 == 2;
    }

    boolean global() {
      return info >>> 4 != 0;
    }

    int type() {
      return info & 0xf;
    }
  }

  /** One entry of a {@code SHT_RELA} section. */
  record Rela(long offset, int type, int symbol, long addend) {}

  private ModuleImage(byte[] bytes) {
    this.file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Checks a file and finds its parts.
   *
   * @param moduleSize {@code sizeof(struct module)} of the running kernel
   * @throws LoadError as {@code elf_validity_cache_copy} fails
   */
  static ModuleImage parse(byte[] bytes, long moduleSize) throws LoadError {
    ModuleImage image = new ModuleImage(bytes);
    image.checkHeader();
    image.readSections();
    image.nameSections();
    image.indexSections(moduleSize);
    image.checkStrings();
    return image;
  }

  private void checkHeader() throws LoadError {
    int length = file.capacity();
    if (length < EHDR_SIZE) {
      // finit_module reads the file without this check of init_module's; both end here.
      throw noexec("Invalid ELF header len %d".formatted(length));
    }
    if (file.getInt(0) != 0x464c457f) {
      throw noexec("Invalid ELF header magic: != \u007fELF");
    }
    int type = file.getShort(16) & 0xffff;
    if (type != ET_REL) {
      throw noexec("Invalid ELF header type: %d != %d".formatted(type, ET_REL));
    }
    int machine = file.getShort(18) & 0xffff;
    // elf_check_arch of riscv also wants the class of the kernel, 64 bits.
    if (machine != EM_RISCV || file.get(4) != 2) {
      throw noexec("Invalid architecture in ELF header: %d".formatted(machine));
    }
  }

  private void readSections() throws LoadError {
    if ((file.getShort(58) & 0xffff) != SHDR_SIZE) {
      throw noexec("Invalid ELF section header size");
    }
    long shoff = file.getLong(40);
    int shnum = file.getShort(60) & 0xffff;
    long length = file.capacity();
    if (Long.compareUnsigned(shoff, length) >= 0 || (long) shnum * SHDR_SIZE > length - shoff) {
      throw noexec("Invalid ELF section header overflow");
    }
    if (shnum == 0
        || word(shoff + 4) != 0
        || file.getLong((int) shoff + 32) != 0
        || file.getLong((int) shoff + 16) != 0) {
      throw noexec(
          "ELF Spec violation: section 0 type(%d)!=SH_NULL or non-zero len or addr"
              .formatted(shnum == 0 ? 0 : word(shoff + 4)));
    }
    for (int i = 0; i < shnum; i++) {
      int at = (int) shoff + i * SHDR_SIZE;
      long[] header = {
        word(at + 4),
        file.getLong(at + 8),
        file.getLong(at + 24),
        file.getLong(at + 32),
        word(at + 40),
        word(at + 44),
        file.getLong(at + 48),
        word(at)
      };
      Section section = new Section(i, "", header);
      if (i > 0 && section.type != 0 && section.type != SHT_NOBITS) {
        long end = section.offset + section.size;
        if (Long.compareUnsigned(end, section.offset) < 0
            || Long.compareUnsigned(end, length) > 0) {
          throw noexec(
              "Invalid ELF section in module (section %d type %d)".formatted(i, section.type));
        }
      }
      sections.add(section);
    }
  }

  private void nameSections() throws LoadError {
    int shstrndx = file.getShort(62) & 0xffff;
    if (shstrndx == SHN_UNDEF || shstrndx >= sections.size()) {
      throw noexec(
          "Invalid ELF section name index: %d || e_shstrndx (%d) >= e_shnum (%d)"
              .formatted(shstrndx, shstrndx, sections.size()));
    }
    Section names = sections.get(shstrndx);
    if (names.type == SHT_NOBITS || names.size == 0) {
      throw noexec("empty section name table");
    }
    if (file.get((int) (names.offset + names.size - 1)) != 0) {
      throw noexec("ELF Spec violation: section name table isn't null terminated");
    }
    long shoff = file.getLong(40);
    for (int i = 0; i < sections.size(); i++) {
      Section s = sections.get(i);
      if (s.type == 0) {
        continue;
      }
      int nameOffset = word(shoff + (long) i * SHDR_SIZE);
      if (Integer.toUnsignedLong(nameOffset) >= names.size) {
        throw noexec(
            "Invalid ELF section name in module (section %d type %d)".formatted(i, s.type));
      }
      long[] header = {s.type, s.flags, s.offset, s.size, s.link, s.info, s.align, 0};
      sections.set(i, new Section(i, string(names.offset + nameOffset), header));
    }
  }

  private void indexSections(long moduleSize) throws LoadError {
    List<Section> infos = named(".modinfo");
    if (infos.size() > 1) {
      throw noexec("Only one .modinfo section must exist.");
    }
    if (!infos.isEmpty()) {
      modinfo = infos.getFirst();
      name = modinfo("name").orElse(null);
    }
    String who = name == null ? NAMELESS : name;
    List<Section> modules = named(".gnu.linkonce.this_module");
    if (modules.size() != 1) {
      throw noexec(
          "module %s: Exactly one .gnu.linkonce.this_module section must exist.".formatted(who));
    }
    thisModule = modules.getFirst();
    if (thisModule.type == SHT_NOBITS) {
      throw noexec(
          "module %s: .gnu.linkonce.this_module section must have a size set".formatted(who));
    }
    if (!thisModule.has(SHF_ALLOC)) {
      throw noexec(
          "module %s: .gnu.linkonce.this_module must occupy memory during process execution"
              .formatted(who));
    }
    if (thisModule.size != moduleSize) {
      throw noexec(
          ("module %s: .gnu.linkonce.this_module section size must match the kernel's built struct"
                  + " module size at run time")
              .formatted(who));
    }
    List<Section> symtabs = sections.stream().filter(s -> s.type == SHT_SYMTAB).toList();
    if (symtabs.size() != 1) {
      throw LoadError.warn(ENOEXEC, who + ": module has no symbols (stripped?)");
    }
    symtab = symtabs.getFirst();
    if (symtab.link == SHN_UNDEF || Integer.compareUnsigned(symtab.link, sections.size()) >= 0) {
      throw noexec(
          "Invalid ELF sh_link!=SHN_UNDEF(%d) or (sh_link(%d) >= hdr->e_shnum(%d)"
              .formatted(symtab.link, symtab.link, sections.size()));
    }
    strtab = sections.get(symtab.link);
    versions = find("__versions");
  }

  private void checkStrings() throws LoadError {
    if (strtab.type == SHT_NOBITS || strtab.size == 0) {
      throw noexec("empty symbol string table");
    }
    if (file.get((int) strtab.offset) != 0) {
      throw noexec("symbol string table missing leading NUL");
    }
    if (file.get((int) (strtab.offset + strtab.size - 1)) != 0) {
      throw noexec("symbol string table isn't NUL terminated");
    }
    for (long at = symtab.offset; at + SYM_SIZE <= symtab.offset + symtab.size; at += SYM_SIZE) {
      if (Integer.toUnsignedLong(word(at)) >= strtab.size) {
        throw noexec("symbol name out of bounds in string table");
      }
    }
    if (name == null) {
      // struct module's own name field, behind state and list.
      name = string(thisModule.offset + 24);
    }
  }

  /** The module's name. */
  String name() {
    return name == null ? NAMELESS : name;
  }

  /** All sections, the null section first. */
  List<Section> sections() {
    return sections;
  }

  /** The first allocated section of that name, or {@link Section#NONE}. */
  Section find(String wanted) {
    for (Section section : sections) {
      if (section.has(SHF_ALLOC) && section.name.equals(wanted)) {
        return section;
      }
    }
    return Section.NONE;
  }

  /** {@code .modinfo}, or {@link Section#NONE}. */
  Section modinfoSection() {
    return modinfo;
  }

  /** {@code .gnu.linkonce.this_module}. */
  Section thisModule() {
    return thisModule;
  }

  /** {@code __versions}, or {@link Section#NONE}. */
  Section versionsSection() {
    return versions;
  }

  /** Where the slots for {@code R_RISCV_GOT_HI20} are; 0 where none is needed. */
  long gotAddress() {
    return got;
  }

  /** Says where the GOT slots are. */
  void placeGot(long address) {
    got = address;
  }

  /** The value of the first {@code tag=} in {@code .modinfo}. */
  Optional<String> modinfo(String tag) {
    return ModuleInfo.parse(contents(modinfo)).first(tag);
  }

  /** The bytes of a section; none for {@code SHT_NOBITS}. */
  byte[] contents(Section section) {
    if (section.type == SHT_NOBITS || section.index == 0) {
      return new byte[0];
    }
    return Arrays.copyOfRange(
        file.array(), (int) section.offset, (int) (section.offset + section.size));
  }

  /** The symbol table, in order, the null symbol first. */
  List<Symbol> symbols() {
    List<Symbol> symbols = new ArrayList<>();
    for (long at = symtab.offset; at + SYM_SIZE <= symtab.offset + symtab.size; at += SYM_SIZE) {
      symbols.add(
          new Symbol(
              string(strtab.offset + Integer.toUnsignedLong(word(at))),
              file.get((int) at + 4) & 0xff,
              file.getShort((int) at + 6) & 0xffff,
              file.getLong((int) at + 8),
              file.getLong((int) at + 16)));
    }
    return symbols;
  }

  /** The entries of a {@code SHT_RELA} section. */
  List<Rela> relocations(Section section) {
    List<Rela> entries = new ArrayList<>();
    for (long at = section.offset;
        at + RELA_SIZE <= section.offset + section.size;
        at += RELA_SIZE) {
      long info = file.getLong((int) at + 8);
      entries.add(
          new Rela(
              file.getLong((int) at),
              (int) info,
              (int) (info >>> 32),
              file.getLong((int) at + 16)));
    }
    return entries;
  }

  /** The checksums that the module was built with, by symbol ({@code struct modversion_info}). */
  Map<String, Integer> versions() {
    Map<String, Integer> crcs = new LinkedHashMap<>();
    if (versions.type != SHT_NOBITS) {
      for (long at = versions.offset; at + 64 <= versions.offset + versions.size; at += 64) {
        crcs.putIfAbsent(boundedString(at + 8, 56), (int) file.getLong((int) at));
      }
    }
    return crcs;
  }

  private List<Section> named(String wanted) {
    return sections.stream().filter(s -> s.type != 0 && s.name.equals(wanted)).toList();
  }

  private int word(long at) {
    return file.getInt((int) at);
  }

  private String string(long at) {
    return boundedString(at, file.capacity() - at);
  }

  private String boundedString(long at, long limit) {
    int start = (int) at;
    int end = start;
    while (end < start + limit && file.get(end) != 0) {
      end++;
    }
    return new String(file.array(), start, end - start, StandardCharsets.ISO_8859_1);
  }

  private static LoadError noexec(String logged) {
    return LoadError.err(ENOEXEC, logged);
  }
}
