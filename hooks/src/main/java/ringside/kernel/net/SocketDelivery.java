package ringside.kernel.net;

import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.Socket.Datagram;

/** Runs a packet through a socket's filter and into its queue. */
final class SocketDelivery {
  /** {@code QDISC_CB_PRIV_LEN}: the part of {@code skb->cb} that is a program's own. */
  private static final int CONTROL_BYTES = 20;

  /** {@code offsetof(struct qdisc_skb_cb, data)}. */
  private static final int CONTROL_OFFSET = 8;

  private static final int UDP_HLEN = 8;
  private static final int ETH_ALEN = 6;

  private final Memory memory;
  private final Packets packets;
  private final int sk;
  private final int control;
  private final int truesize;
  private final int deviceType;

  SocketDelivery(KernelCore core, Packets packets) {
    this.memory = core.memory();
    this.packets = packets;
    StructLayout skb = core.layouts().of("sk_buff");
    this.sk = skb.offset("sk");
    this.control = skb.offset("cb") + CONTROL_OFFSET;
    this.truesize = skb.offset("truesize");
    this.deviceType = core.layouts().of("net_device").offset("type");
  }

  /** {@code packet_rcv}: the packet comes and goes with its data at the network header. */
  void toPacketSocket(Socket socket, NetDevice device, long skb, int packetType, int protocol) {
    boolean raw = socket.type() == Socket.SOCK_RAW;
    if (raw) {
      packets.push(skb, Packets.ETH_HLEN);
    }
    int length = packets.length(skb);
    int keep = run(socket.filter(), skb, length);
    if (keep != 0) {
      byte[] hardware = new byte[ETH_ALEN];
      memory.read(packets.macHeader(skb) + ETH_ALEN, hardware, 0, ETH_ALEN);
      int type = Short.toUnsignedInt(memory.readShort(device.address() + deviceType));
      byte[] from = SocketAddresses.link(protocol, device.index(), type, packetType, hardware);
      queue(socket, skb, packets.data(skb), length, keep, from);
    }
    if (raw) {
      packets.push(skb, -Packets.ETH_HLEN);
    }
  }

  /**
   * {@code udp_queue_rcv_skb}: the filter sees the packet from the UDP header on.
   *
   * @param header bytes of the IP header, where the packet's data start
   * @param length of the datagram, its header included
   */
  void toUdpSocket(Socket socket, long skb, int header, int length) {
    int whole = packets.length(skb);
    long ip = packets.data(skb);
    packets.push(skb, -header);
    packets.setLength(skb, length);
    memory.writeLong(skb + sk, socket.address());
    int keep = run(socket.filter(), skb, length);
    memory.writeLong(skb + sk, 0);
    if (keep != 0) {
      long udp = packets.data(skb);
      int source = Integer.reverseBytes(memory.readInt(ip + 12));
      int port = Short.toUnsignedInt(Short.reverseBytes(memory.readShort(udp)));
      // No filter cuts into the header.
      int kept = Math.max(keep, UDP_HLEN) - UDP_HLEN;
      byte[] from = SocketAddresses.inet(source, port);
      queue(socket, skb, udp + UDP_HLEN, length - UDP_HLEN, kept, from);
    }
    packets.push(skb, header);
    packets.setLength(skb, whole);
  }

  private void queue(Socket socket, long skb, long data, int length, int kept, byte[] from) {
    byte[] bytes = new byte[Math.min(length, kept)];
    memory.read(data, bytes, 0, bytes.length);
    socket.receive(new Datagram(bytes, length, from, memory.readInt(skb + truesize)));
  }

  /** How many bytes to keep: at most {@code length}, all without a filter. */
  private int run(@Nullable SocketFilter filter, long skb, int length) {
    if (filter == null) {
      return length == 0 ? 1 : length;
    }
    byte[] saved = new byte[CONTROL_BYTES];
    memory.read(skb + control, saved, 0, CONTROL_BYTES);
    memory.fill(skb + control, (byte) 0, CONTROL_BYTES);
    int verdict = (int) (long) filter.target().call(skb);
    memory.write(skb + control, saved, 0, CONTROL_BYTES);
    return Integer.compareUnsigned(verdict, length) > 0 ? Math.max(length, 1) : verdict;
  }
}
