package ringside.ebpf.helper;

import com.oracle.truffle.api.nodes.ControlFlowException;

/**
 * What {@code bpf_throw} does: leaves all functions of the running program at once.
 *
 * <p>The engine catches it where the program was entered and calls the program's exception
 * callback.
 */
@SuppressWarnings("serial") // never serialised; the marker is inherited
public final class ProgramThrow extends ControlFlowException {
  private final long cookie;

  /** Makes it. */
  public ProgramThrow(long cookie) {
    this.cookie = cookie;
  }

  /** What the program gave to {@code bpf_throw}. */
  public long cookie() {
    return cookie;
  }
}
