package ringside.kernel.mm;

import java.util.ArrayList;
import java.util.List;

/**
 * Watches memory beside the run and records what really went wrong; never influences the run.
 *
 * <p>Sees the accesses of extensions through {@link #extensionAccesses} and those of the kernel
 * itself through {@link #kernelAccesses}.
 */
public final class Oracle implements SlabObserver {
  private final List<Violation> violations = new ArrayList<>();

  /** What kind of rule an access broke. */
  public enum Kind {
    OUT_OF_BOUNDS_READ,
    OUT_OF_BOUNDS_WRITE,
    USE_AFTER_FREE_READ,
    USE_AFTER_FREE_WRITE,
    UNINITIALISED_READ,
    INVARIANT_WRITE
  }

  /**
   * One broken rule.
   *
   * @param address the first byte of the access
   * @param size its width in bytes
   * @param extension who made the access
   * @param object what was hit, e.g. {@code kmalloc-64 object at 0x… of kernel}
   * @param nanos virtual time
   */
  public record Violation(
      Kind kind, long address, int size, String extension, String object, long nanos) {}

  /** The observer for memory as extensions see it. */
  public AccessObserver extensionAccesses() {
    return (address, size, write) -> {};
  }

  /** The observer for memory as the kernel's own code sees it. */
  public AccessObserver kernelAccesses() {
    return (address, size, write) -> {};
  }

  @Override
  public void onAllocate(long address, long requested, long size, String cache, boolean zeroed) {}

  @Override
  public void onFree(long address) {}

  /** What was recorded, in order. */
  public List<Violation> violations() {
    return List.copyOf(violations);
  }
}
