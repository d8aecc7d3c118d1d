package ringside.format.btf;

import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;

/** BTF that is damaged, or lacks what was asked for. */
public final class BtfException extends BadInputException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception; see {@link BadInputException}. */
  public BtfException(@Nullable String where, String what, @Nullable String hint) {
    super(where, what, hint);
  }
}
