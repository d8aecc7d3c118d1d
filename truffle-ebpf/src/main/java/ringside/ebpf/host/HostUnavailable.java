package ringside.ebpf.host;

/** This machine does not let this process use bpf(2); the message says why. */
public final class HostUnavailable extends Exception {
  private static final long serialVersionUID = 1L;

  HostUnavailable(String reason) {
    super(reason);
  }

  /** Why, in words. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
