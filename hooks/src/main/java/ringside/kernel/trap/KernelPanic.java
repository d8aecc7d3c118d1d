package ringside.kernel.trap;

import com.oracle.truffle.api.exception.AbstractTruffleException;

/**
 * The kernel has panicked; nothing runs on it any more.
 *
 * <p>Passes through guest code to the host. The log holds the whole story.
 */
@SuppressWarnings("serial") // never serialised; AbstractTruffleException merely inherits the marker
public final class KernelPanic extends AbstractTruffleException {
  /** Makes it with what follows {@code Kernel panic - not syncing: } in the log. */
  public KernelPanic(String reason) {
    super(reason);
  }
}
