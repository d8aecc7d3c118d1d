package ringside.experiments.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import ringside.experiments.catalog.ExperimentFiles;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/**
 * Compiles experiments' C files, each content once.
 *
 * <p>The user's cache holds the objects under a hash of everything that goes into them: compiler,
 * flags, bundled headers, the experiment's files.
 */
public final class ObjectStore {
  /** Changes when {@link #compile} adds other flags. */
  private static final String FLAGS = "2";

  private final Toolchain toolchain;

  /** Compiles with a toolchain and keeps objects in its cache. */
  public ObjectStore(Toolchain toolchain) {
    this.toolchain = toolchain;
  }

  /** The compiler in use. */
  public Toolchain toolchain() {
    return toolchain;
  }

  /**
   * The object of one source file.
   *
   * @param source the file's path in the experiment
   * @throws ringside.toolchain.CompileException with the compiler's words where it does not compile
   */
  public BuiltObject object(ExperimentFiles files, String source, Target target) {
    String base = Path.of(source).getFileName().toString().replaceFirst("\\..*$", "");
    String name = base + target.suffix();
    Path entry =
        toolchain
            .cache()
            .entry(
                "object-" + fingerprint(files, source, target),
                into -> compile(files, source, target, into, name));
    try {
      return new BuiltObject(name, Files.readAllBytes(entry.resolve(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void compile(ExperimentFiles files, String source, Target target, Path into, String name)
      throws IOException {
    Path work = Files.createTempDirectory("ringside-build-");
    try {
      files.writeTo(work);
      Path file = work.resolve(source);
      Compilation job =
          Compilation.of(target, file, into.resolve(name))
              // So that the object does not depend on where it was compiled.
              .withFlag("-ffile-prefix-map=" + work + "=" + files.name());
      if (target == Target.BPF) {
        // With its path mapped, clang finds the source for BTF's line_info only in the debug info.
        job = job.withFlag("-gdwarf-5").withFlag("-gembed-source");
      }
      toolchain.compile(job).orThrow(file);
    } finally {
      delete(work);
    }
  }

  private String fingerprint(ExperimentFiles files, String source, Target target) {
    MessageDigest digest = sha256();
    add(digest, FLAGS);
    add(digest, toolchain.version());
    add(digest, source);
    add(digest, target.word());
    target.flags().forEach(flag -> add(digest, flag));
    for (Map.Entry<String, String> file : files.texts().entrySet()) {
      add(digest, file.getKey());
      add(digest, file.getValue());
    }
    try {
      for (Path root : toolchain.bundledIncludes(target)) {
        for (Path header : regularFiles(root)) {
          add(digest, root.relativize(header).toString());
          add(digest, Files.readString(header));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 32);
  }

  private static List<Path> regularFiles(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void add(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** SHA-256, which every Java platform has. */
  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
