package ringside.lkm.loader;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import ringside.kernel.mm.Memory;

/** C strings in simulated memory. */
public final class KernelText {
  private static final int LIMIT = 1 << 16;

  private KernelText() {}

  /** The string at an address, cut at 64 KiB. */
  public static String read(Memory memory, long address) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (long at = address; bytes.size() < LIMIT; at++) {
      byte b = memory.readByte(at);
      if (b == 0) {
        break;
      }
      bytes.write(b);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** A string's bytes with the NUL behind them. */
  public static byte[] bytes(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }
}
