package ringside.ebpf.vm;

import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;

/**
 * The loads of {@code BPF_LD | BPF_ABS} and {@code BPF_LD | BPF_IND} from a {@code struct sk_buff}
 * ({@code bpf_skb_load_helper_8_no_cache} and kin, {@code net/core/filter.c}).
 */
final class PacketLoads {
  /** What a load gives that is outside of the packet; a loaded value is never negative. */
  static final long OUTSIDE = -1;

  private static final int SKF_NET_OFF = -0x100000;
  private static final int SKF_LL_OFF = -0x200000;

  private final Memory memory;
  private final int head;
  private final int data;
  private final int len;
  private final int dataLen;
  private final int networkHeader;
  private final int macHeader;

  PacketLoads(Memory memory, StructLayout skb) {
    this.memory = memory;
    this.head = skb.offset("head");
    this.data = skb.offset("data");
    this.len = skb.offset("len");
    this.dataLen = skb.offset("data_len");
    this.networkHeader = skb.offset("network_header");
    this.macHeader = skb.offset("mac_header");
  }

  /**
   * Loads in network byte order.
   *
   * @param offset from the packet's first byte; negative ones count from the network or link layer
   *     header ({@code SKF_NET_OFF}, {@code SKF_LL_OFF})
   * @param size 1, 2 or 4
   */
  long load(long skb, int offset, int size) {
    long start = memory.readLong(skb + data);
    int at = offset;
    if (offset < 0) {
      if (offset >= SKF_NET_OFF) {
        at = offset - SKF_NET_OFF + header(skb, networkHeader, start);
      } else if (offset >= SKF_LL_OFF && memory.readShort(skb + macHeader) != -1) {
        at = offset - SKF_LL_OFF + header(skb, macHeader, start);
      } else {
        return OUTSIDE;
      }
    }
    // Packets here have no fragments: what is not in the linear part is nowhere.
    if (memory.readInt(skb + len) - memory.readInt(skb + dataLen) - at < size) {
      return OUTSIDE;
    }
    return switch (size) {
      case 1 -> memory.readByte(start + at) & 0xff;
      case 2 -> Short.reverseBytes(memory.readShort(start + at)) & 0xffff;
      default -> Integer.reverseBytes(memory.readInt(start + at)) & 0xffffffffL;
    };
  }

  private int header(long skb, int field, long start) {
    return (int) (memory.readLong(skb + head) + (memory.readShort(skb + field) & 0xffff) - start);
  }
}
