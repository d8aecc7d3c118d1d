package ringside.format.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Reads what follows the magic of a classic pcap file (pcap-savefile(5)). */
final class ClassicReader {
  /** {@code MAXIMUM_SNAPLEN} of libpcap: a longer packet means the file is damaged. */
  static final int MAXIMUM_SNAPLEN = 262144;

  private final CaptureInput in;
  private final ByteOrder order;
  private final int nanosPerTick;

  ClassicReader(CaptureInput in, ByteOrder order, int nanosPerTick) {
    this.in = in;
    this.order = order;
    this.nanosPerTick = nanosPerTick;
  }

  void readAll(List<CapturedFrame> frames) throws IOException {
    ByteBuffer header = in.read(20, order, "the pcap file header");
    int major = header.getShort(0) & 0xffff;
    int minor = header.getShort(2) & 0xffff;
    if (major != 2 || minor != 4) {
      throw in.error(
          4,
          "pcap version %d.%d, not 2.4".formatted(major, minor),
          "convert it: `editcap -F pcap FILE NEW.pcap`");
    }
    // The upper bits may tell the length of a frame check sequence; IP ignores what trails.
    int linkType = header.getInt(16) & 0xffff;
    if (linkType != LinkType.ETHERNET) {
      throw LinkType.unsupported(in, 20, linkType);
    }
    while (true) {
      long at = in.offset();
      in.nextPacket();
      ByteBuffer record = in.readOrEnd(16, order, "a packet header");
      if (record.remaining() == 0) {
        return;
      }
      long seconds = record.getInt(0) & 0xffffffffL;
      long ticks = record.getInt(4) & 0xffffffffL;
      frames.add(
          new CapturedFrame(
              seconds * 1_000_000_000 + ticks * nanosPerTick,
              record.getInt(12),
              in.read(length(in, at + 8, record.getInt(8)), order, "packet data").array()));
    }
  }

  /** Refuses a captured length that no tool writes, before memory is asked for it. */
  static int length(CaptureInput in, long at, int captured) throws PcapException {
    if (captured < 0 || captured > MAXIMUM_SNAPLEN) {
      throw in.error(
          at,
          "a captured length of %d bytes, above the format's limit of %d"
              .formatted(captured & 0xffffffffL, MAXIMUM_SNAPLEN),
          "the file is damaged from here on; copy or capture it again");
    }
    return captured;
  }
}
