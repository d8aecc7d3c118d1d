package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CTX;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.SkBuffs;

/** Helpers that make packets longer or shorter ({@code net/core/filter.c}). */
public final class SkbResizeHelpers {
  /** {@code SKB_MAX_ALLOC}: four pages less what stands behind a packet. */
  private static final long MAX_LENGTH = 4 * 4096 - SkBuffs.SHARED_INFO;

  private static final int ETH_HLEN = 14;
  private static final int ETH_ALEN = 6;
  private static final int VLAN_HLEN = 4;
  private static final int IP_HLEN = 20;
  private static final int IP6_HLEN = 40;
  private static final short ETH_P_8021Q = 0x0081;
  private static final short ETH_P_8021AD = (short) 0xa888;
  private static final int ETH_P_802_3_MIN = 0x600;
  private static final short ETH_P_802_3 = 0x0100;
  private static final short ETH_P_802_2 = 0x0400;
  private static final int EALREADY = 114;

  private static final int ADJ_ROOM_NET = 0;
  private static final int ADJ_ROOM_MAC = 1;
  private static final long FIXED_GSO = 1;
  private static final long ENCAP_L3_IPV4 = 1 << 1;
  private static final long ENCAP_L3_IPV6 = 1 << 2;
  private static final long ENCAP_L4_GRE = 1 << 3;
  private static final long ENCAP_L4_UDP = 1 << 4;
  private static final long NO_CSUM_RESET = 1 << 5;
  private static final long ENCAP_L2_ETH = 1 << 6;
  private static final long DECAP_L3_IPV4 = 1 << 7;
  private static final long DECAP_L3_IPV6 = 1 << 8;
  private static final long DECAP_L3 = DECAP_L3_IPV4 | DECAP_L3_IPV6;
  private static final int ENCAP_L2_SHIFT = 56;
  private static final long ROOM_FLAGS =
      FIXED_GSO
          | ENCAP_L3_IPV4
          | ENCAP_L3_IPV6
          | ENCAP_L4_GRE
          | ENCAP_L4_UDP
          | NO_CSUM_RESET
          | ENCAP_L2_ETH
          | DECAP_L3
          | 0xffL << ENCAP_L2_SHIFT;

  private final Memory memory;
  private final SkBuffs packets;
  private final Skb fields;
  private final StructLayout info;
  private final int innerNetwork;

  /** Makes the family for one kernel. */
  public SkbResizeHelpers(KernelCore core) {
    this.memory = core.memory();
    this.packets = new SkBuffs(core);
    this.fields = new Skb(memory, packets);
    this.info = core.layouts().of("skb_shared_info");
    this.innerNetwork = packets.offset("inner_network_header");
  }

  /** {@code bpf_skb_pull_data}: makes so much of the packet directly accessible. */
  @BpfHelper(
      id = 39,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING},
      changesPktData = true)
  public long skbPullData(long skb, long length) {
    int wanted = (int) length;
    boolean there = wanted >= 0 && wanted <= packets.headLength(skb);
    packets.computeDataPointers(skb);
    return there ? 0 : -Errno.ENOMEM;
  }

  /** {@code bpf_skb_change_tail}: cuts the packet, or lengthens it by zeroes. */
  @BpfHelper(
      id = 38,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_ANYTHING},
      changesPktData = true)
  @TruffleBoundary
  public long skbChangeTail(long skb, long newLength, long flags) {
    long result = changeTail(skb, newLength & 0xffffffffL, flags);
    packets.computeDataPointers(skb);
    return result;
  }

  private long changeTail(long skb, long newLength, long flags) {
    if (flags != 0 || newLength > MAX_LENGTH || newLength < minimumLength(skb)) {
      return -Errno.EINVAL;
    }
    if (fields.encapsulated(skb)) {
      return -Errno.ENOTSUPP;
    }
    int length = packets.length(skb);
    int more = (int) newLength - length;
    if (more != 0 && fields.summed(skb) == Skb.CHECKSUM_COMPLETE) {
      fields.setSummed(skb, Skb.CHECKSUM_NONE);
    }
    if (more > 0) {
      if (more > packets.tailroom(skb)
          && packets.expand(skb, 0, more - packets.tailroom(skb)) != 0) {
        return -Errno.ENOMEM;
      }
      memory.fill(packets.data(skb) + length, (byte) 0, more);
      packets.put(skb, more);
    } else if (more < 0) {
      packets.trim(skb, (int) newLength);
    }
    if (segmented(skb)) {
      long shared = packets.sharedInfo(skb);
      memory.writeShort(shared + info.offset("gso_size"), (short) 0);
      memory.writeShort(shared + info.offset("gso_segs"), (short) 0);
      memory.writeInt(shared + info.offset("gso_type"), 0);
    }
    return 0;
  }

  /** {@code __bpf_skb_min_len}: what the headers need. */
  private int minimumLength(long skb) {
    int start = packets.headroom(skb);
    int least = Math.max(0, packets.networkHeader(skb) - start);
    int transport = packets.transportHeader(skb);
    return transport != SkBuffs.UNSET && transport - start > 0 ? transport - start : least;
  }

  private boolean segmented(long skb) {
    return memory.readShort(packets.sharedInfo(skb) + info.offset("gso_size")) != 0;
  }

  /** {@code bpf_skb_change_head}: makes room for another MAC header. */
  @BpfHelper(
      id = 43,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_ANYTHING},
      changesPktData = true)
  @TruffleBoundary
  public long skbChangeHead(long skb, long room, long flags) {
    long result = changeHead(skb, room & 0xffffffffL, flags);
    packets.computeDataPointers(skb);
    return result;
  }

  private long changeHead(long skb, long room, long flags) {
    long length = Integer.toUnsignedLong(packets.length(skb));
    long longer = length + room & 0xffffffffL;
    if (flags != 0 || (!segmented(skb) && longer > MAX_LENGTH) || longer < length) {
      return -Errno.EINVAL;
    }
    if (packets.cow(skb, (int) room) != 0) {
      return -Errno.ENOMEM;
    }
    packets.push(skb, (int) room);
    memory.fill(packets.data(skb), (byte) 0, room);
    packets.setHeaders(
        skb, packets.headroom(skb), packets.networkHeader(skb), packets.transportHeader(skb));
    packets.resetMacLength(skb);
    return 0;
  }

  /** {@code bpf_skb_change_proto}: from IPv4 to IPv6 or back; the program fills the header. */
  @BpfHelper(
      id = 31,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_ANYTHING},
      changesPktData = true)
  @TruffleBoundary
  public long skbChangeProto(long skb, long protocol, long flags) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    short from = packets.protocol(skb);
    short to = (short) protocol;
    long result;
    if (from == Skb.ETH_P_IP && to == Skb.ETH_P_IPV6) {
      result = packets.cow(skb, IP6_HLEN - IP_HLEN);
      if (result == 0) {
        pushNetwork(skb, macHeaderLength(skb), IP6_HLEN - IP_HLEN);
      }
    } else if (from == Skb.ETH_P_IPV6 && to == Skb.ETH_P_IP) {
      result = popNetwork(skb, macHeaderLength(skb), IP6_HLEN - IP_HLEN);
    } else {
      result = -Errno.ENOTSUPP;
    }
    if (result == 0) {
      changeProtocol(skb, to);
      fields.clearHash(skb);
    }
    packets.computeDataPointers(skb);
    return result;
  }

  private int macHeaderLength(long skb) {
    return packets.networkHeader(skb) - packets.macHeader(skb);
  }

  private void changeProtocol(long skb, short protocol) {
    packets.setProtocol(skb, protocol);
  }

  /** {@code bpf_skb_net_hdr_push}: puts zeroes behind the first {@code off} bytes. */
  private void pushNetwork(long skb, int off, int length) {
    packets.push(skb, length);
    packets.move(packets.data(skb), packets.data(skb) + length, off);
    memory.fill(packets.data(skb) + off, (byte) 0, length);
    moveHeaders(skb, -length);
  }

  /** {@code bpf_skb_net_hdr_pop}: takes bytes out behind the first {@code off} bytes. */
  private long popNetwork(long skb, int off, int length) {
    if (off + length > packets.headLength(skb)) {
      return -Errno.ENOMEM;
    }
    long old = packets.data(skb);
    packets.push(skb, -length);
    fields.postPull(skb, old + off, length);
    packets.move(packets.data(skb), old, off);
    moveHeaders(skb, length);
    return 0;
  }

  private void moveHeaders(long skb, int by) {
    int network = packets.networkHeader(skb);
    int transport = packets.transportHeader(skb);
    packets.setHeaders(
        skb,
        packets.macHeader(skb) + by,
        network + by,
        transport == network ? network + by : transport);
  }

  /** {@code bpf_skb_adjust_room}: grows or shrinks the packet behind its MAC or network header. */
  @BpfHelper(
      id = 50,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_ANYTHING, ARG_ANYTHING},
      changesPktData = true)
  @TruffleBoundary
  public long skbAdjustRoom(long skb, long difference, long mode, long flags) {
    if ((flags & ~ROOM_FLAGS) != 0) {
      return -Errno.EINVAL;
    }
    int by = (int) difference;
    int size = Math.abs(by);
    if (Integer.compareUnsigned(size, 0xfff) > 0) {
      return -Errno.EFAULT;
    }
    short protocol = packets.protocol(skb);
    if (protocol != Skb.ETH_P_IP && protocol != Skb.ETH_P_IPV6) {
      return -Errno.ENOTSUPP;
    }
    int least = protocol == Skb.ETH_P_IP ? IP_HLEN : IP6_HLEN;
    int off = macHeaderLength(skb);
    switch ((int) mode) {
      case ADJ_ROOM_NET -> off += least;
      case ADJ_ROOM_MAC -> {}
      default -> {
        return -Errno.ENOTSUPP;
      }
    }
    boolean shrink = by < 0;
    if ((flags & DECAP_L3) != 0) {
      if (!shrink || (flags & DECAP_L3) == DECAP_L3) {
        return -Errno.EINVAL;
      }
      least = (flags & DECAP_L3_IPV4) != 0 ? IP_HLEN : IP6_HLEN;
    }
    int current = packets.length(skb) - (packets.networkHeader(skb) - packets.headroom(skb));
    boolean tooShort = shrink && (size >= current || current - size < least);
    boolean tooLong = !shrink && packets.length(skb) + size > MAX_LENGTH && !segmented(skb);
    if (tooShort || tooLong) {
      return -Errno.ENOTSUPP;
    }
    long result = shrink ? shrink(skb, off, size, flags) : grow(skb, off, size, flags);
    if (result == 0 && (flags & NO_CSUM_RESET) == 0) {
      fields.resetChecksum(skb);
    }
    packets.computeDataPointers(skb);
    return result;
  }

  private long shrink(long skb, int off, int size, long flags) {
    if ((flags & ~(FIXED_GSO | DECAP_L3 | NO_CSUM_RESET)) != 0) {
      return -Errno.EINVAL;
    }
    if (segmented(skb)) {
      return -Errno.ENOTSUPP;
    }
    long result = popNetwork(skb, off, size);
    if (result == 0 && packets.protocol(skb) == Skb.ETH_P_IP && (flags & DECAP_L3_IPV6) != 0) {
      changeProtocol(skb, Skb.ETH_P_IPV6);
    } else if (result == 0
        && packets.protocol(skb) == Skb.ETH_P_IPV6
        && (flags & DECAP_L3_IPV4) != 0) {
      changeProtocol(skb, Skb.ETH_P_IP);
    }
    return result;
  }

  private long grow(long skb, int off, int size, long flags) {
    if (segmented(skb)) {
      return -Errno.ENOTSUPP;
    }
    if (packets.cow(skb, size) != 0) {
      return -Errno.ENOMEM;
    }
    boolean encapsulate = (flags & (ENCAP_L3_IPV4 | ENCAP_L3_IPV6)) != 0;
    int innerMac = (int) (flags >>> ENCAP_L2_SHIFT);
    if (encapsulate) {
      boolean both4and6 = (flags & ENCAP_L3_IPV4) != 0 && (flags & ENCAP_L3_IPV6) != 0;
      boolean bothGreAndUdp = (flags & ENCAP_L4_GRE) != 0 && (flags & ENCAP_L4_UDP) != 0;
      boolean shortMac = (flags & ENCAP_L2_ETH) != 0 && innerMac < ETH_HLEN;
      if (both4and6 || bothGreAndUdp || shortMac) {
        return -Errno.EINVAL;
      }
      if (fields.encapsulated(skb)) {
        return -EALREADY;
      }
      if (innerMac > size) {
        return -Errno.EINVAL;
      }
    }
    int macLength = macHeaderLength(skb);
    int inner = packets.networkHeader(skb);
    pushNetwork(skb, off, size);
    if (encapsulate) {
      memory.writeShort(skb + innerNetwork, (short) inner);
      fields.setEncapsulated(skb);
      int network = packets.headroom(skb) + macLength;
      int transport = packets.transportHeader(skb);
      if ((flags & (ENCAP_L4_GRE | ENCAP_L4_UDP)) != 0) {
        transport = network + ((flags & ENCAP_L3_IPV6) != 0 ? IP6_HLEN : IP_HLEN);
      }
      packets.setHeaders(skb, packets.macHeader(skb), network, transport);
      if (packets.protocol(skb) == Skb.ETH_P_IP && (flags & ENCAP_L3_IPV6) != 0) {
        changeProtocol(skb, Skb.ETH_P_IPV6);
      } else if (packets.protocol(skb) == Skb.ETH_P_IPV6 && (flags & ENCAP_L3_IPV4) != 0) {
        changeProtocol(skb, Skb.ETH_P_IP);
      }
    }
    return 0;
  }

  /** {@code bpf_skb_vlan_push}: gives the packet a VLAN tag; one that it had goes into it. */
  @BpfHelper(
      id = 18,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_ANYTHING},
      changesPktData = true)
  @TruffleBoundary
  public long skbVlanPush(long skb, long protocol, long tag) {
    int kind = (short) protocol == ETH_P_8021AD ? ETH_P_8021AD & 0xffff : ETH_P_8021Q & 0xffff;
    long result = 0;
    int had = fields.vlan(skb);
    if (had != 0) {
      result = insertTag(skb, had);
    }
    if (result == 0) {
      fields.setVlan(skb, kind | (int) tag << 16);
    }
    packets.resetMacLength(skb);
    packets.computeDataPointers(skb);
    return result;
  }

  /** {@code __vlan_insert_tag}: moves the addresses to the front of the tag. */
  private long insertTag(long skb, int tag) {
    if (packets.cow(skb, VLAN_HLEN) != 0) {
      return -Errno.ENOMEM;
    }
    packets.push(skb, VLAN_HLEN);
    long at = packets.data(skb);
    packets.move(at, at + VLAN_HLEN, 2 * ETH_ALEN);
    memory.writeShort(at + 2 * ETH_ALEN, (short) tag);
    memory.writeShort(at + 2 * ETH_ALEN + 2, Short.reverseBytes((short) (tag >>> 16)));
    packets.setProtocol(skb, (short) tag);
    packets.setHeaders(
        skb,
        packets.macHeader(skb) - VLAN_HLEN,
        packets.networkHeader(skb) - VLAN_HLEN,
        packets.transportHeader(skb));
    fields.postPush(skb, at + 2 * ETH_ALEN, VLAN_HLEN);
    return 0;
  }

  /** {@code bpf_skb_vlan_pop}: takes the packet's outermost VLAN tag. */
  @BpfHelper(
      id = 19,
      args = {ARG_PTR_TO_CTX},
      changesPktData = true)
  @TruffleBoundary
  public long skbVlanPop(long skb) {
    long result = vlanPop(skb);
    packets.computeDataPointers(skb);
    return result;
  }

  private long vlanPop(long skb) {
    if (fields.vlan(skb) != 0) {
      fields.setVlan(skb, 0);
    } else if (!tagged(skb)) {
      return 0;
    } else if (takeTag(skb) < 0) {
      return -Errno.ENOMEM;
    }
    // The next tag moves out of the packet, beside it.
    if (!tagged(skb)) {
      return 0;
    }
    int kind = Short.toUnsignedInt(packets.protocol(skb));
    int tag = takeTag(skb);
    if (tag < 0) {
      return -Errno.ENOMEM;
    }
    fields.setVlan(skb, kind | tag << 16);
    return 0;
  }

  /** {@code vlan_set_encap_proto}: lengths stand for the old 802 protocols. */
  private short encapsulated(long at) {
    short protocol = memory.readShort(at);
    if (Short.toUnsignedInt(Short.reverseBytes(protocol)) >= ETH_P_802_3_MIN) {
      return protocol;
    }
    return memory.readShort(at + 2) == -1 ? ETH_P_802_3 : ETH_P_802_2;
  }

  private boolean tagged(long skb) {
    short protocol = packets.protocol(skb);
    return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD;
  }

  /** {@code __skb_vlan_pop}: the tag, or -1 where the packet is too short for one. */
  private int takeTag(long skb) {
    if (packets.headLength(skb) < ETH_HLEN + VLAN_HLEN) {
      return -1;
    }
    long at = packets.data(skb);
    fields.postPull(skb, at + 2 * ETH_ALEN, VLAN_HLEN);
    int tag = Short.toUnsignedInt(Short.reverseBytes(memory.readShort(at + 2 * ETH_ALEN + 2)));
    packets.move(at + VLAN_HLEN, at, 2 * ETH_ALEN);
    packets.push(skb, -VLAN_HLEN);
    packets.setProtocol(skb, encapsulated(packets.data(skb) + 2 * ETH_ALEN));
    int mac = packets.macHeader(skb) + VLAN_HLEN;
    int network = packets.networkHeader(skb);
    if (network - packets.headroom(skb) < ETH_HLEN) {
      network = packets.headroom(skb) + ETH_HLEN;
    }
    packets.setHeaders(skb, mac, network, packets.transportHeader(skb));
    packets.resetMacLength(skb);
    return tag;
  }
}
