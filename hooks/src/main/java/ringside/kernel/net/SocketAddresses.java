package ringside.kernel.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Socket addresses as user space writes and reads them; numbers in host order. */
final class SocketAddresses {
  private static final int ETH_ALEN = 6;

  private SocketAddresses() {}

  /** {@code sa_family}. */
  static int family(byte[] address) {
    return Short.toUnsignedInt(ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN).getShort(0));
  }

  /** {@code sin_port}. */
  static int port(byte[] address) {
    return Short.toUnsignedInt(ByteBuffer.wrap(address).getShort(2));
  }

  /** {@code sin_addr}. */
  static int ipAddress(byte[] address) {
    return ByteBuffer.wrap(address).getInt(4);
  }

  /** {@code sll_protocol}. */
  static int protocol(byte[] address) {
    return port(address);
  }

  /** {@code sll_ifindex}. */
  static int interfaceIndex(byte[] address) {
    return ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
  }

  /** A {@code struct sockaddr_in}. */
  static byte[] inet(int address, int port) {
    ByteBuffer out = ByteBuffer.allocate(Sockets.SOCKADDR_IN).order(ByteOrder.LITTLE_ENDIAN);
    out.putShort((short) Socket.AF_INET);
    out.order(ByteOrder.BIG_ENDIAN).putShort((short) port).putInt(address);
    return out.array();
  }

  /** A {@code struct sockaddr_ll}. */
  static byte[] link(int protocol, int index, int deviceType, int packetType, byte[] hardware) {
    ByteBuffer out = ByteBuffer.allocate(Sockets.SOCKADDR_LL).order(ByteOrder.LITTLE_ENDIAN);
    out.putShort((short) Socket.AF_PACKET)
        .putShort(Short.reverseBytes((short) protocol))
        .putInt(index)
        .putShort((short) deviceType)
        .put((byte) packetType)
        .put((byte) ETH_ALEN)
        .put(hardware);
    return out.array();
  }
}
