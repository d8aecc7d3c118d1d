package ringside.format.pcap;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A capture file being read: where it stands, and errors that say so. */
final class CaptureInput {
  private final InputStream in;
  private final String file;
  private long offset;
  private int packets;

  CaptureInput(InputStream in, String file) {
    this.in = in;
    this.file = file;
  }

  /** Bytes consumed so far. */
  long offset() {
    return offset;
  }

  /** From here on errors speak of the next packet. */
  void nextPacket() {
    packets++;
  }

  /**
   * Reads a structure that may be absent only as a whole.
   *
   * @return it, or a buffer without bytes at the end of the file
   */
  ByteBuffer readOrEnd(int length, ByteOrder order, String what) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length != 0 && bytes.length != length) {
      throw cut(what, length, bytes.length);
    }
    offset += bytes.length;
    return ByteBuffer.wrap(bytes).order(order);
  }

  /** Reads a structure that must be there. */
  ByteBuffer read(int length, ByteOrder order, String what) throws IOException {
    ByteBuffer buffer = readOrEnd(length, order, what);
    if (buffer.remaining() != length) {
      throw cut(what, length, 0);
    }
    return buffer;
  }

  /** Reads what is there, up to {@code length} bytes. */
  ByteBuffer readSome(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    offset += bytes.length;
    return ByteBuffer.wrap(bytes);
  }

  /** An error about what starts at {@code at}. */
  PcapException error(long at, String what, String hint) {
    return new PcapException(file, what, at, packets, hint);
  }

  private PcapException cut(String what, int length, int found) {
    return error(
        offset,
        "the file ends inside %s: %d of %d bytes are there".formatted(what, found, length),
        "the capture is incomplete; copy it again, or save what is whole with"
            + " `editcap "
            + file
            + " whole.pcap`");
  }
}
