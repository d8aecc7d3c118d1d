package ringside.toolchain;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The clang and lld that come as a Maven artifact, {@code org.bytedeco:llvm}, unpacked once into
 * the user's cache.
 *
 * <p>The jar is used as a plain archive: only the programs, the two shared libraries they need and
 * the builtin headers are taken, in the layout that their run path ({@code $ORIGIN/../lib})
 * expects.
 */
final class BundledLlvm {
  /** System property with the path of the jar, for when it is not on the class path. */
  static final String JAR_PROPERTY = "ringside.llvm.jar";

  private static final String PREFIX = "org/bytedeco/llvm/linux-x86_64/";
  private static final String HEADERS = PREFIX + "lib/clang/";
  private static final String MANIFEST = "SHA256SUMS";
  private static final Pattern PROGRAM = Pattern.compile("clang|lld|llvm-objdump|llvm-readelf");
  private static final Pattern LIBRARY = Pattern.compile("lib(LLVM|clang-cpp)\\.so");

  private final Path jar;
  private final UserCache cache;

  BundledLlvm(Path jar, UserCache cache) {
    this.jar = jar;
    this.cache = cache;
  }

  /** The jar, when this machine can run what is in it and it can be found. */
  static Optional<Path> findJar() {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      return Optional.empty();
    }
    String property = System.getProperty(JAR_PROPERTY);
    if (property != null) {
      return Optional.of(Path.of(property)).filter(Files::isRegularFile);
    }
    URL url = BundledLlvm.class.getClassLoader().getResource(PREFIX + "clang");
    try {
      if (url != null && url.openConnection() instanceof JarURLConnection connection) {
        return Optional.of(Path.of(connection.getJarFileURL().toURI()));
      }
    } catch (IOException | URISyntaxException e) {
      throw new ToolchainException(url.toString(), "the jar with clang cannot be read", null, e);
    }
    return Optional.empty();
  }

  /**
   * The directory with {@code bin} and {@code lib}, unpacked when it is not there or lacks a file.
   *
   * @throws ToolchainException when the jar is damaged or the cache cannot be written
   */
  Path directory() {
    try (JarTree tree = new JarTree(jar, name -> placeOf(name) != null)) {
      String version = version(tree);
      String name = "llvm-" + version + "-" + tree.fingerprint();
      Path directory = cache.entry(name, into -> unpack(tree, version, into));
      return sizesMatch(directory)
          ? directory
          : cache.replace(name, into -> unpack(tree, version, into));
    } catch (IOException e) {
      throw new ToolchainException(
          jar.toString(),
          "cannot unpack clang: " + e.getMessage(),
          "delete that file, so that Maven fetches it again",
          e);
    }
  }

  /** Whether every file still has the checksum it was unpacked with; reads all of them. */
  static boolean checksumsMatch(Path directory) throws IOException {
    for (Sum sum : sums(directory)) {
      MessageDigest digest = JarTree.sha256();
      try (InputStream in =
          new DigestInputStream(Files.newInputStream(directory.resolve(sum.file)), digest)) {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      if (!HexFormat.of().formatHex(digest.digest()).equals(sum.sha256)) {
        return false;
      }
    }
    return true;
  }

  private static boolean sizesMatch(Path directory) throws IOException {
    try {
      for (Sum sum : sums(directory)) {
        if (Files.size(directory.resolve(sum.file)) != sum.size) {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private record Sum(String sha256, long size, String file) {}

  private static Iterable<Sum> sums(Path directory) throws IOException {
    return Files.readAllLines(directory.resolve(MANIFEST)).stream()
        .map(line -> line.split(" ", 3))
        .map(words -> new Sum(words[0], Long.parseLong(words[1]), words[2]))
        .toList();
  }

  private static void unpack(JarTree tree, String version, Path into) throws IOException {
    StringBuilder manifest = new StringBuilder();
    for (String name : tree.names()) {
      String place = placeOf(name);
      if (place == null) {
        continue;
      }
      Path file = into.resolve(place).normalize();
      if (!file.startsWith(into)) {
        throw new IOException("entry outside of the archive: " + name);
      }
      byte[] sha256 = tree.unpack(name, file);
      manifest.append(HexFormat.of().formatHex(sha256)).append(' ');
      manifest.append(Files.size(file)).append(' ').append(place).append('\n');
      if (place.startsWith("bin/")) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    Files.createSymbolicLink(into.resolve("bin/ld.lld"), Path.of("lld"));
    Matcher majorMinor = Pattern.compile("\\d+\\.\\d+").matcher(version);
    if (!majorMinor.lookingAt()) {
      throw new IOException("strange version " + version);
    }
    for (String library : new String[] {"libLLVM.so", "libclang-cpp.so"}) {
      Path soname = into.resolve("lib").resolve(library + "." + majorMinor.group());
      Files.createSymbolicLink(soname, Path.of(library));
    }
    Files.writeString(into.resolve(MANIFEST), manifest, StandardCharsets.UTF_8);
  }

  /** Where an entry of the jar goes, or null when it is not needed. */
  private static @Nullable String placeOf(String entry) {
    if (!entry.startsWith(PREFIX)) {
      return null;
    }
    String name = entry.substring(PREFIX.length());
    if (PROGRAM.matcher(name).matches()) {
      return "bin/" + name;
    }
    if (LIBRARY.matcher(name).matches()) {
      return "lib/" + name;
    }
    return entry.startsWith(HEADERS) ? name : null;
  }

  private static String version(JarTree tree) throws IOException {
    return tree.text("META-INF/maven/org.bytedeco/llvm/pom.properties")
        .lines()
        .filter(line -> line.startsWith("version="))
        .map(line -> line.substring("version=".length()).strip())
        .findFirst()
        .orElseThrow(() -> new IOException("no version in it"));
  }
}
