package ringside.ebpf.loader;

import ringside.format.BadInputException;

/** A map of an object that the kernel does not create. */
public final class MapRefused extends BadInputException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  MapRefused(String object, String map, int errno, String reason) {
    super(object, "map '%s': %s (errno %d)".formatted(map, reason, errno), null);
    this.errno = errno;
  }

  /** The positive errno of {@code BPF_MAP_CREATE}. */
  public int errno() {
    return errno;
  }
}
