package ringside.kernel.mm;

/**
 * A kernel stack; the page under {@code bottom} is unmapped, so that an overflow faults.
 *
 * @param bottom its lowest address
 * @param top the address behind its highest byte, where {@code sp} starts
 */
public record KernelStack(long bottom, long top) {
  /** {@code THREAD_SIZE} of riscv64: 16 KiB. */
  public static final int SIZE = 16384;

  /** Whether an address lies in the guard page. */
  public boolean overflowedAt(long address) {
    return address >= bottom - PageTable.PAGE_SIZE && address < bottom;
  }
}
