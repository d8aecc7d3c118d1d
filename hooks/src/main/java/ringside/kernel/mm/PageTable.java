package ringside.kernel.mm;

import java.util.Arrays;

/**
 * Maps one contiguous window of virtual pages onto RAM, a 32-bit entry a page.
 *
 * <p>An entry holds the physical page number above its permission bits; {@code 0} is a hole. The
 * module area, the kernel image and each user address space are such windows; the linear map is
 * not, it needs no table.
 */
public final class PageTable {
  /** log2 of the page size. */
  public static final int PAGE_SHIFT = 12;

  /** Bytes in a page. */
  public static final int PAGE_SIZE = 1 << PAGE_SHIFT;

  /** Permission bit: loads allowed. */
  public static final int READ = 1;

  /** Permission bit: stores allowed. */
  public static final int WRITE = 2;

  /** Permission bit: instruction fetch allowed. */
  public static final int EXECUTE = 4;

  /** Permission bit: reachable from Ring 3. */
  public static final int USER = 8;

  static final int PERMISSION_BITS = 4;

  private final long base;
  private final int[] entries;

  /**
   * Makes a window of holes.
   *
   * @param base page-aligned virtual address of its first byte
   * @param pages how many pages it spans
   */
  public PageTable(long base, int pages) {
    if ((base & (PAGE_SIZE - 1)) != 0) {
      throw new IllegalArgumentException("base 0x%x is not page-aligned".formatted(base));
    }
    this.base = base;
    this.entries = new int[pages];
  }

  /** Virtual address of the window's first byte. */
  public long base() {
    return base;
  }

  /** Length of the window in bytes. */
  public long size() {
    return (long) entries.length << PAGE_SHIFT;
  }

  /**
   * Maps the page that holds {@code address} onto physical page {@code frame} with the given
   * permission bits.
   */
  public void map(long address, int frame, int permissions) {
    entries[index(address)] = frame << PERMISSION_BITS | permissions;
  }

  /** Makes the page that holds {@code address} a hole again. */
  public void unmap(long address) {
    entries[index(address)] = 0;
  }

  /** Makes every page a hole. */
  public void clear() {
    Arrays.fill(entries, 0);
  }

  /** The entry for {@code address}, or 0 where the window has a hole or does not reach. */
  public int entry(long address) {
    long page = (address - base) >>> PAGE_SHIFT;
    return page < entries.length ? entries[(int) page] : 0;
  }

  /** The permission bits of an entry. */
  public static int permissions(int entry) {
    return entry & (1 << PERMISSION_BITS) - 1;
  }

  private int index(long address) {
    long page = (address - base) >>> PAGE_SHIFT;
    if (page >= entries.length) {
      throw new IllegalArgumentException("0x%x is outside the window".formatted(address));
    }
    return (int) page;
  }
}
