package ringside.ebpf.conformance;

/** A program that a bare machine does not run to its end; the message says why. */
@SuppressWarnings("serial") // never serialised; the marker is inherited
public final class RefusedException extends Exception {
  RefusedException(String message) {
    super(message);
  }
}
