package ringside.toolchain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UserCacheTest {
  @TempDir Path dir;

  @Test
  void theEnvironmentSaysWhere() {
    assertEquals(Path.of("/x/y"), cache(Map.of("RINGSIDE_CACHE", "/x/y", "XDG_CACHE_HOME", "/z")));
    assertEquals(Path.of("/z/ringside"), cache(Map.of("XDG_CACHE_HOME", "/z")));
    Path home = Path.of(System.getProperty("user.home"), ".cache/ringside");
    assertEquals(home, cache(Map.of()));
    assertEquals(home, cache(Map.of("XDG_CACHE_HOME", "relative")), "to be ignored, says XDG");
  }

  private static Path cache(Map<String, String> environment) {
    return UserCache.fromEnvironment(environment).directory();
  }

  @Test
  void anEntryIsFilledOnce() {
    List<Path> fills = new ArrayList<>();
    UserCache cache = new UserCache(dir);
    Path first = cache.entry("e", fills::add);
    assertEquals(first, cache.entry("e", fills::add));
    assertEquals(1, fills.size());
  }

  @Test
  void aFailedFillLeavesNothing() throws IOException {
    UserCache cache = new UserCache(dir);
    UserCache.Filler filler =
        into -> {
          Files.writeString(into.resolve("half"), "x");
          throw new IOException("No space left on device");
        };
    ToolchainException e = assertThrows(ToolchainException.class, () -> cache.entry("e", filler));
    assertTrue(e.getMessage().contains("No space left on device"), e.getMessage());
    try (Stream<Path> left = Files.list(dir)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void theLoserOfARaceUsesTheWinnersEntry() throws IOException {
    UserCache cache = new UserCache(dir);
    Path entry =
        cache.entry(
            "e",
            into -> {
              Files.writeString(into.resolve("who"), "loser");
              // The other process finishes while this one still fills.
              cache.entry("e", other -> Files.writeString(other.resolve("who"), "winner"));
            });
    assertEquals("winner", Files.readString(entry.resolve("who")));
    try (Stream<Path> left = Files.list(dir)) {
      assertEquals(List.of(entry), left.toList());
    }
  }

  @Test
  void whatAKilledProcessLeftIsDeletedLater() throws IOException {
    Path old = Files.createDirectories(dir.resolve(".filling-1-a"));
    Path recent = Files.createDirectories(dir.resolve(".filling-2-b"));
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(7200)));
    new UserCache(dir).entry("e", into -> {});
    assertFalse(Files.exists(old));
    assertTrue(Files.exists(recent));
  }

  @Test
  void aCacheThatIsAFileIsExplained() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");
    ToolchainException e =
        assertThrows(ToolchainException.class, () -> new UserCache(file).entry("e", into -> {}));
    assertTrue(String.valueOf(e.hint()).contains("RINGSIDE_CACHE"));
  }
}
