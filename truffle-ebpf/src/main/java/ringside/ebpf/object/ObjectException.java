package ringside.ebpf.object;

import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;

/** An eBPF object that cannot be used. */
public final class ObjectException extends BadInputException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the exception.
   *
   * @param where the file
   * @param what what is wrong with it
   * @param hint what to do about it, or null
   */
  public ObjectException(String where, String what, @Nullable String hint) {
    super(where, what, hint);
  }
}
