package ringside.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is in the repository, over the files that Git tracks. */
final class RepositoryTest {
  private static final long LARGEST = 100_000;
  private static final int LONGEST_WITHOUT_A_REASON = 700;

  private static Path root() {
    return Path.of("").toAbsolutePath().resolveSibling(".").normalize();
  }

  private static List<Path> tracked() throws IOException, InterruptedException {
    assumeTrue(Files.exists(root().resolve(".git")), "not in a Git work tree");
    Process git = new ProcessBuilder("git", "ls-files", "-z").directory(root().toFile()).start();
    String names = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(git.waitFor() == 0, "git does not work here");
    return Stream.of(names.split("\0", -1))
        .filter(name -> !name.isEmpty())
        .map(root()::resolve)
        .filter(Files::isRegularFile)
        .toList();
  }

  @Test
  void noFileIsLarge() throws Exception {
    List<String> large = new ArrayList<>();
    for (Path file : tracked()) {
      if (Files.size(file) > LARGEST) {
        large.add(root().relativize(file) + " " + Files.size(file));
      }
    }
    assertEquals(List.of(), large);
  }

  @Test
  void everyPackageIntroducesItself() throws Exception {
    Set<String> without = new TreeSet<>();
    int packages = 0;
    for (Path file : tracked()) {
      boolean product = root().relativize(file).toString().contains("src/main/java/");
      if (product && file.toString().endsWith(".java")) {
        Path info = file.resolveSibling("package-info.java");
        packages += file.equals(info) ? 1 : 0;
        if (!Files.exists(info)) {
          without.add(root().relativize(file.resolveSibling("")).toString());
        } else if (file.equals(info)) {
          String text = Files.readString(info);
          if (!text.startsWith("/**") || !text.contains("@NullMarked")) {
            without.add(root().relativize(info) + " (no text, or not @NullMarked)");
          }
        }
      }
    }
    assertEquals(Set.of(), without);
    assertTrue(packages > 20, "found only " + packages);
  }

  @Test
  void noSourceHasOutgrownItself() throws Exception {
    // DispatchNode: one loop with a case for each instruction, which partial evaluation must see
    // whole.
    Set<String> excused = Set.of("DispatchNode.java");
    List<String> longOnes = new ArrayList<>();
    for (Path file : tracked()) {
      if (file.toString().endsWith(".java")) {
        long lines;
        try (Stream<String> text = Files.lines(file)) {
          lines = text.count();
        }
        if (lines > LONGEST_WITHOUT_A_REASON && !excused.contains(file.getFileName().toString())) {
          longOnes.add(root().relativize(file) + " " + lines);
        }
      }
    }
    assertEquals(List.of(), longOnes);
  }
}
