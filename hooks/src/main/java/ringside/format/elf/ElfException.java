package ringside.format.elf;

import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;

/** A file that is not ELF, is not the kind of ELF that was expected, or is damaged. */
public final class ElfException extends BadInputException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception; see {@link BadInputException}. */
  public ElfException(@Nullable String where, String what, @Nullable String hint) {
    super(where, what, hint);
  }
}
