package ringside.ebpf.map;

/** A map that {@code BPF_MAP_CREATE} refuses. */
@SuppressWarnings("serial") // never serialised; the marker is inherited
public final class MapException extends Exception {
  private final int errno;

  MapException(int errno, String message) {
    super(message);
    this.errno = errno;
  }

  /** The positive errno. */
  public int errno() {
    return errno;
  }
}
