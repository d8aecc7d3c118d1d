package ringside.kernel.mm;

/**
 * Sees every guest access beside the run; the oracle's way in.
 *
 * <p>It must not influence the run: it may not touch guest memory, throw, or change virtual time.
 */
@FunctionalInterface
public interface AccessObserver {
  /**
   * An access that the page tables allow is about to happen.
   *
   * @param address its first byte, as the guest named it
   * @param size its width in bytes
   */
  void onAccess(long address, int size, boolean write);
}
