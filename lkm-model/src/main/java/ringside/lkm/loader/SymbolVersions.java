package ringside.lkm.loader;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import ringside.kernel.core.KernelVersion;

/**
 * The checksums of exported symbols ({@code CONFIG_MODVERSIONS}).
 *
 * <p>Linux's genksyms hashes a symbol's expanded C prototype. Here every kernel of one {@code
 * LINUX_VERSION_CODE} has the same headers, so that code stands for the prototypes: modules fit
 * kernels of the version that they were built for and no others.
 */
public final class SymbolVersions {
  private SymbolVersions() {}

  /** The checksum of a symbol in a kernel's interface. */
  public static int crc(String symbol, KernelVersion version) {
    CRC32 crc = new CRC32();
    crc.update((symbol + "@" + version.code()).getBytes(StandardCharsets.UTF_8));
    return (int) crc.getValue();
  }
}
