package ringside.lkm.loader;

import ringside.kernel.mm.PageTable;

/**
 * One piece of a module's memory ({@code struct module_memory}): whole pages of one permission.
 *
 * @param base its first byte in the module area
 * @param size bytes, whole pages
 * @param frame its first physical page
 */
public record Segment(Kind kind, long base, long size, int frame) {
  /**
   * {@code enum mod_mem_type}, in its order, with the permissions that {@code strict_rwx} gives.
   */
  public enum Kind {
    /** {@code MOD_TEXT}. */
    TEXT(PageTable.READ | PageTable.EXECUTE, false),
    /** {@code MOD_DATA}. */
    DATA(PageTable.READ | PageTable.WRITE, false),
    /** {@code MOD_RODATA}. */
    RODATA(PageTable.READ, false),
    /** {@code MOD_RO_AFTER_INIT}: writable until init has returned. */
    RO_AFTER_INIT(PageTable.READ | PageTable.WRITE, false),
    /** {@code MOD_INIT_TEXT}. */
    INIT_TEXT(PageTable.READ | PageTable.EXECUTE, true),
    /** {@code MOD_INIT_DATA}. */
    INIT_DATA(PageTable.READ | PageTable.WRITE, true),
    /** {@code MOD_INIT_RODATA}. */
    INIT_RODATA(PageTable.READ, true);

    private final int permissions;
    private final boolean init;

    Kind(int permissions, boolean init) {
      this.permissions = permissions;
      this.init = init;
    }

    /** The page permissions once the module is formed. */
    public int permissions() {
      return permissions;
    }

    /** Whether it is given back when init has returned. */
    public boolean init() {
      return init;
    }
  }

  /** Whether an address lies in it. */
  public boolean contains(long address) {
    return Long.compareUnsigned(address - base, size) < 0;
  }
}
