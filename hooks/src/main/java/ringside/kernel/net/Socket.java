package ringside.kernel.net;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.fs.AnonymousInode;
import ringside.kernel.fs.FsException;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;

/**
 * One socket: a view of its {@code struct sock}, with what it has received.
 *
 * <p>What a filter reads is the packet itself, in simulated memory; once a packet has passed, its
 * bytes wait here for {@code recvmsg(2)}.
 */
public final class Socket extends AnonymousInode {
  /** {@code AF_INET}. */
  public static final int AF_INET = 2;

  /** {@code AF_PACKET}. */
  public static final int AF_PACKET = 17;

  /** {@code SOCK_DGRAM}. */
  public static final int SOCK_DGRAM = 2;

  /** {@code SOCK_RAW}. */
  public static final int SOCK_RAW = 3;

  /** {@code SK_RMEM_MAX}, the default of {@code net.core.rmem_default}. */
  private static final int DEFAULT_BUFFER = 212_992;

  private final int family;
  private final int type;
  private final Sockets sockets;
  private final Memory memory;
  private final StructLayout layout;
  private final long sock;
  private final long socket;
  private final Deque<Datagram> queue = new ArrayDeque<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private @Nullable SocketFilter filter;
  private boolean filterLocked;

  /** What else of {@code struct packet_sock}: the EtherType and the device that it listens to. */
  private int protocol;

  private int interfaceIndex;

  Socket(KernelCore core, Sockets sockets, int family, int type, int protocol, long net) {
    this.family = family;
    this.type = type;
    this.protocol = protocol;
    this.sockets = sockets;
    this.memory = core.memory();
    this.layout = core.layouts().of("sock");
    StructLayout outer = core.layouts().of("socket");
    this.sock = core.slab().kmalloc(layout.size(), Gfp.KERNEL | Gfp.ZERO);
    this.socket = core.slab().kmalloc(outer.size(), Gfp.KERNEL | Gfp.ZERO);
    if (sock == 0 || socket == 0) {
      throw new FsException(Errno.ENOMEM);
    }
    memory.writeShort(sock + layout.offset("__sk_common.skc_family"), (short) family);
    memory.writeLong(sock + layout.offset("__sk_common.skc_net"), net);
    memory.writeInt(sock + layout.offset("__sk_common.skc_refcnt"), 1);
    memory.writeShort(sock + layout.offset("sk_type"), (short) type);
    memory.writeShort(sock + layout.offset("sk_protocol"), (short) protocol);
    memory.writeInt(sock + layout.offset("sk_rcvbuf"), DEFAULT_BUFFER);
    memory.writeInt(sock + layout.offset("sk_sndbuf"), DEFAULT_BUFFER);
    memory.writeLong(sock + layout.offset("sk_socket"), socket);
    memory.writeShort(socket + outer.offset("type"), (short) type);
    memory.writeLong(socket + outer.offset("sk"), sock);
  }

  /**
   * Something received.
   *
   * @param bytes as much as the filter let through
   * @param length how long it was before
   * @param from the sender's address, a {@code struct sockaddr_in} or {@code sockaddr_ll}
   * @param charge what it counts against the receive buffer
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Datagram(byte[] bytes, int length, byte[] from, int charge) {}

  /** {@code AF_*}. */
  public int family() {
    return family;
  }

  /** {@code SOCK_*}. */
  public int type() {
    return type;
  }

  /** The address of its {@code struct sock}. */
  public long address() {
    return sock;
  }

  /** The IP protocol, or of a packet socket the EtherType, in host order. */
  int protocol() {
    return protocol;
  }

  int interfaceIndex() {
    return interfaceIndex;
  }

  void listenTo(int newProtocol, int index) {
    protocol = newProtocol;
    interfaceIndex = index;
  }

  // --- addresses, in host order ---

  int localPort() {
    return Short.toUnsignedInt(memory.readShort(sock + layout.offset("__sk_common.skc_num")));
  }

  int localAddress() {
    return Integer.reverseBytes(memory.readInt(sock + layout.offset("__sk_common.skc_rcv_saddr")));
  }

  void bound(int address, int port) {
    memory.writeInt(
        sock + layout.offset("__sk_common.skc_rcv_saddr"), Integer.reverseBytes(address));
    memory.writeShort(sock + layout.offset("__sk_common.skc_num"), (short) port);
  }

  int peerPort() {
    return Short.toUnsignedInt(
        Short.reverseBytes(memory.readShort(sock + layout.offset("__sk_common.skc_dport"))));
  }

  int peerAddress() {
    return Integer.reverseBytes(memory.readInt(sock + layout.offset("__sk_common.skc_daddr")));
  }

  void connected(int address, int port) {
    memory.writeInt(sock + layout.offset("__sk_common.skc_daddr"), Integer.reverseBytes(address));
    memory.writeShort(
        sock + layout.offset("__sk_common.skc_dport"), Short.reverseBytes((short) port));
  }

  // --- fields ---

  int field(String name) {
    return memory.readInt(sock + layout.offset(name));
  }

  void setField(String name, int value) {
    memory.writeInt(sock + layout.offset(name), value);
  }

  // --- the filter ---

  /**
   * The filter that decides now, or null.
   *
   * <p>{@code sk->sk_filter} in memory says whether there is one: who clears it there has taken the
   * filter off.
   */
  @Nullable SocketFilter filter() {
    return memory.readLong(sock + layout.offset("sk_filter")) == 0 ? null : filter;
  }

  /** What {@code SO_GET_FILTER} asks of. */
  @Nullable SocketFilter attached() {
    return filter;
  }

  boolean filterLocked() {
    return filterLocked;
  }

  void lockFilter() {
    filterLocked = true;
  }

  /** Puts another filter, or none, in place of the one that there is; settles the charges. */
  void setFilter(@Nullable SocketFilter next, long struct) {
    SocketFilter old = filter;
    int charged = field("sk_omem_alloc");
    charged += next == null ? 0 : next.charge();
    charged -= old == null ? 0 : old.charge();
    setField("sk_omem_alloc", charged);
    filter = next;
    memory.writeLong(sock + layout.offset("sk_filter"), struct);
    if (old != null) {
      old.released().run();
    }
  }

  // --- the queue ---

  /** Queues a datagram, or drops it where the receive buffer is full. */
  boolean receive(Datagram datagram) {
    if (field("sk_rmem_alloc") >= field("sk_rcvbuf")) {
      setField("sk_drops", field("sk_drops") + 1);
      return false;
    }
    setField("sk_rmem_alloc", field("sk_rmem_alloc") + datagram.charge());
    queue.add(datagram);
    List<Runnable> woken = List.copyOf(waiting);
    waiting.clear();
    woken.forEach(Runnable::run);
    return true;
  }

  /** Has something run once, when something has come ({@code sk_data_ready}). */
  void whenReadable(Runnable wake) {
    waiting.add(wake);
  }

  /** Whether something waits to be received. */
  boolean readable() {
    return !queue.isEmpty();
  }

  /** The oldest datagram, or null; stays where it is when only peeked at. */
  @Nullable Datagram take(boolean peek) {
    Datagram first = peek ? queue.peek() : queue.poll();
    if (first != null && !peek) {
      setField("sk_rmem_alloc", field("sk_rmem_alloc") - first.charge());
    }
    return first;
  }

  // --- as a file ---

  @Override
  protected int read(long position, byte[] into, int count) {
    Datagram datagram = take(false);
    if (datagram == null) {
      throw new FsException(Errno.EAGAIN);
    }
    int length = Math.min(count, datagram.bytes().length);
    System.arraycopy(datagram.bytes(), 0, into, 0, length);
    return length;
  }

  @Override
  protected int write(long position, byte[] from, int count) {
    return sockets.send(this, Arrays.copyOf(from, count), null);
  }

  @Override
  protected void released() {
    sockets.close(this);
  }

  /** Frees what it has in memory. */
  void free(KernelCore core) {
    core.slab().kfree(sock);
    core.slab().kfree(socket);
  }
}
