package ringside.format.pcap;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes classic pcap files of Ethernet frames, with nanosecond timestamps. */
public final class PcapWriter {
  private PcapWriter() {}

  /** Writes a capture file, replacing what was there. */
  public static void write(Path file, List<CapturedFrame> frames) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      write(out, frames, ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** Writes a capture in the given byte order to a stream, which stays open. */
  public static void write(OutputStream out, List<CapturedFrame> frames, ByteOrder order)
      throws IOException {
    ByteBuffer header = ByteBuffer.allocate(24).order(order);
    header.putInt(0xa1b23c4d).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0);
    header.putInt(ClassicReader.MAXIMUM_SNAPLEN).putInt(LinkType.ETHERNET);
    out.write(header.array());
    for (CapturedFrame frame : frames) {
      ByteBuffer record = ByteBuffer.allocate(16).order(order);
      record.putInt((int) (frame.nanos() / 1_000_000_000));
      record.putInt((int) (frame.nanos() % 1_000_000_000));
      record.putInt(frame.data().length).putInt(frame.originalLength());
      out.write(record.array());
      out.write(frame.data());
    }
  }
}
