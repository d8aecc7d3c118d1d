package ringside.lkm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/** Compiles the C modules among the test resources. */
public final class TestModules {
  private final Toolchain toolchain = Toolchain.locate();
  private final Path directory;

  /** Writes objects into {@code directory}. */
  public TestModules(Path directory) {
    this.directory = directory;
  }

  /** Compiles {@code NAME.c} and returns the {@code .ko}. */
  public Path build(String name) {
    try (InputStream source = TestModules.class.getResourceAsStream("modules/" + name + ".c")) {
      Path file = directory.resolve(name + ".c");
      Files.write(file, source.readAllBytes());
      return compile(file, Target.MODULE, name + ".ko");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compiles a module from text. */
  public Path build(String name, String source) {
    try {
      Path file = directory.resolve(name + ".c");
      Files.writeString(file, source);
      return compile(file, Target.MODULE, name + ".ko");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compiles one source file. */
  public Path compile(Path source, Target target, String output) {
    return toolchain
        .compile(Compilation.of(target, source, directory.resolve(output)))
        .orThrow(source);
  }

  /** The contents of a built module. */
  public byte[] bytes(String name) {
    try {
      return Files.readAllBytes(build(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
