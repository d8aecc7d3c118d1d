package ringside.format.pcap;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Reads what follows the first four bytes of a pcapng file (draft-ietf-opsawg-pcapng). */
final class PcapNgReader {
  private static final int SECTION_HEADER = 0x0A0D0D0A;
  private static final int INTERFACE_DESCRIPTION = 1;
  private static final int PACKET = 2;
  private static final int SIMPLE_PACKET = 3;
  private static final int ENHANCED_PACKET = 6;
  private static final int BYTE_ORDER_MAGIC = 0x1A2B3C4D;
  private static final int OPTION_TSRESOL = 9;
  private static final int OPTION_TSOFFSET = 14;
  private static final int MAXIMUM_BLOCK = 16 << 20;
  private static final BigInteger NANOS_PER_SECOND = BigInteger.valueOf(1_000_000_000);

  /** One interface of the current section. */
  private record Interface(int linkType, int snapLength, BigInteger ticksPerSecond, long offset) {
    long nanos(long timestamp) {
      return new BigInteger(Long.toUnsignedString(timestamp))
              .multiply(NANOS_PER_SECOND)
              .divide(ticksPerSecond)
              .longValue()
          + offset * 1_000_000_000;
    }
  }

  private final CaptureInput in;
  private final List<Interface> interfaces = new ArrayList<>();
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;

  /** Takes over after the first block's type, which is the file's magic. */
  PcapNgReader(CaptureInput in) {
    this.in = in;
  }

  void readAll(List<CapturedFrame> frames) throws IOException {
    section(0);
    while (true) {
      long at = in.offset();
      ByteBuffer type = in.readOrEnd(4, order, "a block's type");
      if (type.remaining() == 0) {
        return;
      }
      if (type.getInt(0) == SECTION_HEADER) {
        section(at);
        continue;
      }
      int length = in.read(4, order, "a block's length").getInt();
      ByteBuffer body = body(at, length, 8);
      switch (type.getInt(0)) {
        case INTERFACE_DESCRIPTION -> interfaces.add(description(body, at));
        case ENHANCED_PACKET, PACKET -> {
          in.nextPacket();
          need(body, 20, at);
          int id = type.getInt(0) == PACKET ? body.getShort(0) & 0xffff : body.getInt(0);
          Interface source = source(id, at);
          long timestamp = ((long) body.getInt(4) << 32) | (body.getInt(8) & 0xffffffffL);
          byte[] data = data(body, 20, ClassicReader.length(in, at + 20, body.getInt(12)), at);
          frames.add(new CapturedFrame(source.nanos(timestamp), body.getInt(16), data));
        }
        case SIMPLE_PACKET -> {
          in.nextPacket();
          need(body, 4, at);
          Interface source = source(0, at);
          int original = body.getInt(0);
          int captured =
              source.snapLength == 0 || Integer.compareUnsigned(original, source.snapLength) < 0
                  ? original
                  : source.snapLength;
          byte[] data = data(body, 4, ClassicReader.length(in, at + 8, captured), at);
          frames.add(new CapturedFrame(0, original, data));
        }
        default -> {} // a reader skips the blocks that it does not know
      }
    }
  }

  /** Reads a section header, whose own third word tells the byte order of its second. */
  private void section(long at) throws IOException {
    ByteBuffer head = in.read(8, ByteOrder.BIG_ENDIAN, "the section header");
    int magic = head.getInt(4);
    if (magic == BYTE_ORDER_MAGIC) {
      order = ByteOrder.BIG_ENDIAN;
    } else if (magic == Integer.reverseBytes(BYTE_ORDER_MAGIC)) {
      order = ByteOrder.LITTLE_ENDIAN;
    } else {
      throw in.error(
          at + 8,
          "byte-order magic 0x%08x, not 0x1a2b3c4d".formatted(magic),
          "the file is damaged; copy or capture it again");
    }
    ByteBuffer body = body(at, head.order(order).getInt(0), 12);
    need(body, 12, at);
    int major = body.getShort(0) & 0xffff;
    if (major != 1) {
      throw in.error(
          at + 12,
          "pcapng version %d.%d, not 1".formatted(major, body.getShort(2) & 0xffff),
          "convert it: `editcap -F pcap FILE NEW.pcap`");
    }
    interfaces.clear();
  }

  /** Reads a block's rest but for its closing length, which must repeat the opening one. */
  private ByteBuffer body(long at, int length, int alreadyRead) throws IOException {
    if (length < alreadyRead + 4 || (length & 3) != 0 || length > MAXIMUM_BLOCK) {
      throw in.error(
          at + 4,
          "a block length of %d bytes".formatted(length & 0xffffffffL),
          "the file is damaged from here on; copy or capture it again");
    }
    ByteBuffer body = in.read(length - alreadyRead - 4, order, "a block");
    long end = in.offset();
    int closing = in.read(4, order, "a block's closing length").getInt();
    if (closing != length) {
      throw in.error(
          end,
          "a block that opens with length %d and closes with %d"
              .formatted(length, closing & 0xffffffffL),
          "the file is damaged; copy or capture it again");
    }
    return body;
  }

  private void need(ByteBuffer body, int bytes, long at) throws PcapException {
    if (body.limit() < bytes) {
      throw in.error(
          at,
          "a block of %d bytes, too short for its kind".formatted(body.limit()),
          "the file is damaged; copy or capture it again");
    }
  }

  private byte[] data(ByteBuffer body, int from, int length, long at) throws PcapException {
    need(body, from + length, at);
    byte[] data = new byte[length];
    body.get(from, data);
    return data;
  }

  private Interface source(int id, long at) throws PcapException {
    if (id < 0 || id >= interfaces.size()) {
      throw in.error(
          at,
          "a packet of interface %d where the section declares %d"
              .formatted(id & 0xffffffffL, interfaces.size()),
          "the file is damaged; copy or capture it again");
    }
    Interface source = interfaces.get(id);
    if (source.linkType != LinkType.ETHERNET) {
      throw LinkType.unsupported(in, at, source.linkType);
    }
    return source;
  }

  private Interface description(ByteBuffer body, long at) throws PcapException {
    need(body, 8, at);
    BigInteger ticks = BigInteger.valueOf(1_000_000);
    long offset = 0;
    int option = 8;
    while (option + 4 <= body.limit()) {
      int code = body.getShort(option) & 0xffff;
      int length = body.getShort(option + 2) & 0xffff;
      if (code == 0) {
        break;
      }
      need(body, option + 4 + length, at);
      if (code == OPTION_TSRESOL && length == 1) {
        int resolution = body.get(option + 4);
        ticks = BigInteger.valueOf(resolution < 0 ? 2 : 10).pow(resolution & 0x7f);
      } else if (code == OPTION_TSOFFSET && length == 8) {
        offset = body.getLong(option + 4);
      }
      option += 4 + ((length + 3) & ~3);
    }
    return new Interface(body.getShort(0) & 0xffff, body.getInt(4), ticks, offset);
  }
}
