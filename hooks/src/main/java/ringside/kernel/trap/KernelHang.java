package ringside.kernel.trap;

import com.oracle.truffle.api.exception.AbstractTruffleException;

/**
 * Kernel code ran for the configured virtual time without ever giving up the CPU.
 *
 * <p>The real machine would be stuck for ever; here the host gets control back.
 */
@SuppressWarnings("serial") // never serialised; AbstractTruffleException merely inherits the marker
public final class KernelHang extends AbstractTruffleException {
  /** Makes it with a sentence for the user. */
  public KernelHang(String message) {
    super(message);
  }
}
