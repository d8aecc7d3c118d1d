package ringside.kernel.net;

import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Slab;

/**
 * What the network stack does to a {@code struct sk_buff} ({@code net/core/skbuff.c}).
 *
 * <p>Packets are linear: all of their bytes lie between {@code data} and {@code tail}. Headers are
 * kept as offsets from the buffer's start, 0xffff where one is not known.
 */
public final class SkBuffs {
  /** {@code SKB_DATA_ALIGN(sizeof(struct skb_shared_info))}: behind every packet's buffer. */
  public static final int SHARED_INFO = 320;

  /** What stands in for a header that is not known. */
  public static final int UNSET = 0xffff;

  private static final int CACHE_LINE = 64;

  private final Memory memory;
  private final Slab slab;
  private final StructLayout layout;
  private final int sharedInfoSize;
  private final int metaLen;
  private final int cb;
  private final int len;
  private final int dataLen;
  private final int tail;
  private final int end;
  private final int head;
  private final int data;
  private final int macHeader;
  private final int networkHeader;
  private final int transportHeader;
  private final int macLen;
  private final int protocol;
  private final int dataMeta;
  private final int dataEnd;

  /** Makes the operations for one kernel. */
  public SkBuffs(KernelCore core) {
    this.memory = core.memory();
    this.slab = core.slab();
    this.layout = core.layouts().of("sk_buff");
    this.sharedInfoSize = core.layouts().of("skb_shared_info").size();
    this.metaLen = core.layouts().of("skb_shared_info").offset("meta_len");
    this.cb = layout.offset("cb");
    this.len = layout.offset("len");
    this.dataLen = layout.offset("data_len");
    this.tail = layout.offset("tail");
    this.end = layout.offset("end");
    this.head = layout.offset("head");
    this.data = layout.offset("data");
    this.macHeader = layout.offset("mac_header");
    this.networkHeader = layout.offset("network_header");
    this.transportHeader = layout.offset("transport_header");
    this.macLen = layout.offset("mac_len");
    this.protocol = layout.offset("protocol");
    this.dataMeta = cb + core.layouts().of("bpf_skb_data_end").offset("data_meta");
    this.dataEnd = cb + core.layouts().of("bpf_skb_data_end").offset("data_end");
  }

  /**
   * Makes an empty packet ({@code alloc_skb}).
   *
   * @param size bytes that it can take
   * @param headroom of these, how many stay free in front
   * @return the packet, or 0 where memory is short
   */
  public long allocate(int size, int headroom) {
    long skb = slab.kmalloc(layout.size(), Gfp.ATOMIC | Gfp.ZERO);
    if (skb == 0) {
      return 0;
    }
    int room = bucket(align(size) + SHARED_INFO);
    long buffer = slab.kmalloc(room, Gfp.ATOMIC | Gfp.ZERO);
    if (buffer == 0) {
      slab.kfree(skb);
      return 0;
    }
    memory.writeLong(skb + head, buffer);
    memory.writeLong(skb + data, buffer + headroom);
    memory.writeInt(skb + tail, headroom);
    memory.writeInt(skb + end, room - SHARED_INFO);
    memory.writeInt(skb + layout.offset("truesize"), room + layout.size());
    memory.writeInt(skb + layout.offset("users"), 1);
    memory.writeShort(skb + macHeader, (short) UNSET);
    memory.writeShort(skb + transportHeader, (short) UNSET);
    return skb;
  }

  /** Frees a packet that {@link #allocate} made. */
  public void free(long skb) {
    slab.kfree(memory.readLong(skb + head));
    slab.kfree(skb);
  }

  /** Makes another packet with the same bytes and fields ({@code skb_copy}); 0 without memory. */
  public long copy(long skb) {
    int room = memory.readInt(skb + end) + SHARED_INFO;
    long copy = slab.kmalloc(layout.size(), Gfp.ATOMIC);
    if (copy == 0) {
      return 0;
    }
    long buffer = slab.kmalloc(room, Gfp.ATOMIC);
    if (buffer == 0) {
      slab.kfree(copy);
      return 0;
    }
    move(copy, skb, layout.size());
    move(buffer, memory.readLong(skb + head), room);
    memory.writeLong(copy + head, buffer);
    memory.writeLong(copy + data, buffer + headroom(skb));
    memory.writeInt(copy + layout.offset("users"), 1);
    memory.writeLong(copy + layout.offset("sk"), 0);
    return copy;
  }

  /** Where the packet's bytes start. */
  public long data(long skb) {
    return memory.readLong(skb + data);
  }

  /** How many bytes it has. */
  public int length(long skb) {
    return memory.readInt(skb + len);
  }

  /** How many of them may be accessed directly ({@code skb_headlen}). */
  public int headLength(long skb) {
    return memory.readInt(skb + len) - memory.readInt(skb + dataLen);
  }

  /** Bytes free in front of the packet. */
  public int headroom(long skb) {
    return (int) (memory.readLong(skb + data) - memory.readLong(skb + head));
  }

  /** Bytes free behind the packet. */
  public int tailroom(long skb) {
    return memory.readInt(skb + end) - memory.readInt(skb + tail);
  }

  /** The address of its {@code struct skb_shared_info}. */
  public long sharedInfo(long skb) {
    return memory.readLong(skb + head) + Integer.toUnsignedLong(memory.readInt(skb + end));
  }

  /** Lengthens the packet at its end; the caller has seen that there is room. */
  public void put(long skb, int bytes) {
    memory.writeInt(skb + tail, memory.readInt(skb + tail) + bytes);
    memory.writeInt(skb + len, memory.readInt(skb + len) + bytes);
  }

  /**
   * Lengthens the packet at its start ({@code __skb_push}), or shortens it ({@code __skb_pull}).
   */
  public void push(long skb, int bytes) {
    memory.writeLong(skb + data, memory.readLong(skb + data) - bytes);
    memory.writeInt(skb + len, memory.readInt(skb + len) + bytes);
  }

  /** Cuts the packet at its end ({@code __skb_trim}). */
  public void trim(long skb, int length) {
    memory.writeInt(skb + tail, headroom(skb) + length);
    memory.writeInt(skb + len, length);
  }

  /**
   * Gives the packet a larger buffer ({@code pskb_expand_head}).
   *
   * @return 0, or {@code -ENOMEM}
   */
  public int expand(long skb, int atHead, int atTail) {
    int oldEnd = memory.readInt(skb + end);
    int room = bucket(align(oldEnd + atHead + atTail) + SHARED_INFO);
    long buffer = slab.kmalloc(room, Gfp.ATOMIC | Gfp.ZERO);
    if (buffer == 0) {
      return -Errno.ENOMEM;
    }
    long old = memory.readLong(skb + head);
    move(buffer + atHead, old, memory.readInt(skb + tail));
    move(buffer + room - SHARED_INFO, old + oldEnd, sharedInfoSize);
    memory.writeLong(skb + data, buffer + atHead + headroom(skb));
    memory.writeLong(skb + head, buffer);
    memory.writeInt(skb + end, room - SHARED_INFO);
    memory.writeInt(skb + tail, memory.readInt(skb + tail) + atHead);
    for (int header : new int[] {macHeader, networkHeader, transportHeader}) {
      int offset = Short.toUnsignedInt(memory.readShort(skb + header));
      if (offset != UNSET) {
        memory.writeShort(skb + header, (short) (offset + atHead));
      }
    }
    slab.kfree(old);
    return 0;
  }

  /** The network header's offset from the buffer's start. */
  public int networkHeader(long skb) {
    return Short.toUnsignedInt(memory.readShort(skb + networkHeader));
  }

  /** The MAC header's offset from the buffer's start, or {@link #UNSET}. */
  public int macHeader(long skb) {
    return Short.toUnsignedInt(memory.readShort(skb + macHeader));
  }

  /** The transport header's offset from the buffer's start, or {@link #UNSET}. */
  public int transportHeader(long skb) {
    return Short.toUnsignedInt(memory.readShort(skb + transportHeader));
  }

  /** The address of the buffer that header offsets count from. */
  public long head(long skb) {
    return memory.readLong(skb + head);
  }

  /** Says where headers are, as offsets from the buffer's start. */
  public void setHeaders(long skb, int mac, int network, int transport) {
    memory.writeShort(skb + macHeader, (short) mac);
    memory.writeShort(skb + networkHeader, (short) network);
    memory.writeShort(skb + transportHeader, (short) transport);
  }

  /** {@code skb_reset_mac_len}: the bytes between MAC and network header. */
  public void resetMacLength(long skb) {
    memory.writeShort(skb + macLen, (short) (networkHeader(skb) - macHeader(skb)));
  }

  /** The protocol, as the two bytes of the frame read little-endian. */
  public short protocol(long skb) {
    return memory.readShort(skb + protocol);
  }

  /** Sets the protocol, as the two bytes of the frame read little-endian. */
  public void setProtocol(long skb, short value) {
    memory.writeShort(skb + protocol, value);
  }

  /** {@code bpf_compute_data_pointers}: tells programs what of the packet they may access. */
  public void computeDataPointers(long skb) {
    long start = data(skb);
    memory.writeLong(skb + dataMeta, start - metadataLength(skb));
    memory.writeLong(skb + dataEnd, start + headLength(skb));
  }

  /** Bytes of metadata in front of the packet ({@code skb_metadata_len}). */
  public int metadataLength(long skb) {
    return Byte.toUnsignedInt(memory.readByte(sharedInfo(skb) + metaLen));
  }

  /** The offset of a field of {@code struct sk_buff}. */
  public int offset(String field) {
    return layout.offset(field);
  }

  /** Moves {@code length} bytes; the two ranges may overlap. */
  public void move(long to, long from, int length) {
    byte[] bytes = new byte[length];
    memory.read(from, bytes, 0, length);
    memory.write(to, bytes, 0, length);
  }

  /**
   * Makes room in front of the packet ({@code skb_cow}).
   *
   * @return 0, or {@code -ENOMEM}
   */
  public int cow(long skb, int room) {
    int missing = room - headroom(skb);
    return missing <= 0 ? 0 : expand(skb, align(missing), 0);
  }

  private static int align(int bytes) {
    return (bytes + CACHE_LINE - 1) & -CACHE_LINE;
  }

  /** The size of the {@code kmalloc} bucket that takes so many bytes: all of it may be used. */
  private static int bucket(int bytes) {
    return Math.max(64, Integer.highestOneBit(bytes - 1) << 1);
  }
}
