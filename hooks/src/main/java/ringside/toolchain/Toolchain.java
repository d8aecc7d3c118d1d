package ringside.toolchain;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;
import ringside.format.elf.ElfFile;

/**
 * A clang with its lld: compiles C for the three targets.
 *
 * <p>Immutable; finding one costs some 30 ms, so keep it. Any number of threads may compile at
 * once.
 */
public final class Toolchain {
  /** The oldest clang whose code the loaders have been tried with. */
  public static final int OLDEST_CLANG = 19;

  private static final List<String> MODULE_LINK = List.of("-r");

  /** One page size in both worlds; relro would need a dynamic loader to take effect. */
  private static final List<String> USER_LINK =
      List.of(
          "-static",
          "--image-base=0x10000",
          "-z",
          "max-page-size=4096",
          "-z",
          "norelro",
          "--gc-sections",
          "-e",
          "_start");

  private static final Pattern VERSION = Pattern.compile("clang version (\\d+)(\\.\\d+)*");

  /** Where a compiler came from. */
  public enum Origin {
    /** {@code RINGSIDE_CLANG} names it. */
    ENVIRONMENT,
    /** Unpacked from the Maven artifact. */
    BUNDLED,
    /** Found on {@code PATH}. */
    PATH
  }

  private final Path clang;
  private final Path lld;
  private final String version;
  private final Origin origin;
  private final UserCache cache;

  private Toolchain(Path clang, Path lld, String version, Origin origin, UserCache cache) {
    this.clang = clang;
    this.lld = lld;
    this.version = version;
    this.origin = origin;
    this.cache = cache;
  }

  /**
   * Finds a compiler: {@code RINGSIDE_CLANG}, else the one from Maven, else clang 19 or newer on
   * {@code PATH}.
   *
   * @throws ToolchainException when there is none, or the one that was asked for is unusable
   */
  public static Toolchain locate() {
    return locate(System.getenv());
  }

  /** The same with another environment. */
  static Toolchain locate(Map<String, String> environment) {
    UserCache cache = UserCache.fromEnvironment(environment);
    String asked = environment.getOrDefault("RINGSIDE_CLANG", "");
    if (!asked.isEmpty()) {
      Path clang = Path.of(asked);
      if (!Files.isExecutable(clang)) {
        throw new ToolchainException(
            asked,
            "RINGSIDE_CLANG is not a program",
            "unset it, or set it to the full path of clang " + OLDEST_CLANG + " or newer",
            null);
      }
      return check(clang, Origin.ENVIRONMENT, cache);
    }
    Optional<Path> jar = BundledLlvm.findJar();
    if (jar.isPresent()) {
      Path directory = new BundledLlvm(jar.get(), cache).directory();
      return check(directory.resolve("bin/clang"), Origin.BUNDLED, cache);
    }
    for (Path clang : onPath(environment.getOrDefault("PATH", ""))) {
      if (majorVersion(clang) >= OLDEST_CLANG) {
        return check(clang, Origin.PATH, cache);
      }
    }
    throw new ToolchainException(
        null,
        "no C compiler: this platform has no bundled clang and none on PATH is version "
            + OLDEST_CLANG
            + " or newer",
        "install clang and lld " + OLDEST_CLANG + " or newer, or set RINGSIDE_CLANG to one",
        null);
  }

  /** The compiler's program file. */
  public Path clang() {
    return clang;
  }

  /** The linker's program file, {@code ld.lld}. */
  public Path lld() {
    return lld;
  }

  /** The disassembler beside the compiler, when there is one. */
  public Optional<Path> objdump() {
    return Optional.of(clang.resolveSibling("llvm-objdump")).filter(Files::isExecutable);
  }

  /** The first line of {@code clang --version}. */
  public String version() {
    return version;
  }

  /** Where it came from. */
  public Origin origin() {
    return origin;
  }

  /** Where unpacked things are kept. */
  public UserCache cache() {
    return cache;
  }

  /**
   * Whether the programs still have the checksums they were unpacked with; true when they came from
   * elsewhere.
   *
   * @throws IOException when a file of them is missing or cannot be read
   */
  public boolean verify() throws IOException {
    return origin != Origin.BUNDLED
        || BundledLlvm.checksumsMatch(clang.toAbsolutePath().resolveSibling("..").normalize());
  }

  /**
   * Compiles, and links what the target needs linked. The output appears whole or not at all.
   *
   * @throws ToolchainException when a tool cannot be run or the output cannot be written; what
   *     clang has to say about the source is in the result instead
   */
  public Compiled compile(Compilation job) {
    Path work = null;
    try {
      Path directory = job.output().toAbsolutePath().resolveSibling("");
      Files.createDirectories(directory);
      // Beside the output, so that the last step is a rename within one file system.
      work = Files.createTempDirectory(directory, ".ringside-cc-");
      Path result = work.resolve("output");
      Compiled compiled = compile(job, work, result);
      if (compiled.ok()) {
        Files.move(result, job.output(), StandardCopyOption.REPLACE_EXISTING);
      }
      return compiled;
    } catch (IOException e) {
      throw new BadInputException(
          job.output().toString(),
          "cannot be written: " + e.getClass().getSimpleName() + " " + e.getMessage(),
          "name a file in a directory that you may write",
          e);
    } finally {
      deleteQuietly(work);
    }
  }

  /**
   * Parses C and writes clang's syntax tree as JSON into the output.
   *
   * @throws CompileException when the source is wrong
   */
  void dumpSyntaxTree(Compilation job) {
    List<String> command = new ArrayList<>(List.of(clang.toString()));
    command.addAll(flags(job));
    command.addAll(List.of("-fsyntax-only", "-Xclang", "-ast-dump=json"));
    job.sources().forEach(source -> command.add(source.toString()));
    Tool run = Tool.run(command, job.output());
    if (run.exitCode() != 0) {
      throw new CompileException(job.sources().getFirst().toString(), run.text());
    }
  }

  /** The bundled include directories of a target, in search order. */
  public List<Path> bundledIncludes(Target target) {
    return ServiceLoader.load(HeaderRoot.class, Toolchain.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .filter(root -> root.targets().contains(target))
        .sorted(Comparator.comparingInt(HeaderRoot::rank))
        .flatMap(root -> directory(root).stream())
        .toList();
  }

  private Compiled compile(Compilation job, Path work, Path result) throws IOException {
    if (job.target() == Target.BPF && job.sources().size() > 1) {
      throw new ToolchainException(
          job.sources().get(1).toString(),
          "an eBPF object is made of one source file",
          "include the other file, or compile it to an object of its own",
          null);
    }
    StringBuilder diagnostics = new StringBuilder();
    List<String> flags = flags(job);
    List<Path> objects = new ArrayList<>();
    for (Path source : job.sources()) {
      Path object = job.target() == Target.BPF ? result : work.resolve(objects.size() + ".o");
      Tool run = compile(flags, source, object);
      diagnostics.append(run.text());
      if (run.exitCode() != 0) {
        return new Compiled(job.output(), run.exitCode(), diagnostics.toString());
      }
      objects.add(object);
    }
    Tool link =
        switch (job.target()) {
          case BPF -> new Tool(0, "");
          case MODULE -> linkModule(job, flags, objects, work, result);
          case USER -> link(USER_LINK, objects, result);
        };
    diagnostics.append(link.text());
    return new Compiled(job.output(), link.exitCode(), diagnostics.toString());
  }

  private Tool compile(List<String> flags, Path source, Path object) {
    List<String> command = new ArrayList<>(List.of(clang.toString()));
    command.addAll(flags);
    command.addAll(List.of("-c", source.toString(), "-o", object.toString()));
    return Tool.run(command);
  }

  private Tool linkModule(
      Compilation job, List<String> flags, List<Path> objects, Path work, Path result)
      throws IOException {
    Optional<Modpost> modpost =
        ServiceLoader.load(Modpost.class, Toolchain.class.getClassLoader()).findFirst();
    if (modpost.isEmpty()) {
      return link(MODULE_LINK, objects, result);
    }
    String module = moduleName(job.output());
    Path whole = work.resolve(module + ".o");
    Tool link = link(MODULE_LINK, objects, whole);
    if (link.exitCode() != 0) {
      return link;
    }
    ElfFile elf = ElfFile.parse(job.output().toString(), Files.readAllBytes(whole));
    Path source = work.resolve(module + ".mod.c");
    try {
      Files.writeString(source, modpost.get().source(module, elf));
    } catch (BadInputException e) {
      String hint = e.hint() == null ? "" : "hint: " + e.hint() + "\n";
      return new Tool(1, "ERROR: " + e.getMessage() + "\n" + hint);
    }
    Path object = work.resolve(module + ".mod.o");
    Tool compiled = compile(flags, source, object);
    return compiled.exitCode() != 0 ? compiled : link(MODULE_LINK, List.of(whole, object), result);
  }

  private Tool link(List<String> flags, List<Path> objects, Path output) {
    List<String> command = new ArrayList<>(List.of(lld.toString()));
    command.addAll(flags);
    objects.forEach(object -> command.add(object.toString()));
    command.addAll(List.of("-o", output.toString()));
    return Tool.run(command);
  }

  private List<String> flags(Compilation job) {
    List<String> flags = new ArrayList<>(job.target().flags());
    // No header of the host, no path of the host in the output: the same source gives the same
    // bytes anywhere.
    flags.addAll(
        List.of("-nostdlibinc", "-fdebug-compilation-dir=.", "-Wall", "-fno-color-diagnostics"));
    if (job.target() == Target.MODULE) {
      String module = moduleName(job.output());
      flags.add("-DKBUILD_MODNAME=\"" + module + "\"");
      flags.add("-D__KBUILD_MODNAME=" + module);
    }
    job.includes().forEach(include -> flags.add("-I" + include));
    bundledIncludes(job.target())
        .forEach(include -> flags.addAll(List.of("-isystem", include.toString())));
    job.defines().forEach(define -> flags.add("-D" + define));
    flags.addAll(job.flags());
    return flags;
  }

  /**
   * The name of the module in a file, as kbuild derives it: without directory and suffix, '-' and
   * ',' as '_'.
   */
  static String moduleName(Path file) {
    String name = file.getFileName().toString();
    int dot = name.indexOf('.');
    return (dot < 0 ? name : name.substring(0, dot)).replaceAll("[^A-Za-z0-9_]", "_");
  }

  private Optional<Path> directory(HeaderRoot root) {
    try {
      Path origin =
          Path.of(root.getClass().getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isDirectory(origin)) {
        return Optional.of(origin.resolve(root.resourceRoot())).filter(Files::isDirectory);
      }
      String prefix = root.resourceRoot() + "/";
      try (JarTree tree = new JarTree(origin, name -> name.startsWith(prefix))) {
        if (tree.names().isEmpty()) {
          return Optional.empty();
        }
        String entry = "include-" + tree.fingerprint();
        return Optional.of(
            cache.entry(
                entry,
                into -> {
                  for (String name : tree.names()) {
                    Path file = into.resolve(name.substring(prefix.length())).normalize();
                    if (!file.startsWith(into)) {
                      throw new IOException("entry outside of the archive: " + name);
                    }
                    tree.unpack(name, file);
                  }
                }));
      }
    } catch (IOException | URISyntaxException e) {
      throw new ToolchainException(root.resourceRoot(), "bundled headers cannot be read", null, e);
    }
  }

  private static Toolchain check(Path clang, Origin origin, UserCache cache) {
    Tool run = Tool.run(List.of(clang.toString(), "--version"));
    Matcher matcher = VERSION.matcher(run.text());
    if (run.exitCode() != 0 || !matcher.find()) {
      throw new ToolchainException(
          clang.toString(),
          "does not work as clang: " + run.text().strip(),
          origin == Origin.BUNDLED
              ? "install clang and lld " + OLDEST_CLANG + " or newer and set RINGSIDE_CLANG"
              : null,
          null);
    }
    if (Integer.parseInt(matcher.group(1)) < OLDEST_CLANG) {
      throw new ToolchainException(
          clang.toString(),
          "is " + matcher.group() + ", too old",
          "use clang " + OLDEST_CLANG + " or newer",
          null);
    }
    return new Toolchain(clang, findLld(clang), matcher.group(), origin, cache);
  }

  private static Path findLld(Path clang) {
    Path sibling = clang.resolveSibling("ld.lld");
    if (Files.isExecutable(sibling)) {
      return sibling;
    }
    Path named =
        Path.of(Tool.run(List.of(clang.toString(), "-print-prog-name=ld.lld")).text().strip());
    if (Files.isExecutable(named)) {
      return named;
    }
    throw new ToolchainException(
        clang.toString(), "has no ld.lld", "install lld of the same version beside it", null);
  }

  private static int majorVersion(Path clang) {
    Matcher matcher = VERSION.matcher(Tool.run(List.of(clang.toString(), "--version")).text());
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  private static List<Path> onPath(String path) {
    List<Path> found = new ArrayList<>();
    for (String directory : path.split(File.pathSeparator, -1)) {
      if (!directory.isEmpty()) {
        found.add(Path.of(directory, "clang"));
        for (int major = OLDEST_CLANG + 6; major >= OLDEST_CLANG; major--) {
          found.add(Path.of(directory, "clang-" + major));
        }
      }
    }
    found.removeIf(clang -> !Files.isExecutable(clang));
    return found;
  }

  private static void deleteQuietly(@Nullable Path tree) {
    if (tree != null) {
      try {
        UserCache.delete(tree);
      } catch (IOException e) {
        // A leftover of a few kilobytes beside the output is not worth failing a compilation that
        // succeeded.
        System.getLogger(Toolchain.class.getName())
            .log(System.Logger.Level.DEBUG, "cannot delete " + tree, e);
      }
    }
  }
}
