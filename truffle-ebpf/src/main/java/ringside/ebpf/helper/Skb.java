package ringside.ebpf.helper;

import ringside.kernel.mm.Memory;
import ringside.kernel.net.SkBuffs;

/** The fields of {@code struct sk_buff} that helpers look at beyond the packet's own bytes. */
final class Skb {
  static final short ETH_P_IP = 0x0008;
  static final short ETH_P_IPV6 = (short) 0xdd86;

  static final int CHECKSUM_NONE = 0;
  static final int CHECKSUM_UNNECESSARY = 1;
  static final int CHECKSUM_COMPLETE = 2;
  static final int CHECKSUM_PARTIAL = 3;

  private static final int HASH_BITS = 0x60;
  private static final int L4_HASH = 0x20;
  private static final int SW_HASH = 0x40;

  final Memory memory;
  final SkBuffs packets;

  /** The byte with {@code pkt_type} and {@code ip_summed}. */
  private final int flags;

  /** The byte with {@code tstamp_type}, {@code csum_level} and what kind of hash there is. */
  private final int more;

  private final int csum;
  private final int hash;
  private final int vlanAll;
  private final int dev;
  private final int sk;
  private final int tstamp;

  Skb(Memory memory, SkBuffs packets) {
    this.memory = memory;
    this.packets = packets;
    this.flags = packets.offset("__pkt_flags") - 1;
    this.more = packets.offset("__mono_tc_offset");
    this.csum = packets.offset("csum");
    this.hash = packets.offset("hash");
    this.vlanAll = packets.offset("vlan_all");
    this.dev = packets.offset("dev");
    this.sk = packets.offset("sk");
    this.tstamp = packets.offset("tstamp");
  }

  int type(long skb) {
    return memory.readByte(skb + flags) & 7;
  }

  void setType(long skb, int type) {
    memory.writeByte(skb + flags, (byte) ((memory.readByte(skb + flags) & ~7) | type));
  }

  int summed(long skb) {
    return memory.readByte(skb + flags) >>> 4 & 3;
  }

  void setSummed(long skb, int how) {
    memory.writeByte(skb + flags, (byte) ((memory.readByte(skb + flags) & ~0x30) | (how << 4)));
  }

  int csum(long skb) {
    return memory.readInt(skb + csum);
  }

  void setCsum(long skb, int sum) {
    memory.writeInt(skb + csum, sum);
  }

  int csumLevel(long skb) {
    return memory.readByte(skb + more) >>> 3 & 3;
  }

  void setCsumLevel(long skb, int level) {
    memory.writeByte(skb + more, (byte) ((memory.readByte(skb + more) & ~0x18) | (level << 3)));
  }

  boolean encapsulated(long skb) {
    return memory.readByte(skb + more) < 0;
  }

  void setEncapsulated(long skb) {
    memory.writeByte(skb + more, (byte) (memory.readByte(skb + more) | 0x80));
  }

  void setTimestamp(long skb, long time, int type) {
    memory.writeLong(skb + tstamp, time);
    memory.writeByte(skb + more, (byte) ((memory.readByte(skb + more) & ~3) | type));
  }

  int hash(long skb) {
    return memory.readInt(skb + hash);
  }

  boolean hashed(long skb) {
    return (memory.readByte(skb + more) & HASH_BITS) != 0;
  }

  boolean l4Hashed(long skb) {
    return (memory.readByte(skb + more) & L4_HASH) != 0;
  }

  /** {@code __skb_set_sw_hash}. */
  void setHash(long skb, int value, boolean l4) {
    memory.writeInt(skb + hash, value);
    int kind = SW_HASH | (l4 ? L4_HASH : 0);
    memory.writeByte(skb + more, (byte) ((memory.readByte(skb + more) & ~HASH_BITS) | kind));
  }

  /** {@code skb_clear_hash}. */
  void clearHash(long skb) {
    memory.writeInt(skb + hash, 0);
    memory.writeByte(skb + more, (byte) (memory.readByte(skb + more) & ~HASH_BITS));
  }

  /** The VLAN tag beside the packet: protocol in the lower half, tag in the upper; 0 for none. */
  int vlan(long skb) {
    return memory.readInt(skb + vlanAll);
  }

  void setVlan(long skb, int protocolAndTag) {
    memory.writeInt(skb + vlanAll, protocolAndTag);
  }

  long device(long skb) {
    return memory.readLong(skb + dev);
  }

  void setDevice(long skb, long device) {
    memory.writeLong(skb + dev, device);
  }

  long socket(long skb) {
    return memory.readLong(skb + sk);
  }

  /** {@code skb_postpull_rcsum}: takes bytes out of a checksum of the whole packet. */
  void postPull(long skb, long at, int length) {
    if (summed(skb) == CHECKSUM_COMPLETE) {
      setCsum(
          skb, InternetChecksum.sub(csum(skb), InternetChecksum.partial(memory, at, length, 0)));
    }
  }

  /** {@code skb_postpush_rcsum}: puts bytes into a checksum of the whole packet. */
  void postPush(long skb, long at, int length) {
    if (summed(skb) == CHECKSUM_COMPLETE) {
      setCsum(skb, InternetChecksum.partial(memory, at, length, csum(skb)));
    }
  }

  /** {@code __skb_reset_checksum_unnecessary}. */
  void resetChecksum(long skb) {
    if (summed(skb) == CHECKSUM_UNNECESSARY) {
      setSummed(skb, CHECKSUM_NONE);
      setCsumLevel(skb, 0);
    }
  }
}
