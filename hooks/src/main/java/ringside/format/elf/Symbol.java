package ringside.format.elf;

/**
 * One symbol, {@code Elf64_Sym}, with its name looked up.
 *
 * @param index its place in the symbol table, which relocations refer to
 * @param name its name; a section symbol's is that of its section
 * @param value an address, or in relocatables an offset into its section
 * @param size in bytes, 0 when unknown
 * @param binding {@code STB_*}
 * @param type {@code STT_*}
 * @param visibility {@code STV_*}
 * @param section index of its section, or one of {@link #SHN_UNDEF}, {@link #SHN_ABS}, {@link
 *     #SHN_COMMON}
 */
public record Symbol(
    int index,
    String name,
    long value,
    long size,
    int binding,
    int type,
    int visibility,
    int section) {

  /** Not defined here. */
  public static final int SHN_UNDEF = 0;

  /** The value is absolute. */
  public static final int SHN_ABS = 0xfff1;

  /** A tentative definition; the value is its alignment. */
  public static final int SHN_COMMON = 0xfff2;

  /** Seen in its file only. */
  public static final int STB_LOCAL = 0;

  /** Seen everywhere. */
  public static final int STB_GLOBAL = 1;

  /** Yields to a global one. */
  public static final int STB_WEAK = 2;

  /** Data. */
  public static final int STT_OBJECT = 1;

  /** Code. */
  public static final int STT_FUNC = 2;

  /** A section. */
  public static final int STT_SECTION = 3;

  /** A source file's name. */
  public static final int STT_FILE = 4;

  /** Whether it has a place in this file: a section, or an absolute value. */
  public boolean isDefined() {
    return section != SHN_UNDEF;
  }

  /** Whether its section is a real one of this file. */
  public boolean isInSection() {
    return section != SHN_UNDEF && section != SHN_ABS && section != SHN_COMMON;
  }
}
