package ringside.cli;

import com.oracle.truffle.api.Truffle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import ringside.ebpf.host.HostBpf;
import ringside.format.BadInputException;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;
import ringside.toolchain.UserCache;

/**
 * One finding of {@code ringside doctor}.
 *
 * @param name what was looked at
 * @param state whether it is as it should be
 * @param finding what was found
 * @param hint what to do; may be empty
 */
record Checkup(String name, State state, String finding, String hint) {
  private static final int WANTED_JAVA = 25;
  private static final long WANTED_MEMORY = 2L << 30;

  /** How a check can end. */
  enum State {
    /** There. */
    OK,
    /** Not there; only some things do without it. */
    OPTIONAL,
    /** Not there; needed. */
    MISSING
  }

  /** Something to look at. */
  @FunctionalInterface
  interface Check {
    Checkup run();
  }

  /** Everything that is looked at, in order. */
  static List<Check> all() {
    return List.of(
        Checkup::java,
        Checkup::graal,
        Checkup::memory,
        Checkup::cache,
        Checkup::compiler,
        Checkup::maven,
        Checkup::hostBpf);
  }

  private static Checkup java() {
    String found = Runtime.version() + " in " + System.getProperty("java.home");
    return Runtime.version().feature() == WANTED_JAVA
        ? ok("JDK", found)
        : new Checkup("JDK", State.MISSING, found, "set JAVA_HOME to a JDK " + WANTED_JAVA);
  }

  private static Checkup graal() {
    String runtime = Truffle.getRuntime().getName();
    return runtime.equals("Interpreted")
        ? new Checkup(
            "Graal compiler",
            State.MISSING,
            "guest code is only interpreted",
            "start through ./ringside, and use a JDK with JVMCI (Temurin, for instance)")
        : ok("Graal compiler", runtime);
  }

  private static Checkup memory() {
    long heap = Runtime.getRuntime().maxMemory();
    String found =
        "%d MiB of Java heap, %d processors"
            .formatted(heap >> 20, Runtime.getRuntime().availableProcessors());
    return heap >= WANTED_MEMORY / 4
        ? ok("memory", found)
        : new Checkup("memory", State.OPTIONAL, found, "a machine with 2 GiB or more is better");
  }

  private static Checkup cache() {
    Path directory = UserCache.fromEnvironment(System.getenv()).directory();
    try {
      Files.createDirectories(directory);
      long room = Files.getFileStore(directory).getUsableSpace() >> 20;
      return Files.isWritable(directory)
          ? ok("cache", directory + ", " + room + " MiB free")
          : new Checkup(
              "cache", State.MISSING, directory + " is not writable", "set RINGSIDE_CACHE");
    } catch (IOException e) {
      return new Checkup("cache", State.MISSING, "no directory " + e, "set RINGSIDE_CACHE");
    }
  }

  private static Checkup compiler() {
    try {
      Toolchain toolchain = Toolchain.locate();
      if (!toolchain.verify()) {
        return new Checkup(
            "C compiler",
            State.MISSING,
            toolchain.clang() + " is damaged (wrong checksum)",
            "delete " + toolchain.cache().directory() + "; it is filled again");
      }
      for (Target target : Target.values()) {
        tryTo(toolchain, target);
      }
      return ok(
          "C compiler",
          "%s (%s) %s"
              .formatted(
                  toolchain.version(),
                  toolchain.origin().name().toLowerCase(java.util.Locale.ROOT),
                  toolchain.clang()));
    } catch (BadInputException e) {
      return new Checkup(
          "C compiler", State.MISSING, e.getMessage(), Optional.ofNullable(e.hint()).orElse(""));
    } catch (IOException e) {
      return new Checkup("C compiler", State.MISSING, "cannot be tried: " + e, "");
    }
  }

  private static void tryTo(Toolchain toolchain, Target target) throws IOException {
    Path work = Files.createTempDirectory("ringside-doctor");
    Path source = work.resolve("t.c");
    Path output = work.resolve("t.out");
    try {
      Files.writeString(
          source,
          target == Target.MODULE
              ? "#include <linux/module.h>\nMODULE_LICENSE(\"GPL\");\n"
              : "int _start(void) { return 0; }\n");
      toolchain.compile(Compilation.of(target, source, output)).orThrow(source);
    } finally {
      Files.deleteIfExists(output);
      Files.deleteIfExists(source);
      Files.deleteIfExists(work);
    }
  }

  private static Checkup maven() {
    try {
      Process process =
          new ProcessBuilder("mvn", "--version")
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.PIPE)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0) {
        String first = text.lines().findFirst().orElse("");
        return ok("Maven", first.replaceAll("\u001b\\[[0-9;]*m", ""));
      }
      return new Checkup("Maven", State.MISSING, "mvn --version fails", "install Maven 3.8+");
    } catch (IOException e) {
      return new Checkup(
          "Maven", State.OPTIONAL, "no mvn on PATH", "needed to build after a change");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Checkup("Maven", State.OPTIONAL, "interrupted", "");
    }
  }

  private static Checkup hostBpf() {
    HostBpf host = HostBpf.probe();
    return host.allowed()
        ? ok("bpf(2) of the host", "allowed; results can be compared with the real kernel")
        : new Checkup(
            "bpf(2) of the host",
            State.OPTIONAL,
            host.reason(),
            "only comparisons with the real kernel need it");
  }

  private static Checkup ok(String name, String finding) {
    return new Checkup(name, State.OK, finding, "");
  }
}
