package ringside.format.pcap;

import java.util.Arrays;

/** One Ethernet frame of a capture. */
public final class CapturedFrame {
  private final long nanos;
  private final int originalLength;
  private final byte[] data;

  /**
   * Makes a frame.
   *
   * @param nanos when it was captured, in nanoseconds since 1970-01-01 UTC
   * @param originalLength its length on the wire in bytes, at least what was captured
   * @param data what was captured, from the Ethernet header on; not copied
   */
  public CapturedFrame(long nanos, int originalLength, byte[] data) {
    this.nanos = nanos;
    this.originalLength = originalLength;
    this.data = data;
  }

  /** When it was captured, in nanoseconds since 1970-01-01 UTC. */
  public long nanos() {
    return nanos;
  }

  /** Its length on the wire in bytes. */
  public int originalLength() {
    return originalLength;
  }

  /** Whether the capture's snapshot length cut it. */
  public boolean truncated() {
    return data.length < originalLength;
  }

  /** The captured bytes, from the Ethernet header on; shared, so not to be written. */
  public byte[] data() {
    return data;
  }

  /**
   * The frame at its length on the wire: what the snapshot length cut off is zeros, as replay tools
   * pad it; else the shared captured bytes.
   *
   * @throws IllegalStateException where the length on the wire is above what any frame has
   */
  public byte[] wire() {
    if (!truncated()) {
      return data;
    }
    if (originalLength > ClassicReader.MAXIMUM_SNAPLEN) {
      throw new IllegalStateException("a frame of " + originalLength + " bytes");
    }
    return Arrays.copyOf(data, originalLength);
  }
}
