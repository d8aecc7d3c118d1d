package ringside.format.btf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.format.elf.ElfFile;

/**
 * What {@code .BTF.ext} says about the instructions of an eBPF object, by section.
 *
 * @param functions {@code func_info}: which function starts where
 * @param lines {@code line_info}: which source line an instruction comes from
 * @param relocations {@code core_relo}: what depends on the running kernel's types (CO-RE)
 */
public record BtfExt(List<FuncInfo> functions, List<LineInfo> lines, List<CoreRelo> relocations) {
  private static final int HEADER_SIZE = 24;
  private static final int HEADER_SIZE_WITH_CORE = 32;

  /**
   * One function.
   *
   * @param section the ELF section with the instructions
   * @param offset bytes from the section's start
   * @param type the id of its {@link BtfType.Func}
   */
  public record FuncInfo(String section, int offset, int type) {}

  /**
   * One line.
   *
   * @param section the ELF section with the instructions
   * @param offset bytes from the section's start
   * @param file the source file's name
   * @param text the source line
   * @param line its number, from 1
   * @param column from 1, or 0 when unknown
   */
  public record LineInfo(
      String section, int offset, String file, String text, int line, int column) {}

  /**
   * One CO-RE relocation.
   *
   * @param section the ELF section with the instructions
   * @param offset bytes from the section's start, of the instruction to adjust
   * @param type the id of the type that the access starts from
   * @param access the access as colon-separated indices, {@code "0:1:2"}
   * @param kind {@code enum bpf_core_relo_kind}, 0 to 12
   */
  public record CoreRelo(String section, int offset, int type, String access, int kind) {}

  /** Copies the lists. */
  public BtfExt {
    functions = List.copyOf(functions);
    lines = List.copyOf(lines);
    relocations = List.copyOf(relocations);
  }

  /**
   * Reads the {@code .BTF.ext} section of an object; empty when it has none.
   *
   * @throws BtfException when it is damaged
   */
  public static Optional<BtfExt> of(ElfFile object, Btf btf) {
    return object
        .section(".BTF.ext")
        .map(section -> parse(object.name(), object.bytes(section), btf));
  }

  /**
   * Reads the bytes of a {@code .BTF.ext} section.
   *
   * @param btf the types and strings it refers to
   * @throws BtfException when they are damaged
   */
  public static BtfExt parse(String where, byte[] section, Btf btf) {
    BtfBytes bytes = new BtfBytes(where, section);
    int header = bytes.header(".BTF.ext", HEADER_SIZE);
    List<FuncInfo> functions = new ArrayList<>();
    forEach(
        bytes,
        btf,
        "func_info",
        header,
        8,
        8,
        (name, at) -> {
          int type = bytes.s32(at + 4);
          if (!(btf.type(type) instanceof BtfType.Func)) {
            throw bytes.bad("func_info at 0x%x has type %d, no function".formatted(at, type));
          }
          functions.add(new FuncInfo(name, offset(bytes, at), type));
        });
    List<LineInfo> lines = new ArrayList<>();
    forEach(
        bytes,
        btf,
        "line_info",
        header,
        16,
        16,
        (name, at) ->
            lines.add(
                new LineInfo(
                    name,
                    offset(bytes, at),
                    btf.string(bytes.u32(at + 4)),
                    btf.string(bytes.u32(at + 8)),
                    bytes.s32(at + 12) >>> 10,
                    bytes.s32(at + 12) & 0x3ff)));
    List<CoreRelo> relocations = new ArrayList<>();
    if (header >= HEADER_SIZE_WITH_CORE) {
      forEach(
          bytes,
          btf,
          "core_relo",
          header,
          24,
          16,
          (name, at) -> {
            int type = bytes.s32(at + 4);
            btf.type(type);
            relocations.add(
                new CoreRelo(
                    name,
                    offset(bytes, at),
                    type,
                    btf.string(bytes.u32(at + 8)),
                    bytes.s32(at + 12)));
          });
    }
    return new BtfExt(functions, lines, relocations);
  }

  private interface RecordReader {
    void read(String section, int at);
  }

  /**
   * Walks one of the three tables: a record size, then for each ELF section its name, a count and
   * the records.
   *
   * @param field where the header has the table's offset and length
   * @param smallest the size of a record that version 1 defines; larger ones have unknown fields at
   *     their end
   */
  private static void forEach(
      BtfBytes bytes,
      Btf btf,
      String what,
      int header,
      int field,
      int smallest,
      RecordReader reader) {
    long length = bytes.u32(field + 4);
    if (length == 0) {
      return;
    }
    long start = header + bytes.u32(field);
    int at = bytes.range(what, start, length);
    int end = (int) (start + length);
    if (end - at < 4) {
      throw bytes.bad("truncated: %s has no record size".formatted(what));
    }
    long size = bytes.u32(at);
    at += 4;
    if (size < smallest || size % 4 != 0 || size > bytes.length()) {
      throw bytes.bad("%s records have %d bytes, expected %d".formatted(what, size, smallest));
    }
    while (at < end) {
      if (end - at < 8) {
        throw bytes.bad("truncated: %s at 0x%x has no section header".formatted(what, at));
      }
      String section = btf.string(bytes.u32(at));
      long count = bytes.u32(at + 4);
      at += 8;
      if (count == 0 || count > (end - at) / size) {
        throw bytes.bad(
            "%s of section %s claims %d records of %d bytes, %d bytes are left"
                .formatted(what, section, count, size, end - at));
      }
      for (long i = 0; i < count; i++) {
        reader.read(section, at);
        at += (int) size;
      }
    }
  }

  private static int offset(BtfBytes bytes, int at) {
    int offset = bytes.s32(at);
    if (offset < 0 || offset % 8 != 0) {
      throw bytes.bad(
          "the record at 0x%x is for offset %s, no instruction"
              .formatted(at, Integer.toUnsignedString(offset)));
    }
    return offset;
  }
}
