package ringside.ebpf.vm;

/** A program that cannot be run whatever it may access; the message is the kernel's. */
@SuppressWarnings("serial") // never serialised; the marker is inherited
public final class LinkException extends Exception {
  LinkException(String message) {
    super(message);
  }
}
