package ringside.kernel.text;

import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;

/**
 * The kernel image's place in memory: text, read-only data and data, at the start of RAM and mapped
 * at {@link Memory#KERNEL_LINK_ADDR}.
 *
 * <p>Text holds no machine code, for the kernel's functions are Java; it gives them addresses that
 * can be called, stored in tables and looked up.
 */
public final class KernelImage {
  /** Where {@code _stext} is. */
  public static final long TEXT = Memory.KERNEL_LINK_ADDR + 0x2000;

  /** Where {@code __start_rodata} is. */
  public static final long RODATA = Memory.KERNEL_LINK_ADDR + 0x200000;

  /** Where {@code _sdata} is. */
  public static final long DATA = Memory.KERNEL_LINK_ADDR + 0x280000;

  /** Where {@code _end} is. */
  public static final long END = Memory.KERNEL_LINK_ADDR + 0x300000;

  /** Pages of RAM that the image takes. */
  public static final int PAGES = (int) ((END - Memory.KERNEL_LINK_ADDR) >>> PageTable.PAGE_SHIFT);

  private final PageTable window;
  private long rodataNext = RODATA;
  private long dataNext = DATA;

  /** Maps the image, all of it writable until {@link #markReadOnly}. */
  public KernelImage() {
    this.window = new PageTable(Memory.KERNEL_LINK_ADDR, PAGES);
    for (int page = 0; page < PAGES; page++) {
      long address = Memory.KERNEL_LINK_ADDR + ((long) page << PageTable.PAGE_SHIFT);
      window.map(address, page, PageTable.READ | PageTable.WRITE | executable(address));
    }
  }

  /** The image's page table. */
  public PageTable window() {
    return window;
  }

  /** Reserves zeroed space for a kernel variable; aligned to 8 bytes. */
  public long reserveData(long bytes) {
    long address = dataNext;
    dataNext += (bytes + 7) & ~7L;
    if (dataNext > END) {
      throw new IllegalStateException("kernel data is full");
    }
    return address;
  }

  /** Reserves zeroed space for a constant, writable until {@link #markReadOnly}. */
  public long reserveRodata(long bytes) {
    long address = rodataNext;
    rodataNext += (bytes + 7) & ~7L;
    if (rodataNext > DATA) {
      throw new IllegalStateException("kernel rodata is full");
    }
    return address;
  }

  /** Write-protects text and read-only data, in the image and in its alias in the linear map. */
  public void markReadOnly(Memory memory) {
    for (long address = Memory.KERNEL_LINK_ADDR; address < DATA; address += PageTable.PAGE_SIZE) {
      int frame = (int) ((address - Memory.KERNEL_LINK_ADDR) >>> PageTable.PAGE_SHIFT);
      window.map(address, frame, PageTable.READ | executable(address));
      memory.protect(Memory.linear(frame), PageTable.READ);
    }
  }

  /** Writes a word of the image, write-protected or not, as {@code patch_text} does. */
  public void patch(Memory memory, long address, long value) {
    int entry = window.entry(address);
    int frame = (int) ((address - Memory.KERNEL_LINK_ADDR) >>> PageTable.PAGE_SHIFT);
    window.map(address, frame, PageTable.READ | PageTable.WRITE | executable(address));
    memory.writeLong(address, value);
    window.map(address, frame, PageTable.permissions(entry));
  }

  private static int executable(long address) {
    return address < RODATA ? PageTable.EXECUTE : 0;
  }
}
