package ringside.format.pcap;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * All frames of one capture file, in the file's order.
 *
 * @param name the file's name, for messages
 * @param frames the frames
 */
public record Capture(String name, List<CapturedFrame> frames) {
  private static final int PCAPNG_SECTION_HEADER = 0x0A0D0D0A;

  /** Makes a capture of the frames as they are now. */
  public Capture {
    frames = List.copyOf(frames);
  }

  /**
   * Reads a capture file: classic pcap or pcapng, either byte order, any timestamp resolution.
   *
   * @throws PcapException where the file cannot be opened, is not such a capture, is cut or is not
   *     of Ethernet frames
   */
  public static Capture read(Path file) throws IOException {
    String name = file.toString();
    if (Files.isDirectory(file)) {
      throw new PcapException(name, "is a directory", -1, 0, "name a capture file in it");
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      return read(in, name);
    } catch (NoSuchFileException _) {
      throw new PcapException(name, "no such file", -1, 0, "check the path of the capture");
    } catch (AccessDeniedException _) {
      throw new PcapException(
          name,
          "permission denied",
          -1,
          0,
          "tcpdump writes as its own user: `sudo chown` the file");
    }
  }

  /**
   * Reads a capture that is in memory, e.g. a resource.
   *
   * @param name what messages call it
   * @throws PcapException as {@link #read(Path)}
   */
  public static Capture parse(byte[] bytes, String name) throws IOException {
    return read(new ByteArrayInputStream(bytes), name);
  }

  /**
   * Reads a capture from a stream, which the caller closes.
   *
   * @param name what messages call it
   * @throws PcapException as {@link #read(Path)}
   */
  public static Capture read(InputStream in, String name) throws IOException {
    CaptureInput input = new CaptureInput(in, name);
    ByteBuffer head = input.readSome(4);
    if (head.remaining() == 0) {
      throw input.error(-1, "the file is empty", "was the capture stopped before a packet came?");
    }
    if (head.remaining() < 4) {
      throw notACapture(input, head);
    }
    List<CapturedFrame> frames = new ArrayList<>();
    int magic = head.getInt(0);
    if (magic == PCAPNG_SECTION_HEADER) {
      new PcapNgReader(input).readAll(frames);
      return new Capture(name, frames);
    }
    switch (magic) {
      case 0xa1b2c3d4 -> new ClassicReader(input, ByteOrder.BIG_ENDIAN, 1000).readAll(frames);
      case 0xd4c3b2a1 -> new ClassicReader(input, ByteOrder.LITTLE_ENDIAN, 1000).readAll(frames);
      case 0xa1b23c4d -> new ClassicReader(input, ByteOrder.BIG_ENDIAN, 1).readAll(frames);
      case 0x4d3cb2a1 -> new ClassicReader(input, ByteOrder.LITTLE_ENDIAN, 1).readAll(frames);
      default -> throw notACapture(input, head);
    }
    return new Capture(name, frames);
  }

  private static PcapException notACapture(CaptureInput input, ByteBuffer head) {
    byte[] b = new byte[head.remaining()];
    head.get(0, b);
    int prefix = b.length >= 2 ? ((b[0] & 0xff) << 8) | (b[1] & 0xff) : 0;
    if (prefix == 0x1f8b) {
      return input.error(-1, "a gzip file, not a capture", "unpack it first: `gunzip FILE`");
    }
    if (b.length == 4) {
      switch (head.getInt(0)) {
        case 0x28b52ffd -> {
          return input.error(-1, "a zstd file, not a capture", "unpack it first: `zstd -d FILE`");
        }
        case 0xa1b2cd34, 0x34cdb2a1 -> {
          return input.error(
              -1, "a pcap of the modified kind", "convert it: `editcap -F pcap FILE NEW.pcap`");
        }
        case 0x736e6f6f -> {
          return input.error(
              -1, "a snoop capture, not pcap", "convert it: `editcap -F pcap FILE NEW.pcap`");
        }
        default -> {}
      }
    }
    return input.error(
        -1,
        "not a pcap or pcapng capture: it starts with " + describe(b),
        "make one with `tcpdump -i eth0 -w FILE`");
  }

  private static String describe(byte[] bytes) {
    boolean text = true;
    StringBuilder hex = new StringBuilder();
    for (byte b : bytes) {
      text &= b >= ' ' && b < 0x7f;
      hex.append(String.format(Locale.ROOT, hex.isEmpty() ? "%02x" : " %02x", b));
    }
    return text ? '"' + new String(bytes, StandardCharsets.US_ASCII) + '"' : hex.toString();
  }
}
