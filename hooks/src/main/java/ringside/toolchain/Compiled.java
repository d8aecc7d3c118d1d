package ringside.toolchain;

import java.nio.file.Path;

/**
 * How a compilation ended.
 *
 * @param output the file that was to be written; it exists when {@link #ok}
 * @param exitCode the exit code of clang, or of the linker when that failed; 0 when all went well
 * @param diagnostics everything the tools wrote, warnings included; may be empty
 */
public record Compiled(Path output, int exitCode, String diagnostics) {
  /** Whether {@link #output} was written. */
  public boolean ok() {
    return exitCode == 0;
  }

  /**
   * The output, when there is one.
   *
   * @throws CompileException when the compilation failed
   */
  public Path orThrow(Path source) {
    if (!ok()) {
      throw new CompileException(source.toString(), diagnostics);
    }
    return output;
  }
}
