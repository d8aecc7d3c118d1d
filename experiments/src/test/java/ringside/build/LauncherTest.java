package ringside.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher from outside: a copy of it in a directory with spaces, with a Maven that only
 * pretends.
 *
 * <p>The pretended Maven makes a jar whose main class tells how it was started. So what is tested
 * is the launcher: which JDK, which flags, when it builds, what it returns.
 */
final class LauncherTest {
  @TempDir Path temp;
  private Path home;
  private Path launcher;
  private final Map<String, String> environment = new HashMap<>();

  private record Outcome(int code, String out, String err) {}

  @BeforeEach
  void copy() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "the launcher is a bash script");
    home = Files.createDirectories(temp.resolve("a place/with spaces"));
    launcher = Files.copy(Path.of("../ringside"), home.resolve("ringside"));
    assertTrue(launcher.toFile().setExecutable(true));
    write(home.resolve("pom.xml"), "<project/>");
    write(home.resolve("hooks/pom.xml"), "<project/>");
    write(home.resolve("hooks/src/main/java/A.java"), "class A {}");
    Path main = home.resolve("fake/ringside/cli/Ringside.java");
    write(
        main,
        """
        package ringside.cli;
        public class Ringside {
          public static void main(String[] a) {
            System.out.println(String.join("|", a));
            System.out.println(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
            System.exit(a.length > 0 && a[0].equals("exit") ? Integer.parseInt(a[1]) : 0);
          }
        }
        """);
    Path mvn = home.resolve("fake/mvn");
    write(
        mvn,
        """
        #!/bin/bash
        set -e
        echo "$@" >> fake/calls
        [ ! -e fake/broken ] || { echo "[ERROR] broken on purpose"; exit 1; }
        mkdir -p fake/classes experiments/target
        "$JAVA_HOME/bin/javac" -d fake/classes fake/ringside/cli/Ringside.java
        (cd fake/classes && "$JAVA_HOME/bin/jar" cf ../../experiments/target/experiments.jar .)
        echo -n "" > experiments/target/classpath
        echo /nowhere.jar > experiments/target/classpath
        """);
    assertTrue(mvn.toFile().setExecutable(true));
    environment.put("RINGSIDE_MVN", mvn.toString());
    environment.put("JAVA_HOME", System.getProperty("java.home"));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    Files.writeString(file, text);
  }

  private Process start(Path directory, Path command, int number, String... args)
      throws IOException {
    List<String> line = new ArrayList<>(List.of(command.toString()));
    line.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(line).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("RINGSIDE_"));
    builder.environment().remove("JAVA_HOME");
    builder.environment().putAll(environment);
    builder.redirectOutput(temp.resolve("out" + number).toFile());
    builder.redirectError(temp.resolve("err" + number).toFile());
    return builder.start();
  }

  private Outcome finish(Process process, int number) throws Exception {
    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    return new Outcome(
        process.exitValue(),
        Files.readString(temp.resolve("out" + number), StandardCharsets.UTF_8),
        Files.readString(temp.resolve("err" + number), StandardCharsets.UTF_8));
  }

  private Outcome ringside(String... args) throws Exception {
    return finish(start(home, launcher, 0, args), 0);
  }

  private long builds() throws IOException {
    Path calls = home.resolve("fake/calls");
    return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
  }

  @Test
  void buildsOnFirstUseAndSaysSo() throws Exception {
    Outcome first = ringside("report", "two words");
    assertEquals(0, first.code(), first.err());
    assertTrue(first.err().contains("ringside: building"), first.err());
    assertTrue(first.out().startsWith("report|two words\n"), first.out());
    Outcome second = ringside("report");
    assertEquals("", second.err());
    assertEquals(1, builds());
  }

  @Test
  void buildsAgainWhenASourceIsNewerOrGone() throws Exception {
    ringside();
    Path source = home.resolve("hooks/src/main/java/B.java");
    Thread.sleep(20);
    write(source, "class B {}");
    ringside();
    assertEquals(2, builds());
    Thread.sleep(20);
    Files.delete(source);
    ringside();
    assertEquals(3, builds());
    ringside();
    assertEquals(3, builds());
  }

  @Test
  void buildsAgainWhenTheDirectoryWasMoved() throws Exception {
    ringside();
    Path moved = Files.move(home, temp.resolve("elsewhere"));
    environment.put("RINGSIDE_MVN", moved.resolve("fake/mvn").toString());
    Outcome outcome = finish(start(temp, moved.resolve("ringside"), 0, "cc"), 0);
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("building"), outcome.err());
  }

  @Test
  void runsThroughASymbolicLinkFromAnotherDirectory() throws Exception {
    Path bin = Files.createDirectories(temp.resolve("bin"));
    Files.createSymbolicLink(bin.resolve("direct"), launcher);
    // Relative and to another link, as package managers make them.
    Files.createSymbolicLink(bin.resolve("rs"), Path.of("direct"));
    Outcome outcome = finish(start(Path.of("/"), bin.resolve("rs"), 0, "cc", "x.c"), 0);
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.out().startsWith("cc|x.c\n"), outcome.out());
  }

  @Test
  void guestCodeGetsTheCompilerAndLightCommandsDoNot() throws Exception {
    assertTrue(ringside("run").out().contains("EnableJVMCI"));
    assertTrue(ringside("--json", "prog", "run").out().contains("--upgrade-module-path"));
    for (String[] light : new String[][] {{"cc"}, {"prog", "dump"}, {"run", "--help"}, {}}) {
      Outcome outcome = ringside(light);
      assertFalse(outcome.out().contains("EnableJVMCI"), outcome.out());
      assertTrue(outcome.out().contains("TieredStopAtLevel=1"), outcome.out());
    }
  }

  @Test
  void passesTheExitCodeOn() throws Exception {
    assertEquals(3, ringside("exit", "3").code());
    assertEquals(124, ringside("exit", "124").code());
  }

  @Test
  void withoutAJdkItSaysHowToGetOne() throws Exception {
    environment.put("JAVA_HOME", "/nonexistent");
    environment.put("RINGSIDE_JDK_DIRS", Files.createDirectory(temp.resolve("none")).toString());
    environment.put("PATH", pathWithoutJava());
    Outcome outcome = ringside("run");
    assertEquals(69, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("no JDK 25 found"), outcome.err());
    assertTrue(outcome.err().contains("hint: "), outcome.err());
    assertEquals(0, builds());
  }

  /** The tools that the script uses and nothing else. */
  private String pathWithoutJava() throws IOException {
    Path bin = Files.createDirectories(temp.resolve("tools"));
    for (String tool : List.of("bash", "env", "dirname", "readlink", "tr", "cat", "mkdir")) {
      for (String directory : List.of("/usr/bin", "/bin")) {
        Path program = Path.of(directory, tool);
        if (Files.exists(program) && !Files.exists(bin.resolve(tool))) {
          Files.createSymbolicLink(bin.resolve(tool), program);
        }
      }
    }
    return bin.toString();
  }

  @Test
  void aJdkOfAnotherVersionIsPassedOver() throws Exception {
    Path old = temp.resolve("jdks/jdk-17");
    write(old.resolve("bin/java"), "#!/bin/sh\necho never run >&2\nexit 1\n");
    write(old.resolve("bin/javac"), "");
    write(old.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
    assertTrue(old.resolve("bin/java").toFile().setExecutable(true));
    assertTrue(old.resolve("bin/javac").toFile().setExecutable(true));
    Files.createSymbolicLink(temp.resolve("jdks/jdk-25"), Path.of(System.getProperty("java.home")));
    environment.put("JAVA_HOME", old.toString());
    environment.put("RINGSIDE_JDK_DIRS", temp.resolve("jdks").toString());
    environment.put("PATH", old.resolve("bin") + ":" + System.getenv("PATH"));
    Outcome outcome = ringside("cc");
    assertEquals(0, outcome.code(), outcome.err());
    assertFalse(outcome.err().contains("never run"), outcome.err());
  }

  @Test
  void aBrokenBuildShowsItsErrorsAndIsTriedAgain() throws Exception {
    write(home.resolve("fake/broken"), "");
    Outcome outcome = ringside("cc");
    assertEquals(70, outcome.code());
    assertTrue(outcome.err().contains("[ERROR] broken on purpose"), outcome.err());
    assertTrue(outcome.err().contains("build.log"), outcome.err());
    Files.delete(home.resolve("fake/broken"));
    assertEquals(0, ringside("cc").code());
  }

  @Test
  void withoutMavenItSaysSo() throws Exception {
    environment.put("RINGSIDE_MVN", "/nonexistent/mvn");
    Outcome outcome = ringside("cc");
    assertEquals(69, outcome.code());
    assertTrue(outcome.err().contains("Maven is needed to build"), outcome.err());
  }

  @Test
  void twoAtOnceBuildOnce() throws Exception {
    Process one = start(home, launcher, 1, "cc", "1");
    Process two = start(home, launcher, 2, "cc", "2");
    Outcome first = finish(one, 1);
    Outcome second = finish(two, 2);
    assertEquals(0, first.code(), first.err());
    assertEquals(0, second.code(), second.err());
    assertTrue(first.out().startsWith("cc|1\n"), first.out());
    assertTrue(second.out().startsWith("cc|2\n"), second.out());
    assertEquals(1, builds());
  }

  @Test
  void theRealOneIsWhereTheReadmeSays() throws IOException {
    assertTrue(Files.isExecutable(Path.of("../ringside")));
    List<Path> scripts = new ArrayList<>();
    Files.walkFileTree(
        Path.of("../.ci"),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            scripts.add(file);
            return FileVisitResult.CONTINUE;
          }
        });
    assertTrue(scripts.stream().allMatch(Files::isExecutable), scripts.toString());
  }
}
