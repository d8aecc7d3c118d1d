package ringside.kernel.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** The {@code CONFIG_} options that describe the simulated kernel, as {@code /proc/config.gz}. */
public final class BuildOptions {
  private static final String RESOURCE = "/ringside/kernel/kernel.config";

  private BuildOptions() {}

  /** The text of the file. */
  public static String text() {
    try (InputStream in = BuildOptions.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("resource " + RESOURCE + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Values by name: {@code y}, {@code m}, a number, or a string in quotes. */
  public static Map<String, String> all() {
    Map<String, String> options = new TreeMap<>();
    for (String line : text().lines().toList()) {
      int equals = line.indexOf('=');
      if (line.startsWith("CONFIG_") && equals > 0) {
        options.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return Map.copyOf(options);
  }
}
