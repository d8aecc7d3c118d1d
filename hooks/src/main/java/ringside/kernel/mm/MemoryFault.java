package ringside.kernel.mm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.exception.AbstractTruffleException;
import com.oracle.truffle.api.nodes.Node;
import org.jspecify.annotations.Nullable;

/**
 * A guest access that the page tables refuse: the simulated machine's page fault.
 *
 * <p>It is a guest exception, so throwing it through compiled code neither deoptimises nor fills in
 * a host stack trace. The kernel turns it into an oops (Ring 0) or a signal (Ring 3).
 */
@SuppressWarnings("serial") // never serialised; AbstractTruffleException merely inherits the marker
public final class MemoryFault extends AbstractTruffleException {
  private final long address;
  private final Access access;
  private final int size;

  /**
   * Makes a fault.
   *
   * @param address the first byte of the refused access
   * @param size its width in bytes
   */
  public MemoryFault(long address, int size, Access access, @Nullable Node location) {
    super(null, null, 0, location);
    this.address = address;
    this.size = size;
    this.access = access;
  }

  /** The first byte of the refused access (riscv {@code stval}). */
  public long address() {
    return address;
  }

  /** What was attempted. */
  public Access access() {
    return access;
  }

  /** The width of the access in bytes. */
  public int size() {
    return size;
  }

  @Override
  @TruffleBoundary
  public String getMessage() {
    return "%s of %d byte(s) at 0x%016x".formatted(access, size, address);
  }
}
