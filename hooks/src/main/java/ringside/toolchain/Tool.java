package ringside.toolchain;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One run of a program: its exit code and everything it wrote. */
record Tool(int exitCode, String text) {
  private static final long LIMIT_SECONDS = 120;

  /**
   * Runs a program to its end.
   *
   * @throws ToolchainException when it cannot be started or runs longer than two minutes
   */
  static Tool run(List<String> command) {
    return run(command, null);
  }

  /** The same with the standard output in a file of its own. */
  static Tool run(List<String> command, @Nullable Path output) {
    String program = command.getFirst();
    Path log = null;
    try {
      // A file, because a pipe would need a second thread to drain while this one waits with a
      // limit.
      log = Files.createTempFile("ringside-tool", ".log");
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.redirectErrorStream(output == null);
      builder.redirectOutput((output == null ? log : output).toFile());
      if (output != null) {
        builder.redirectError(log.toFile());
      }
      builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
      builder.environment().put("LC_ALL", "C");
      // These change what clang does behind the back of the command line.
      List.of("CPATH", "C_INCLUDE_PATH", "CCC_OVERRIDE_OPTIONS", "SOURCE_DATE_EPOCH")
          .forEach(builder.environment()::remove);
      Process process = builder.start();
      try {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
          throw new ToolchainException(
              program, "did not end within " + LIMIT_SECONDS + " seconds", null, null);
        }
      } finally {
        process.destroyForcibly();
      }
      return new Tool(process.exitValue(), Files.readString(log, StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolchainException(program, "interrupted", null, e);
    } catch (IOException e) {
      throw new ToolchainException(
          program,
          "cannot be run: " + e.getMessage(),
          "a cache on a file system mounted noexec cannot hold programs: set RINGSIDE_CACHE",
          e);
    } finally {
      if (log != null) {
        log.toFile().delete();
      }
    }
  }
}
