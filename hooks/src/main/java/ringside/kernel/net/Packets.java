package ringside.kernel.net;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.KmemCache;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;
import ringside.kernel.text.KernelFunction;

/** The buffers that frames arrive in and the {@code sk_buff}s that describe them. */
public final class Packets {
  /** Bytes of an Ethernet header. */
  static final int ETH_HLEN = 14;

  /** {@code XDP_PACKET_HEADROOM}: what a driver leaves free in front of a frame. */
  static final int HEADROOM = 256;

  /** {@code SKB_DATA_ALIGN(sizeof(struct skb_shared_info))}: what stands behind it. */
  private static final int TAILROOM = 320;

  private static final int PKT_TYPE_MAX = 7;

  private static final int PAGE = PageTable.PAGE_SIZE;

  /** Large receive buffers: 128 KiB take any frame that the loopback device makes. */
  private static final int LARGE = 32 * PAGE;

  private final Memory memory;
  private final KernelCore core;
  private final KmemCache cache;
  private final Pool small;
  private final Pool large;
  private final int size;
  private final int dev;
  private final int len;
  private final int macLen;
  private final int pktType;
  private final int skbIif;
  private final int protocol;
  private final int transportHeader;
  private final int networkHeader;
  private final int macHeader;
  private final int tail;
  private final int end;
  private final int head;
  private final int data;
  private final int truesize;
  private final int users;

  /** Buffers of one size that are used again and again, as a {@code page_pool} does. */
  private final class Pool {
    private final int bytes;
    private final Set<Long> owned = new HashSet<>();
    private long[] free = new long[4];
    private int count;

    Pool(int bytes) {
      this.bytes = bytes;
    }

    /** A buffer, or 0 where memory is short. */
    long take() {
      return count > 0 ? free[--count] : grow();
    }

    void give(long buffer) {
      if (count == free.length) {
        free = Arrays.copyOf(free, 2 * count);
      }
      free[count++] = buffer;
    }

    @TruffleBoundary
    private long grow() {
      int frame = core.frames().allocate(bytes / PAGE);
      if (frame < 0) {
        return 0;
      }
      owned.add(Memory.linear(frame));
      return Memory.linear(frame);
    }
  }

  Packets(KernelCore core) {
    this.core = core;
    this.memory = core.memory();
    this.small = new Pool(PAGE);
    this.large = new Pool(LARGE);
    StructLayout skb = core.layouts().of("sk_buff");
    this.size = skb.size();
    this.cache = core.slab().createCache("skbuff_head_cache", size, 64);
    this.dev = skb.offset("dev");
    this.len = skb.offset("len");
    this.macLen = skb.offset("mac_len");
    // The bit field in front of __pkt_flags; pkt_type is its lowest three bits.
    this.pktType = skb.offset("__pkt_flags") - 1;
    this.skbIif = skb.offset("skb_iif");
    this.protocol = skb.offset("protocol");
    this.transportHeader = skb.offset("transport_header");
    this.networkHeader = skb.offset("network_header");
    this.macHeader = skb.offset("mac_header");
    this.tail = skb.offset("tail");
    this.end = skb.offset("end");
    this.head = skb.offset("head");
    this.data = skb.offset("data");
    this.truesize = skb.offset("truesize");
    this.users = skb.offset("users");
  }

  /** The largest frame that a buffer takes. */
  static int largestFrame() {
    return LARGE - HEADROOM - TAILROOM;
  }

  /** A receive buffer for a frame of that length, or 0 where memory is short. */
  long takeBuffer(int length) {
    return pool(length).take();
  }

  /** Gives back a buffer that was taken for a frame of that length. */
  void giveBuffer(long buffer, int length) {
    pool(length).give(buffer);
  }

  /** The size of the buffer that a frame of that length is put in. */
  int bufferSize(int length) {
    return pool(length).bytes;
  }

  private Pool pool(int length) {
    return length <= PAGE - HEADROOM - TAILROOM ? small : large;
  }

  /**
   * Makes the packet of a frame in a buffer ({@code napi_build_skb}, {@code eth_type_trans}).
   *
   * @param start where the frame starts
   * @param length its length in bytes, an Ethernet header at least
   * @param device the {@code net_device} that it came from
   * @return the {@code sk_buff}, or 0 where memory is short
   */
  long build(long buffer, int bufferSize, long start, int length, long device, int ifindex) {
    long skb = cache.allocate(Gfp.ATOMIC);
    if (skb == 0) {
      return 0;
    }
    memory.fill(skb, (byte) 0, size);
    int mac = (int) (start - buffer);
    memory.writeLong(skb + dev, device);
    memory.writeLong(skb + head, buffer);
    memory.writeLong(skb + data, start + ETH_HLEN);
    memory.writeInt(skb + len, length - ETH_HLEN);
    memory.writeInt(skb + tail, mac + length);
    memory.writeInt(skb + end, bufferSize - TAILROOM);
    memory.writeInt(skb + truesize, bufferSize + size);
    memory.writeInt(skb + users, 1);
    memory.writeInt(skb + skbIif, ifindex);
    memory.writeShort(skb + protocol, memory.readShort(start + 12));
    memory.writeShort(skb + macHeader, (short) mac);
    memory.writeShort(skb + macLen, (short) ETH_HLEN);
    memory.writeShort(skb + networkHeader, (short) (mac + ETH_HLEN));
    memory.writeShort(skb + transportHeader, (short) (mac + ETH_HLEN));
    byte first = memory.readByte(start);
    if ((first & 1) != 0) {
      boolean broadcast = memory.readInt(start) == -1 && memory.readShort(start + 4) == -1;
      memory.writeByte(skb + pktType, (byte) (broadcast ? 1 : 2));
    }
    return skb;
  }

  /** Where the packet's data start, behind the headers that were pulled. */
  long data(long skb) {
    return memory.readLong(skb + data);
  }

  /** How many bytes the packet has from there on. */
  int length(long skb) {
    return memory.readInt(skb + len);
  }

  /** Cuts what trails the packet ({@code pskb_trim_rcsum}). */
  void trim(long skb, int length) {
    memory.writeInt(skb + tail, memory.readInt(skb + tail) - (memory.readInt(skb + len) - length));
    memory.writeInt(skb + len, length);
  }

  /** Moves where the packet's data start, by so many bytes to the front ({@code skb_push}). */
  void push(long skb, int bytes) {
    memory.writeLong(skb + data, memory.readLong(skb + data) - bytes);
    memory.writeInt(skb + len, memory.readInt(skb + len) + bytes);
  }

  /** Says how many bytes the packet has, without moving anything. */
  void setLength(long skb, int length) {
    memory.writeInt(skb + len, length);
  }

  /** The address of the link-layer header. */
  long macHeader(long skb) {
    return memory.readLong(skb + head) + Short.toUnsignedInt(memory.readShort(skb + macHeader));
  }

  /** Its EtherType, in host order. */
  int protocol(long skb) {
    return Short.toUnsignedInt(Short.reverseBytes(memory.readShort(skb + protocol)));
  }

  /** {@code pkt_type}. */
  int type(long skb) {
    return memory.readByte(skb + pktType) & PKT_TYPE_MAX;
  }

  /** Sets {@code pkt_type}. */
  void setType(long skb, int type) {
    int others = memory.readByte(skb + pktType) & ~PKT_TYPE_MAX;
    memory.writeByte(skb + pktType, (byte) (others | type));
  }

  /** Says where the transport header is, from the network header on. */
  void setTransportHeader(long skb, int offset) {
    memory.writeShort(
        skb + transportHeader, (short) (memory.readShort(skb + networkHeader) + offset));
  }

  /** Frees the {@code sk_buff} whose buffer the caller gives back itself. */
  void freeHead(long skb) {
    cache.free(skb);
  }

  /** Frees a packet: {@code kfree_skb}. */
  @KernelFunction(export = KernelFunction.Export.ALL)
  public void kfree_skb(long skb) {
    if (skb == 0) {
      return;
    }
    int references = memory.readInt(skb + users) - 1;
    memory.writeInt(skb + users, references);
    if (references > 0) {
      return;
    }
    long buffer = memory.readLong(skb + head);
    if (small.owned.contains(buffer)) {
      small.give(buffer);
    } else if (large.owned.contains(buffer)) {
      large.give(buffer);
    }
    cache.free(skb);
  }

  /** Frees a packet that was used, not dropped: {@code consume_skb}. */
  @KernelFunction(export = KernelFunction.Export.ALL)
  public void consume_skb(long skb) {
    kfree_skb(skb);
  }
}
