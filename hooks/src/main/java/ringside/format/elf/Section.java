package ringside.format.elf;

/**
 * One section header, {@code Elf64_Shdr}, with its name looked up.
 *
 * @param index its place in the section header table
 * @param name its name; may be empty
 * @param type {@code SHT_*}
 * @param flags {@code SHF_*}
 * @param address where it is to be loaded, 0 in relocatables
 * @param offset of its bytes in the file
 * @param size in bytes; of a {@link #SHT_NOBITS} section, in memory only
 * @param link {@code sh_link}
 * @param info {@code sh_info}
 * @param alignment a power of two, at least 1
 * @param entrySize {@code sh_entsize}, 0 when it has no entries of one size
 */
public record Section(
    int index,
    String name,
    int type,
    long flags,
    long address,
    long offset,
    long size,
    int link,
    int info,
    long alignment,
    long entrySize) {

  /** No section. */
  public static final int SHT_NULL = 0;

  /** Code or data. */
  public static final int SHT_PROGBITS = 1;

  /** Symbols. */
  public static final int SHT_SYMTAB = 2;

  /** Strings. */
  public static final int SHT_STRTAB = 3;

  /** Relocations with addends. */
  public static final int SHT_RELA = 4;

  /** Notes. */
  public static final int SHT_NOTE = 7;

  /** Zeroes that take no room in the file. */
  public static final int SHT_NOBITS = 8;

  /** Relocations whose addends are in the section they apply to. */
  public static final int SHT_REL = 9;

  /** Section indices of symbols that do not fit 16 bits. */
  public static final int SHT_SYMTAB_SHNDX = 18;

  /** Writable. */
  public static final long SHF_WRITE = 1;

  /** Takes room in memory. */
  public static final long SHF_ALLOC = 2;

  /** Executable. */
  public static final long SHF_EXECINSTR = 4;

  /** Whether every bit of a mask of {@code SHF_*} is set. */
  public boolean has(long mask) {
    return (flags & mask) == mask;
  }
}
