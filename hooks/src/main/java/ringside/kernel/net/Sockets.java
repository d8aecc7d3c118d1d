package ringside.kernel.net;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import ringside.hook.AttachException;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.fs.FsException;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;

/**
 * The sockets of one kernel: UDP over IPv4, and packet sockets.
 *
 * <p>All failures are {@link FsException}s with the errno of the system call.
 */
public final class Sockets {
  /** {@code ETH_P_ALL}. */
  private static final int ETH_P_ALL = 3;

  private static final int ETH_P_IP = 0x0800;
  private static final int IPPROTO_UDP = 17;
  private static final int LOOPBACK = 127;
  private static final int LOOPBACK_HOST = 0x7f000001;
  private static final int FIRST_EPHEMERAL = 32_768;
  private static final int LAST_EPHEMERAL = 60_999;
  private static final int FIRST_UNPRIVILEGED = 1024;
  private static final int CAP_NET_BIND_SERVICE = 10;
  private static final int LONGEST_PAYLOAD = 65_507;
  private static final int UDP_HLEN = 8;
  private static final int PACKET_OUTGOING = 4;

  /** {@code struct sockaddr_in}. */
  static final int SOCKADDR_IN = 16;

  /** {@code struct sockaddr_ll}. */
  static final int SOCKADDR_LL = 20;

  private final KernelCore core;
  private final Memory memory;
  private final Packets packets;
  private final Net net;
  private final long netAddress;
  private final List<Socket> open = new ArrayList<>();
  private final SocketDelivery delivery;
  private SocketFilterLoader loader = SocketFilterLoader.NONE;
  private int optmemMax = 128 * 1024;
  private int nextEphemeral = FIRST_EPHEMERAL;

  Sockets(KernelCore core, Packets packets, Net net, long netAddress) {
    this.core = core;
    this.memory = core.memory();
    this.packets = packets;
    this.net = net;
    this.netAddress = netAddress;
    this.delivery = new SocketDelivery(core, packets);
  }

  /** Names the subsystem that makes filters from now on. */
  public void setFilterLoader(SocketFilterLoader newLoader) {
    loader = newLoader;
  }

  /**
   * {@code net.core.optmem_max}: how many bytes of options, filters among them, a socket may have.
   */
  public int optmemMax() {
    return optmemMax;
  }

  /** Sets {@code net.core.optmem_max}. */
  public void setOptmemMax(int bytes) {
    optmemMax = bytes;
  }

  /** All open sockets, oldest first. */
  public List<Socket> all() {
    return List.copyOf(open);
  }

  /** Whether any socket is open: without one, packets pass by. */
  boolean any() {
    return !open.isEmpty();
  }

  /** Makes a socket ({@code sock_create}); what may be made is for the caller to check. */
  public Socket create(int family, int type, int protocol) {
    Socket made = new Socket(core, this, family, type, protocol, netAddress);
    open.add(made);
    return made;
  }

  void close(Socket socket) {
    setFilter(socket, null);
    open.remove(socket);
    socket.free(core);
  }

  // --- addresses ---

  /** Binds a UDP socket ({@code __inet_bind}); port 0 takes a free one. */
  void bindInet(Socket socket, int address, int port, boolean privileged) {
    if (address != 0 && address >>> 24 != LOOPBACK) {
      throw new FsException(Errno.EADDRNOTAVAIL);
    }
    if (port != 0 && port < FIRST_UNPRIVILEGED && !privileged) {
      throw new FsException(Errno.EACCES);
    }
    if (socket.localPort() != 0) {
      throw new FsException(Errno.EINVAL);
    }
    if (port != 0 && taken(address, port)) {
      throw new FsException(Errno.EADDRINUSE);
    }
    socket.bound(address, port == 0 ? ephemeral(address) : port);
  }

  private boolean taken(int address, int port) {
    return open.stream()
        .anyMatch(other ->
            other.family() == Socket.AF_INET
                && other.localPort() == port
                && (address == 0 || other.localAddress() == 0 || other.localAddress() == address));
  }

  private int ephemeral(int address) {
    for (int tries = LAST_EPHEMERAL - FIRST_EPHEMERAL; tries >= 0; tries--) {
      int port = nextEphemeral;
      nextEphemeral = port == LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      if (!taken(address, port)) {
        return port;
      }
    }
    throw new FsException(Errno.EADDRINUSE);
  }

  /** Makes a packet socket listen ({@code packet_do_bind}); protocol 0 keeps the one it has. */
  void bindPacket(Socket socket, int protocol, int index) {
    if (index != 0 && net.devices().stream().noneMatch(d -> d.index() == index)) {
      throw new FsException(Errno.ENODEV);
    }
    socket.listenTo(protocol == 0 ? socket.protocol() : protocol, index);
  }

  /** Whether the current task may bind low ports. */
  static int bindCapability() {
    return CAP_NET_BIND_SERVICE;
  }

  // --- filters ---

  /**
   * {@code SO_ATTACH_FILTER}.
   *
   * @param filter {@code struct sock_filter}s, 1 to 4096
   */
  void attachClassic(Socket socket, byte[] filter) {
    charge(socket, load(() -> loader.classic(filter)));
  }

  /** {@code SO_ATTACH_BPF}. */
  void attachProgram(Socket socket, int fd) {
    charge(socket, load(() -> loader.program(fd)));
  }

  private static SocketFilter load(Supplier<SocketFilter> source) {
    try {
      return source.get();
    } catch (AttachException e) {
      throw new FsException(e.errno());
    }
  }

  private void charge(Socket socket, SocketFilter filter) {
    int charge = filter.charge();
    if (charge > optmemMax || socket.field("sk_omem_alloc") + charge >= optmemMax) {
      filter.released().run();
      throw new FsException(Errno.ENOMEM);
    }
    setFilter(socket, filter);
  }

  /** {@code SO_DETACH_FILTER}. */
  void detach(Socket socket) {
    if (socket.attached() == null) {
      throw new FsException(Errno.ENOENT);
    }
    setFilter(socket, null);
  }

  private void setFilter(Socket socket, @Nullable SocketFilter filter) {
    long field = socket.address() + core.layouts().of("sock").offset("sk_filter");
    long old = memory.readLong(field);
    long struct = 0;
    if (filter != null) {
      StructLayout layout = core.layouts().of("sk_filter");
      struct = core.slab().kmalloc(layout.size(), Gfp.KERNEL | Gfp.ZERO);
      if (struct == 0) {
        throw new FsException(Errno.ENOMEM);
      }
      memory.writeInt(struct + layout.offset("refcnt"), 1);
    }
    socket.setFilter(filter, struct);
    if (old != 0) {
      core.slab().kfree(old);
    }
  }

  // --- sending ---

  /**
   * Sends a datagram; {@code lo} hands it back before this returns.
   *
   * @param to a {@code struct sockaddr_in} or {@code sockaddr_ll}, or null for the connected peer
   * @return how many bytes were sent
   */
  int send(Socket socket, byte[] payload, byte @Nullable [] to) {
    return socket.family() == Socket.AF_INET
        ? sendUdp(socket, payload, to)
        : sendFrame(socket, payload, to);
  }

  private int sendUdp(Socket socket, byte[] payload, byte @Nullable [] to) {
    if (payload.length > LONGEST_PAYLOAD) {
      throw new FsException(Errno.EMSGSIZE);
    }
    int address = to == null ? socket.peerAddress() : SocketAddresses.ipAddress(to);
    int port = to == null ? socket.peerPort() : SocketAddresses.port(to);
    if (port == 0) {
      throw new FsException(to == null ? Errno.EDESTADDRREQ : Errno.EINVAL);
    }
    int destination = address == 0 ? LOOPBACK_HOST : address;
    if (destination >>> 24 != LOOPBACK) {
      throw new FsException(Errno.ENETUNREACH);
    }
    if (socket.localPort() == 0) {
      bindInet(socket, 0, 0, true);
    }
    int source = socket.localAddress() == 0 ? LOOPBACK_HOST : socket.localAddress();
    byte[] frame = UdpFrames.make(source, socket.localPort(), destination, port, payload);
    transmit(net.device("lo"), frame);
    return payload.length;
  }

  private int sendFrame(Socket socket, byte[] payload, byte @Nullable [] to) {
    int index = to == null ? socket.interfaceIndex() : SocketAddresses.interfaceIndex(to);
    if (socket.type() != Socket.SOCK_RAW) {
      throw new FsException(Errno.EOPNOTSUPP);
    }
    NetDevice device =
        net.devices().stream()
            .filter(d -> d.index() == index)
            .findFirst()
            .orElseThrow(() -> new FsException(index == 0 ? Errno.EDESTADDRREQ : Errno.ENODEV));
    if (payload.length < Packets.ETH_HLEN) {
      throw new FsException(Errno.EINVAL);
    }
    transmit(device, payload);
    return payload.length;
  }

  /** {@code dev_queue_xmit}: packet sockets see it, and {@code lo} receives it. */
  private void transmit(NetDevice device, byte[] frame) {
    core.traps().protect(() -> tapOutgoing(device, frame));
    if (device.name().equals("lo")) {
      net.receive(device, frame);
    }
  }

  private long tapOutgoing(NetDevice device, byte[] frame) {
    boolean listened = open.stream().anyMatch(s -> s.family() == Socket.AF_PACKET);
    long buffer = listened ? packets.takeBuffer(frame.length) : 0;
    if (buffer == 0) {
      return 0;
    }
    long start = buffer + Packets.HEADROOM;
    memory.write(start, frame, 0, frame.length);
    int size = packets.bufferSize(frame.length);
    long skb = packets.build(buffer, size, start, frame.length, device.address(), device.index());
    if (skb != 0) {
      packets.setType(skb, PACKET_OUTGOING);
      tap(device, skb, PACKET_OUTGOING);
      packets.freeHead(skb);
    }
    packets.giveBuffer(buffer, frame.length);
    return 0;
  }

  // --- receiving ---

  /** Hands a packet, whose data start at the network header, to the packet sockets. */
  void tap(NetDevice device, long skb, int packetType) {
    int protocol = packets.protocol(skb);
    for (Socket socket : open) {
      boolean wanted =
          socket.family() == Socket.AF_PACKET
              && (socket.interfaceIndex() == 0 || socket.interfaceIndex() == device.index())
              && (socket.protocol() == ETH_P_ALL
                  || (socket.protocol() == protocol && packetType != PACKET_OUTGOING));
      if (wanted) {
        delivery.toPacketSocket(socket, device, skb, packetType, protocol);
      }
    }
  }

  /** Hands a packet that IP has accepted to the UDP socket that it is for. */
  void deliver(NetDevice device, long skb) {
    long ip = packets.data(skb);
    int header = (memory.readByte(ip) & 0xf) * 4;
    boolean fragment = (Short.reverseBytes(memory.readShort(ip + 6)) & 0x3fff) != 0;
    int rest = packets.length(skb) - header;
    if (packets.protocol(skb) != ETH_P_IP
        || memory.readByte(ip + 9) != IPPROTO_UDP
        || fragment
        || rest < UDP_HLEN) {
      return;
    }
    int length = big16(ip + header + 4);
    if (length < UDP_HLEN || length > rest) {
      return;
    }
    boolean trusted = device.name().equals("lo");
    if (!trusted && !UdpFrames.checksumHolds(memory, ip, ip + header, length)) {
      return;
    }
    Socket socket = receiver(ip, ip + header);
    if (socket != null) {
      delivery.toUdpSocket(socket, skb, header, length);
    }
  }

  /** {@code __udp4_lib_lookup}: the socket that fits best. */
  private @Nullable Socket receiver(long ip, long udp) {
    int source = Integer.reverseBytes(memory.readInt(ip + 12));
    int destination = Integer.reverseBytes(memory.readInt(ip + 16));
    Socket best = null;
    int bestScore = 0;
    for (Socket socket : open) {
      if (socket.family() == Socket.AF_INET && socket.localPort() == big16(udp + 2)) {
        int score = score(socket, source, big16(udp), destination);
        if (score > bestScore) {
          best = socket;
          bestScore = score;
        }
      }
    }
    return best;
  }

  private static int score(Socket socket, int source, int port, int destination) {
    int score = 1;
    if (socket.localAddress() != 0) {
      if (socket.localAddress() != destination) {
        return 0;
      }
      score += 4;
    }
    if (socket.peerPort() != 0) {
      if (socket.peerPort() != port || socket.peerAddress() != source) {
        return 0;
      }
      score += 8;
    }
    return score;
  }

  private int big16(long address) {
    return Short.toUnsignedInt(Short.reverseBytes(memory.readShort(address)));
  }
}
