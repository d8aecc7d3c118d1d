package ringside.ebpf.vm;

import com.oracle.truffle.api.exception.AbstractTruffleException;
import com.oracle.truffle.api.nodes.Node;

/** What an unverified program does that would make a real CPU run wild, and is no memory access. */
@SuppressWarnings("serial") // never serialised; AbstractTruffleException merely inherits the marker
public final class ProgramFault extends AbstractTruffleException {
  ProgramFault(String what, Node location) {
    super(what, null, 0, location);
  }
}
