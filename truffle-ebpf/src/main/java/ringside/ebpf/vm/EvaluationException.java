package ringside.ebpf.vm;

import com.oracle.truffle.api.exception.AbstractTruffleException;

/** A source that cannot be loaded, or input that a program cannot be run on. */
@SuppressWarnings("serial") // never serialised; the marker is inherited
public final class EvaluationException extends AbstractTruffleException {
  /** Makes it. */
  public EvaluationException(String message) {
    super(message);
  }
}
