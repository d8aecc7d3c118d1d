package ringside.format.elf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;

/**
 * An ELF64 little-endian file, read whole and checked; immutable.
 *
 * <p>The layout is that of the System V ABI, chapters 4 and 5. Sections with index {@code
 * SHN_XINDEX} and more than 65,279 sections are supported as there.
 */
public final class ElfFile {
  /** A relocatable object. */
  public static final int ET_REL = 1;

  /** An executable at fixed addresses. */
  public static final int ET_EXEC = 2;

  /** A shared object or position-independent executable. */
  public static final int ET_DYN = 3;

  /**
   * The largest file that is read, in bytes; larger ones are refused before anything is allocated.
   */
  public static final long LARGEST = 256L << 20;

  private static final int EHDR_SIZE = 64;
  private static final int SHDR_SIZE = 64;
  private static final int PHDR_SIZE = 56;
  private static final int SYM_SIZE = 24;
  private static final int REL_SIZE = 16;
  private static final int RELA_SIZE = 24;
  private static final int SHN_LORESERVE = 0xff00;
  private static final int SHN_XINDEX = 0xffff;

  private final String name;
  private final ElfBytes bytes;
  private final int type;
  private final int machine;
  private final int flags;
  private final long entry;
  private final List<Section> sections;
  private final List<ProgramHeader> programHeaders;
  private final List<Symbol> symbols;
  private final Map<Integer, List<Section>> relocationSections;

  private ElfFile(String name, byte[] content) {
    this.name = name;
    this.bytes = new ElfBytes(name, content);
    checkIdentification();
    this.type = bytes.u16(16);
    this.machine = bytes.u16(18);
    this.entry = bytes.s64(24);
    this.flags = bytes.s32(48);
    this.sections = readSections();
    this.programHeaders = readProgramHeaders();
    this.symbols = readSymbols();
    this.relocationSections =
        sections.stream()
            .filter(s -> s.type() == Section.SHT_REL || s.type() == Section.SHT_RELA)
            .collect(Collectors.groupingBy(Section::info));
    checkOverlap();
  }

  /**
   * Reads a file.
   *
   * @throws ElfException when it is no ELF64 little-endian file or is damaged
   * @throws BadInputException when there is none or it cannot be read
   */
  public static ElfFile read(Path file) {
    try {
      long size = Files.size(file);
      if (size > LARGEST) {
        throw new ElfException(
            file.toString(), "has %d bytes, more than %d".formatted(size, LARGEST), null);
      }
      return parse(file.toString(), Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new BadInputException(file.toString(), "no such file", "check the path", e);
    } catch (IOException e) {
      throw new BadInputException(
          file.toString(),
          Files.isDirectory(file) ? "is a directory" : "cannot be read: " + e.getMessage(),
          "name a file that you may read",
          e);
    }
  }

  /**
   * Reads the bytes of a file; they must not be changed afterwards.
   *
   * @param name the file's name for messages
   * @throws ElfException when they are no ELF64 little-endian file or are damaged
   */
  public static ElfFile parse(String name, byte[] content) {
    return new ElfFile(name, content);
  }

  /** The name given for messages. */
  public String name() {
    return name;
  }

  /** {@code e_type}: {@link #ET_REL}, {@link #ET_EXEC}, {@link #ET_DYN} or another. */
  public int type() {
    return type;
  }

  /** {@code e_machine}; see {@link Machine#words(int)} for its name. */
  public int machine() {
    return machine;
  }

  /** {@code e_flags}. */
  public int flags() {
    return flags;
  }

  /** {@code e_entry}, the address where an executable starts. */
  public long entry() {
    return entry;
  }

  /** All sections; the first is the null section, unless there are none at all. */
  public List<Section> sections() {
    return sections;
  }

  /** The first section of that name. */
  public Optional<Section> section(String sectionName) {
    return sections.stream().filter(section -> section.name().equals(sectionName)).findFirst();
  }

  /** The program headers; none in relocatables. */
  public List<ProgramHeader> programHeaders() {
    return programHeaders;
  }

  /** All symbols of the symbol table; the first is the null symbol, unless there is no table. */
  public List<Symbol> symbols() {
    return symbols;
  }

  /** The first defined symbol of that name. */
  public Optional<Symbol> symbol(String symbolName) {
    return symbols.stream()
        .filter(symbol -> symbol.isDefined() && symbol.name().equals(symbolName))
        .findFirst();
  }

  /** A copy of a section's bytes; empty for {@code SHT_NOBITS} and {@code SHT_NULL}. */
  public byte[] bytes(Section section) {
    return hasBytes(section)
        ? bytes.copy((int) section.offset(), (int) section.size())
        : new byte[0];
  }

  /** A copy of the bytes in the file that a program header loads. */
  public byte[] bytes(ProgramHeader header) {
    return bytes.copy((int) header.offset(), (int) header.fileSize());
  }

  /**
   * The relocations that apply to a section, from all {@code SHT_REL} and {@code SHT_RELA}
   * sections, in file order.
   *
   * @throws ElfException when one is damaged: its table, its symbol, or an offset outside of the
   *     section
   */
  public List<Relocation> relocations(Section target) {
    List<Relocation> relocations = new ArrayList<>();
    for (Section section : relocationSections.getOrDefault(target.index(), List.of())) {
      readRelocations(section, target, section.type() == Section.SHT_RELA, relocations);
    }
    return relocations;
  }

  /**
   * Checks that this is a file of one type for one machine.
   *
   * @param wantedType {@code ET_*}
   * @param hint what to do otherwise, or null
   * @throws ElfException when it is another
   */
  public void require(int wantedType, Machine wanted, @Nullable String hint) {
    if (machine != wanted.code()) {
      throw bytes.bad(
          "is for %s, not for %s".formatted(Machine.words(machine), wanted.words()), hint);
    }
    if (type != wantedType) {
      throw bytes.bad("is %s, not %s".formatted(typeWords(type), typeWords(wantedType)), hint);
    }
  }

  private static String typeWords(int type) {
    return switch (type) {
      case ET_REL -> "a relocatable object";
      case ET_EXEC -> "an executable";
      case ET_DYN -> "a shared object";
      case 4 -> "a core dump";
      default -> "ELF of type " + type;
    };
  }

  private void checkIdentification() {
    if (bytes.length() < 4 || bytes.s32(0) != 0x464c457f) {
      throw bytes.bad("is not an ELF file", "compile it with: ringside cc FILE.c --target ...");
    }
    bytes.range("ELF header", 0, EHDR_SIZE);
    if (bytes.u8(4) != 2) {
      throw bytes.bad(
          bytes.u8(4) == 1
              ? "is a 32-bit ELF file; only 64-bit ones are supported"
              : "has an unknown ELF class " + bytes.u8(4));
    }
    if (bytes.u8(5) != 1) {
      throw bytes.bad(
          bytes.u8(5) == 2
              ? "is a big-endian ELF file; only little-endian ones are supported"
              : "has an unknown ELF byte order " + bytes.u8(5));
    }
    if (bytes.u8(6) != 1 || bytes.s32(20) != 1) {
      throw bytes.bad("has an unknown ELF version");
    }
  }

  private List<Section> readSections() {
    long offset = bytes.s64(40);
    if (offset == 0) {
      return List.of();
    }
    checkEntrySize("section header", bytes.u16(58), SHDR_SIZE);
    // Real values of a count or index that overflows its 16 bits are in section 0.
    int first = bytes.range("section header table", offset, SHDR_SIZE);
    long count = bytes.u16(60) != 0 ? bytes.u16(60) : bytes.s64(first + 32);
    int names = bytes.u16(62) != SHN_XINDEX ? bytes.u16(62) : bytes.s32(first + 40);
    int table = bytes.table("section header table", offset, count, SHDR_SIZE);

    Section stringTable = null;
    if (names != 0) {
      if (names < 0 || names >= count) {
        throw bytes.bad(
            "section names are in section %d, but there are %d"
                .formatted(Integer.toUnsignedLong(names), count));
      }
      stringTable = readSection(table + names * SHDR_SIZE, names, "section name string table");
      requireStrings(stringTable);
    }
    List<Section> read = new ArrayList<>((int) count);
    for (int i = 0; i < count; i++) {
      int at = table + i * SHDR_SIZE;
      String what = "section " + i;
      String sectionName =
          stringTable == null ? "" : bytes.string(what, stringTable, bytes.s32(at));
      read.add(readSection(at, i, sectionName));
    }
    return List.copyOf(read);
  }

  private Section readSection(int at, int index, String sectionName) {
    long alignment = Math.max(1, bytes.s64(at + 48));
    Section section =
        new Section(
            index,
            sectionName,
            bytes.s32(at + 4),
            bytes.s64(at + 8),
            bytes.s64(at + 16),
            bytes.s64(at + 24),
            bytes.s64(at + 32),
            bytes.s32(at + 40),
            bytes.s32(at + 44),
            alignment,
            bytes.s64(at + 56));
    String what = sectionName.isEmpty() ? "section " + index : "section " + sectionName;
    if (hasBytes(section)) {
      bytes.range(what, section.offset(), section.size());
    } else if (section.type() == Section.SHT_NOBITS && section.size() < 0) {
      throw bytes.bad(what + " has an impossible size");
    }
    if (bytes.s64(at + 48) < 0 || Long.bitCount(alignment) != 1) {
      throw bytes.bad("%s has alignment 0x%x, no power of two".formatted(what, bytes.s64(at + 48)));
    }
    return section;
  }

  /** No byte may be in two sections; otherwise a small file could stand for a huge amount. */
  private void checkOverlap() {
    long total = 0;
    for (Section section : sections) {
      total += hasBytes(section) ? section.size() : 0;
      if (total > bytes.length()) {
        throw bytes.bad("sections overlap: together they have more bytes than the file");
      }
    }
  }

  private List<ProgramHeader> readProgramHeaders() {
    long offset = bytes.s64(32);
    int count = bytes.u16(56);
    if (offset == 0 || count == 0) {
      return List.of();
    }
    checkEntrySize("program header", bytes.u16(54), PHDR_SIZE);
    int table = bytes.table("program header table", offset, count, PHDR_SIZE);
    List<ProgramHeader> read = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int at = table + i * PHDR_SIZE;
      ProgramHeader header =
          new ProgramHeader(
              bytes.s32(at),
              bytes.s32(at + 4),
              bytes.s64(at + 8),
              bytes.s64(at + 16),
              bytes.s64(at + 32),
              bytes.s64(at + 40),
              bytes.s64(at + 48));
      bytes.range("segment " + i, header.offset(), header.fileSize());
      if (header.type() == ProgramHeader.PT_LOAD && header.memorySize() < header.fileSize()) {
        throw bytes.bad("segment " + i + " has more bytes in the file than in memory");
      }
      read.add(header);
    }
    return List.copyOf(read);
  }

  private List<Symbol> readSymbols() {
    Section table = null;
    for (Section section : sections) {
      if (section.type() == Section.SHT_SYMTAB) {
        if (table != null) {
          throw bytes.bad("has two symbol tables, " + table.name() + " and " + section.name());
        }
        table = section;
      }
    }
    if (table == null) {
      return List.of();
    }
    int count = entries(table, SYM_SIZE);
    Section strings = sectionAt("string table of " + table.name(), table.link());
    requireStrings(strings);
    Section extended = extendedIndices(table, count);
    List<Symbol> read = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      read.add(readSymbol((int) table.offset() + i * SYM_SIZE, i, strings, extended));
    }
    return List.copyOf(read);
  }

  private Symbol readSymbol(int at, int index, Section strings, @Nullable Section extended) {
    String what = "symbol " + index;
    String symbolName = bytes.string(what, strings, bytes.s32(at));
    int info = bytes.u8(at + 4);
    int section = bytes.u16(at + 6);
    if (section == SHN_XINDEX) {
      if (extended == null) {
        throw bytes.bad(what + " has an extended section index, but there is no table of them");
      }
      section = bytes.s32((int) extended.offset() + index * 4);
    } else if (section >= SHN_LORESERVE
        && section != Symbol.SHN_ABS
        && section != Symbol.SHN_COMMON) {
      throw bytes.bad("%s has the reserved section index 0x%x".formatted(what, section));
    }
    boolean real =
        section != Symbol.SHN_UNDEF && section != Symbol.SHN_ABS && section != Symbol.SHN_COMMON;
    if (real && (section < 0 || section >= sections.size())) {
      throw bytes.bad(
          "%s is in section %d, but there are %d"
              .formatted(what, Integer.toUnsignedLong(section), sections.size()));
    }
    if (real && (info & 0xf) == Symbol.STT_SECTION && symbolName.isEmpty()) {
      symbolName = sections.get(section).name();
    }
    return new Symbol(
        index,
        symbolName,
        bytes.s64(at + 8),
        bytes.s64(at + 16),
        info >>> 4,
        info & 0xf,
        bytes.u8(at + 5) & 3,
        section);
  }

  private @Nullable Section extendedIndices(Section table, int count) {
    for (Section section : sections) {
      if (section.type() == Section.SHT_SYMTAB_SHNDX && section.link() == table.index()) {
        if (entries(section, 4) < count) {
          throw bytes.bad(
              "section " + section.name() + " has fewer entries than there are symbols");
        }
        return section;
      }
    }
    return null;
  }

  private void readRelocations(
      Section section, Section target, boolean rela, List<Relocation> relocations) {
    int size = rela ? RELA_SIZE : REL_SIZE;
    int count = entries(section, size);
    for (int i = 0; i < count; i++) {
      int at = (int) section.offset() + i * size;
      long offset = bytes.s64(at);
      long info = bytes.s64(at + 8);
      int symbol = (int) (info >>> 32);
      String what = "relocation %d of %s".formatted(i, section.name());
      if (symbol < 0 || symbol >= symbols.size()) {
        throw bytes.bad(
            "%s refers to symbol %d, but there are %d"
                .formatted(what, Integer.toUnsignedLong(symbol), symbols.size()));
      }
      if (type == ET_REL && (offset < 0 || offset >= target.size())) {
        throw bytes.bad(
            "%s is at 0x%x of %s, which has %d bytes"
                .formatted(what, offset, target.name(), target.size()));
      }
      long addend = rela ? bytes.s64(at + 16) : 0;
      relocations.add(new Relocation(offset, (int) info, symbols.get(symbol), addend));
    }
  }

  private int entries(Section section, int size) {
    if (section.size() % size != 0) {
      throw bytes.bad(
          "section %s has %d bytes, no multiple of its entries' %d"
              .formatted(section.name(), section.size(), size));
    }
    if (section.entrySize() != size) {
      throw bytes.bad(
          "section %s has entries of %d bytes, expected %d"
              .formatted(section.name(), section.entrySize(), size));
    }
    return (int) (section.size() / size);
  }

  private Section sectionAt(String what, int index) {
    if (index <= 0 || index >= sections.size()) {
      throw bytes.bad(
          "%s is section %d, but there are %d"
              .formatted(what, Integer.toUnsignedLong(index), sections.size()));
    }
    return sections.get(index);
  }

  private void requireStrings(Section section) {
    if (section.type() != Section.SHT_STRTAB) {
      throw bytes.bad(
          "section %d is used as a string table but is none".formatted(section.index()));
    }
  }

  private void checkEntrySize(String what, int actual, int expected) {
    if (actual != expected) {
      throw bytes.bad("%s entries have %d bytes, expected %d".formatted(what, actual, expected));
    }
  }

  private static boolean hasBytes(Section section) {
    return section.type() != Section.SHT_NOBITS && section.type() != Section.SHT_NULL;
  }
}
