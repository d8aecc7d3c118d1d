package ringside.experiments.run;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import ringside.format.pcap.Capture;
import ringside.format.pcap.CapturedFrame;
import ringside.reports.model.RunInfo;

/**
 * The frames that packet workloads run over.
 *
 * @param info what the report says of the capture
 * @param frames each as long as it was on the wire, with zeros where the capture cut it
 * @param padded how many the capture had cut
 */
public record Packets(RunInfo.Capture info, List<byte[]> frames, int padded) {
  private static final String BUNDLED = "loopback.pcap";

  /** Copies the list. */
  public Packets {
    frames = List.copyOf(frames);
  }

  /** The capture that comes with Ringside, made on a loopback device. */
  public static Packets bundled() throws IOException {
    try (InputStream in = Packets.class.getResourceAsStream("/ringside/experiments/" + BUNDLED)) {
      if (in == null) {
        throw new IllegalStateException(BUNDLED + " is not on the class path");
      }
      return of(in.readAllBytes(), BUNDLED, BUNDLED);
    }
  }

  /**
   * A capture file.
   *
   * @throws ringside.format.BadInputException where it cannot be read as one
   */
  public static Packets read(Path file) throws IOException {
    // First by name: it words what is wrong with a path that is no readable file.
    Capture capture = Capture.read(file);
    return of(capture, Files.readAllBytes(file), String.valueOf(file.getFileName()));
  }

  /** Of some frames those that both XDP and netfilter see, so that all have the same events. */
  public static List<byte[]> ipv4(List<byte[]> frames) {
    return frames.stream().filter(frame -> frame[12] == 8 && frame[13] == 0).toList();
  }

  private static Packets of(byte[] bytes, String path, String name) throws IOException {
    return of(Capture.parse(bytes, path), bytes, name);
  }

  private static Packets of(Capture capture, byte[] bytes, String name) {
    List<byte[]> frames = capture.frames().stream().map(Packets::whole).toList();
    return new Packets(
        new RunInfo.Capture(
            name,
            HexFormat.of().formatHex(sha256().digest(bytes)),
            frames.size(),
            capture.frames().stream().mapToLong(frame -> frame.data().length).sum()),
        frames,
        (int) capture.frames().stream().filter(CapturedFrame::truncated).count());
  }

  private static byte[] whole(CapturedFrame frame) {
    return frame.truncated() ? Arrays.copyOf(frame.data(), frame.originalLength()) : frame.data();
  }

  /** SHA-256, which every Java platform has. */
  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
