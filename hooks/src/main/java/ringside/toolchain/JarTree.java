package ringside.toolchain;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Files of a jar, chosen by name, with a fingerprint that needs no unpacking. */
final class JarTree implements AutoCloseable {
  private final Path jar;
  private final ZipFile zip;
  private final List<? extends ZipEntry> entries;

  /**
   * Opens a jar.
   *
   * @param wanted chooses entries by their full name; directories are never chosen
   */
  JarTree(Path jar, Predicate<String> wanted) throws IOException {
    this.jar = jar;
    this.zip = new ZipFile(jar.toFile());
    this.entries =
        zip.stream()
            .filter(entry -> !entry.isDirectory() && wanted.test(entry.getName()))
            .sorted(Comparator.comparing(ZipEntry::getName))
            .toList();
  }

  List<String> names() {
    return entries.stream().map(ZipEntry::getName).toList();
  }

  /** Twelve hex digits that change whenever the name, size or CRC of a chosen file does. */
  String fingerprint() {
    MessageDigest digest = sha256();
    for (ZipEntry entry : entries) {
      String line = entry.getName() + ' ' + entry.getSize() + ' ' + entry.getCrc() + '\n';
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 12);
  }

  /**
   * Text of an entry that may be outside the chosen ones; empty when there is none of that name.
   */
  String text(String name) throws IOException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      return "";
    }
    try (InputStream in = zip.getInputStream(entry)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /**
   * Unpacks an entry and checks its CRC.
   *
   * @return the SHA-256 of what was written
   */
  byte[] unpack(String name, Path file) throws IOException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw new IOException(jar + " has no " + name);
    }
    Files.createDirectories(file.toAbsolutePath().resolveSibling(""));
    MessageDigest digest = sha256();
    CRC32 crc = new CRC32();
    try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), crc);
        OutputStream out = Files.newOutputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        out.write(buffer, 0, n);
      }
    }
    // ZipFile, unlike ZipInputStream, leaves this check to its caller.
    if (crc.getValue() != entry.getCrc()) {
      throw new IOException(jar + " is damaged: wrong checksum of " + name);
    }
    return digest.digest();
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }
}
