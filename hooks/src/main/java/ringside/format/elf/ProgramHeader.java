package ringside.format.elf;

/**
 * One program header, {@code Elf64_Phdr}.
 *
 * @param type {@code PT_*}
 * @param flags {@code PF_*}
 * @param offset of its bytes in the file
 * @param address where it is to be loaded
 * @param fileSize bytes in the file
 * @param memorySize bytes in memory, at least {@code fileSize}; the rest is zero
 * @param alignment a power of two, or 0 or 1 for none
 */
public record ProgramHeader(
    int type,
    int flags,
    long offset,
    long address,
    long fileSize,
    long memorySize,
    long alignment) {

  /** To be loaded. */
  public static final int PT_LOAD = 1;

  /** Names a dynamic linker. */
  public static final int PT_INTERP = 3;

  /** Executable. */
  public static final int PF_X = 1;

  /** Writable. */
  public static final int PF_W = 2;

  /** Readable. */
  public static final int PF_R = 4;
}
