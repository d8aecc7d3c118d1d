package ringside.toolchain;

import ringside.format.BadInputException;

/** C that the compiler or the linker refused; carries their own words. */
public final class CompileException extends BadInputException {
  private static final long serialVersionUID = 1L;

  private final String diagnostics;

  /**
   * Makes the exception.
   *
   * @param where the source file
   * @param diagnostics what clang or lld wrote
   */
  public CompileException(String where, String diagnostics) {
    super(where, "does not compile\n" + diagnostics.strip(), null);
    this.diagnostics = diagnostics;
  }

  /** What clang or lld wrote, as it wrote it. */
  public String diagnostics() {
    return diagnostics;
  }
}
