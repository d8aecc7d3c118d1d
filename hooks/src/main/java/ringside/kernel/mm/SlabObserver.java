package ringside.kernel.mm;

/** Sees objects come and go beside the run; must not influence it. */
public interface SlabObserver {
  /**
   * An object was handed out.
   *
   * @param requested bytes asked for; the rest up to {@code size} is slack
   * @param size bytes of the slot
   * @param zeroed whether its bytes count as initialised
   */
  void onAllocate(long address, long requested, long size, String cache, boolean zeroed);

  /** An object was given back. */
  void onFree(long address);
}
