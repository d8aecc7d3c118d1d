package ringside.kernel.net;

import java.nio.ByteBuffer;
import ringside.kernel.mm.Memory;

/** UDP datagrams as Ethernet frames on {@code lo}. */
final class UdpFrames {
  private static final int ETH_P_IP = 0x0800;
  private static final int IP_HLEN = 20;
  private static final int UDP_HLEN = 8;
  private static final int IPPROTO_UDP = 17;
  private static final int DONT_FRAGMENT = 0x4000;
  private static final int TTL = 64;

  private UdpFrames() {}

  /** Makes a frame with both checksums; addresses and ports in host order. */
  static byte[] make(int source, int sourcePort, int destination, int port, byte[] payload) {
    int length = UDP_HLEN + payload.length;
    ByteBuffer out = ByteBuffer.allocate(Packets.ETH_HLEN + IP_HLEN + length);
    out.putShort(12, (short) ETH_P_IP);
    int ip = Packets.ETH_HLEN;
    out.put(ip, (byte) 0x45);
    out.putShort(ip + 2, (short) (IP_HLEN + length));
    out.putShort(ip + 6, (short) DONT_FRAGMENT);
    out.put(ip + 8, (byte) TTL);
    out.put(ip + 9, (byte) IPPROTO_UDP);
    out.putInt(ip + 12, source);
    out.putInt(ip + 16, destination);
    out.putShort(ip + 10, (short) ~fold(sum(out, ip, IP_HLEN)));
    int udp = ip + IP_HLEN;
    out.putShort(udp, (short) sourcePort);
    out.putShort(udp + 2, (short) port);
    out.putShort(udp + 4, (short) length);
    out.put(udp + UDP_HLEN, payload);
    int check = ~fold(sum(out, udp, length) + pseudo(source, destination, length)) & 0xffff;
    // 0 would say that there is no checksum.
    out.putShort(udp + 6, (short) (check == 0 ? 0xffff : check));
    return out.array();
  }

  /** Whether a received datagram's checksum is right, or there is none. */
  static boolean checksumHolds(Memory memory, long ip, long udp, int length) {
    if (memory.readShort(udp + 6) == 0) {
      return true;
    }
    byte[] bytes = new byte[length];
    memory.read(udp, bytes, 0, length);
    int source = Integer.reverseBytes(memory.readInt(ip + 12));
    int destination = Integer.reverseBytes(memory.readInt(ip + 16));
    long sum = sum(ByteBuffer.wrap(bytes), 0, length) + pseudo(source, destination, length);
    return fold(sum) == 0xffff;
  }

  private static long pseudo(int source, int destination, int length) {
    return (source >>> 16)
        + (source & 0xffff)
        + (destination >>> 16)
        + (destination & 0xffff)
        + IPPROTO_UDP
        + (long) length;
  }

  private static long sum(ByteBuffer bytes, int from, int length) {
    long sum = 0;
    for (int i = 0; i + 1 < length; i += 2) {
      sum += Short.toUnsignedInt(bytes.getShort(from + i));
    }
    return length % 2 == 0 ? sum : sum + (Byte.toUnsignedInt(bytes.get(from + length - 1)) << 8);
  }

  private static int fold(long sum) {
    long folded = sum;
    while (folded >>> 16 != 0) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) folded;
  }
}
