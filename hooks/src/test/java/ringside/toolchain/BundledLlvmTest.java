package ringside.toolchain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BundledLlvmTest {
  @TempDir Path dir;

  /** Started as a process of its own, twice at once. */
  static final class Extract {
    private Extract() {}

    public static void main(String[] args) {
      Toolchain toolchain = Toolchain.locate(Map.of("RINGSIDE_CACHE", args[0]));
      System.out.println(toolchain.clang());
    }
  }

  @BeforeEach
  void needsTheJar() {
    assumeTrue(BundledLlvm.findJar().isPresent(), "no bundled clang for this platform");
  }

  @Test
  void twoProcessesMayUnpackAtOnceAndTheDamagedIsRepaired() throws Exception {
    Path cache = dir.resolve("cache of two");
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      ProcessBuilder builder =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin/java").toString(),
              "-cp",
              System.getProperty("java.class.path"),
              Extract.class.getName(),
              cache.toString());
      processes.add(
          builder
              .redirectErrorStream(true)
              .redirectOutput(dir.resolve("log" + i).toFile())
              .start());
    }
    for (int i = 0; i < 2; i++) {
      assertTrue(processes.get(i).waitFor(120, TimeUnit.SECONDS));
      assertEquals(0, processes.get(i).exitValue(), Files.readString(dir.resolve("log" + i)));
    }
    assertEquals(Files.readString(dir.resolve("log0")), Files.readString(dir.resolve("log1")));
    Toolchain toolchain = Toolchain.locate(Map.of("RINGSIDE_CACHE", cache.toString()));
    assertTrue(toolchain.verify());
    assertOneEntry(cache);

    // A byte changed in place keeps the size: only the checksum tells.
    Path header = toolchain.clang().resolveSibling("../lib/clang/20/include/stddef.h");
    byte[] bytes = Files.readAllBytes(header);
    bytes[0] ^= 1;
    Files.write(header, bytes);
    assertFalse(toolchain.verify());

    // A shorter file is noticed at once and unpacked again.
    Files.write(header, new byte[1]);
    Toolchain repaired = Toolchain.locate(Map.of("RINGSIDE_CACHE", cache.toString()));
    assertTrue(repaired.verify());
    assertOneEntry(cache);
  }

  private static void assertOneEntry(Path cache) throws IOException {
    try (Stream<Path> entries = Files.list(cache)) {
      assertEquals(1, entries.count(), "one entry and no leftovers");
    }
  }

  @Test
  void aJarThatIsNoneIsExplained() throws IOException {
    Path jar = Files.writeString(dir.resolve("llvm.jar"), "not a jar");
    ToolchainException e =
        assertThrows(
            ToolchainException.class,
            () -> new BundledLlvm(jar, new UserCache(dir.resolve("c"))).directory());
    assertTrue(e.getMessage().startsWith(jar + ": cannot unpack clang: "), e.getMessage());
  }
}
