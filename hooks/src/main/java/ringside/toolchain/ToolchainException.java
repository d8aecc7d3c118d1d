package ringside.toolchain;

import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;

/** There is no usable C compiler, or it could not be run. */
public final class ToolchainException extends BadInputException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception; see {@link BadInputException}. */
  public ToolchainException(
      @Nullable String where, String what, @Nullable String hint, @Nullable Throwable cause) {
    super(where, what, hint, cause);
  }
}
