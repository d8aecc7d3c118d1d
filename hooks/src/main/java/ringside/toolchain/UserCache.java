package ringside.toolchain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The directory where unpacked things live between runs, safe for any number of processes at once.
 *
 * <p>An entry is a directory whose name contains a hash of its contents' origin. It is filled under
 * another name and renamed into place, so that whoever sees it sees all of it; who loses the race
 * uses the winner's.
 *
 * @param directory {@code $RINGSIDE_CACHE}, else {@code $XDG_CACHE_HOME/ringside}, else {@code
 *     ~/.cache/ringside}
 */
public record UserCache(Path directory) {
  /** How long a half-filled entry may be left before it counts as abandoned by a killed process. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  /** The cache that the environment asks for; nothing is created yet. */
  public static UserCache fromEnvironment(Map<String, String> environment) {
    String explicit = environment.getOrDefault("RINGSIDE_CACHE", "");
    if (!explicit.isEmpty()) {
      return new UserCache(Path.of(explicit).toAbsolutePath());
    }
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    // The XDG base directory specification: a relative path is to be ignored.
    Path base =
        xdg.startsWith("/") ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
    return new UserCache(base.resolve("ringside").toAbsolutePath());
  }

  /** Fills a new directory; whatever it leaves there becomes the entry. */
  @FunctionalInterface
  public interface Filler {
    /** Fills the directory. */
    void fill(Path directory) throws IOException;
  }

  /**
   * The entry of that name, made first when it is missing.
   *
   * @throws ToolchainException when the cache cannot be written
   */
  public Path entry(String name, Filler filler) {
    Path entry = directory.resolve(name);
    return Files.isDirectory(entry) ? entry : make(entry, filler);
  }

  /** Makes the entry again, for when it turned out to be damaged. */
  Path replace(String name, Filler filler) {
    Path entry = directory.resolve(name);
    try {
      Path away = temporary();
      Files.move(entry, away, StandardCopyOption.ATOMIC_MOVE);
      delete(away);
    } catch (NoSuchFileException e) {
      // Another process is replacing it too; whoever fills first wins.
      return make(entry, filler);
    } catch (IOException e) {
      throw unusable(e);
    }
    return make(entry, filler);
  }

  private Path make(Path entry, Filler filler) {
    try {
      Files.createDirectories(directory);
      deleteAbandoned();
      Path filling = Files.createDirectory(temporary());
      try {
        filler.fill(filling);
        install(filling, entry);
      } finally {
        delete(filling);
      }
      return entry;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private static void install(Path filled, Path entry) throws IOException {
    try {
      Files.move(filled, entry, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      // Another process was faster; which subclass of the exception says so differs between file
      // systems.
      if (!Files.isDirectory(entry)) {
        throw e;
      }
    }
  }

  private Path temporary() {
    return directory.resolve(
        ".filling-" + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()));
  }

  private void deleteAbandoned() throws IOException {
    Instant limit = Instant.now().minus(ABANDONED);
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        if (entry.getFileName().toString().startsWith(".filling-")
            && Files.getLastModifiedTime(entry).toInstant().isBefore(limit)) {
          delete(entry);
        }
      }
    }
  }

  private ToolchainException unusable(IOException e) {
    return new ToolchainException(
        directory.toString(),
        "the cache cannot be written: " + reason(e),
        "set RINGSIDE_CACHE to a directory with 300 MB of room that you may write",
        e);
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : " " + message);
  }

  static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> files = Files.walk(tree)) {
      deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (Path file : deepestFirst) {
      Files.deleteIfExists(file);
    }
  }
}
