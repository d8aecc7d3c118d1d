package ringside.ebpf.cbpf;

import ringside.kernel.mm.Memory;

/**
 * Finds where a packet's payload begins, as {@code skb_get_poff} does.
 *
 * <p>Dissects IPv4, IPv6 with its extension headers, VLANs, PPPoE sessions, GRE, and IP in IP, as
 * {@code __skb_flow_dissect} of {@code net/core/flow_dissector.c}; 0 for what it does not know. A
 * dissection belongs to one packet, so it is made anew for each.
 */
final class PayloadOffset {
  private static final int ETH_P_IP = 0x0800;
  private static final int ETH_P_ARP = 0x0806;
  private static final int ETH_P_TEB = 0x6558;
  private static final int ETH_P_RARP = 0x8035;
  private static final int ETH_P_8021Q = 0x8100;
  private static final int ETH_P_IPV6 = 0x86dd;
  private static final int ETH_P_MPLS_UC = 0x8847;
  private static final int ETH_P_MPLS_MC = 0x8848;
  private static final int ETH_P_PPP_SES = 0x8864;
  private static final int ETH_P_8021AD = 0x88a8;

  private static final int PPP_IP = 0x21;
  private static final int PPP_IPV6 = 0x57;

  private static final int IPPROTO_HOPOPTS = 0;
  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_IGMP = 2;
  private static final int IPPROTO_IPIP = 4;
  private static final int IPPROTO_TCP = 6;
  private static final int IPPROTO_UDP = 17;
  private static final int IPPROTO_DCCP = 33;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IPPROTO_ROUTING = 43;
  private static final int IPPROTO_FRAGMENT = 44;
  private static final int IPPROTO_GRE = 47;
  private static final int IPPROTO_ICMPV6 = 58;
  private static final int IPPROTO_DSTOPTS = 60;
  private static final int IPPROTO_SCTP = 132;
  private static final int IPPROTO_UDPLITE = 136;

  private static final int GRE_CSUM = 0x8000;
  private static final int GRE_ROUTING = 0x4000;
  private static final int GRE_KEY = 0x2000;
  private static final int GRE_SEQ = 0x1000;
  private static final int GRE_VERSION = 7;

  /** {@code MAX_FLOW_DISSECT_HDRS}. */
  private static final int MAX_HEADERS = 15;

  private final Memory memory;
  private final SkbLayout skb;

  PayloadOffset(Memory memory, SkbLayout skb) {
    this.memory = memory;
    this.skb = skb;
  }

  /** The offset from {@code data} on, or 0 where the packet cannot be dissected. */
  int of(long packet) {
    return new Dissection(packet).offset();
  }

  /** What comes after a header. */
  private enum Next {
    PROTOCOL,
    IP_PROTOCOL,
    GOOD,
    BAD
  }

  private final class Dissection {
    private final long data;
    private final int length;
    private final int tagged;
    private int protocol;
    private int at;
    private int ipProtocol;
    private boolean laterFragment;
    private boolean firstTag = true;

    Dissection(long packet) {
      this.data = memory.readLong(packet + skb.data());
      this.length = memory.readInt(packet + skb.len()) - memory.readInt(packet + skb.dataLen());
      int inner = big16(packet + skb.protocol());
      boolean present = memory.readInt(packet + skb.vlanAll()) != 0;
      this.tagged = present ? inner : 0;
      this.protocol = present ? big16(packet + skb.vlanProto()) : inner;
      int head = (int) (data - memory.readLong(packet + skb.head()));
      this.at = Short.toUnsignedInt(memory.readShort(packet + skb.networkHeader())) - head;
    }

    int offset() {
      int headers = 0;
      Next next = Next.PROTOCOL;
      while (next == Next.PROTOCOL || next == Next.IP_PROTOCOL) {
        if (next == Next.PROTOCOL) {
          next = networkHeader();
        }
        if (next == Next.IP_PROTOCOL) {
          next = transportHeader();
        }
        if (next != Next.BAD && ++headers > MAX_HEADERS) {
          next = Next.GOOD;
        }
      }
      if (next == Next.BAD) {
        return 0;
      }
      int transport = Math.min(at, length);
      return transport > 0xffff ? 0 : payload(transport);
    }

    private Next networkHeader() {
      return switch (protocol) {
        case ETH_P_IP -> ipv4();
        case ETH_P_IPV6 -> ipv6();
        case ETH_P_8021Q, ETH_P_8021AD -> vlan();
        case ETH_P_PPP_SES -> pppoe();
        case ETH_P_ARP, ETH_P_RARP -> Next.GOOD;
        case ETH_P_MPLS_UC, ETH_P_MPLS_MC -> {
          at += 4;
          yield Next.GOOD;
        }
        default -> Next.BAD;
      };
    }

    private Next ipv4() {
      if (!has(20) || (byteAt(at) & 0xf) < 5) {
        return Next.BAD;
      }
      int fragment = big16(data + at + 6);
      ipProtocol = byteAt(at + 9);
      at += (byteAt(at) & 0xf) * 4;
      if ((fragment & 0x3fff) != 0) {
        laterFragment = (fragment & 0x1fff) != 0;
        return Next.GOOD;
      }
      return Next.IP_PROTOCOL;
    }

    private Next ipv6() {
      if (!has(40)) {
        return Next.BAD;
      }
      ipProtocol = byteAt(at + 6);
      at += 40;
      return Next.IP_PROTOCOL;
    }

    private Next vlan() {
      if (firstTag && tagged != 0) {
        // The device took the tag off already.
        protocol = tagged;
      } else if (has(4)) {
        protocol = big16(data + at + 2);
        at += 4;
      } else {
        return Next.BAD;
      }
      firstTag = false;
      return Next.PROTOCOL;
    }

    private Next pppoe() {
      if (!has(8) || byteAt(at) != 0x11 || byteAt(at + 1) != 0) {
        return Next.BAD;
      }
      int inner = big16(data + at + 6);
      at += 8;
      return switch (inner) {
        case PPP_IP -> again(ETH_P_IP);
        case PPP_IPV6 -> again(ETH_P_IPV6);
        default -> (inner & 0x0101) == 1 ? Next.GOOD : Next.BAD;
      };
    }

    private Next again(int inner) {
      protocol = inner;
      return Next.PROTOCOL;
    }

    private Next transportHeader() {
      return switch (ipProtocol) {
        case IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS -> {
          if (protocol != ETH_P_IPV6) {
            yield Next.GOOD;
          }
          if (!has(2)) {
            yield Next.BAD;
          }
          ipProtocol = byteAt(at);
          at += (byteAt(at + 1) + 1) * 8;
          yield Next.IP_PROTOCOL;
        }
        case IPPROTO_FRAGMENT -> {
          if (protocol != ETH_P_IPV6) {
            yield Next.GOOD;
          }
          if (!has(8)) {
            yield Next.BAD;
          }
          ipProtocol = byteAt(at);
          laterFragment = (big16(data + at + 2) & 0xfff8) != 0;
          at += 8;
          yield Next.GOOD;
        }
        case IPPROTO_IPIP -> again(ETH_P_IP);
        case IPPROTO_IPV6 -> again(ETH_P_IPV6);
        case IPPROTO_GRE -> gre();
        default -> Next.GOOD;
      };
    }

    private Next gre() {
      if (!has(4)) {
        return Next.BAD;
      }
      int flags = big16(data + at);
      if ((flags & (GRE_ROUTING | GRE_VERSION)) != 0) {
        return Next.GOOD;
      }
      int inner = big16(data + at + 2);
      int header =
          4
              + ((flags & GRE_CSUM) != 0 ? 4 : 0)
              + ((flags & GRE_KEY) != 0 ? 4 : 0)
              + ((flags & GRE_SEQ) != 0 ? 4 : 0);
      if ((flags & GRE_KEY) != 0 && !has(header - ((flags & GRE_SEQ) != 0 ? 4 : 0))) {
        return Next.BAD;
      }
      at += header;
      if (inner == ETH_P_TEB) {
        if (!has(14)) {
          return Next.BAD;
        }
        inner = big16(data + at + 12);
        at += 14;
      }
      return again(inner);
    }

    /** {@code __skb_get_poff}. */
    private int payload(int transport) {
      if (laterFragment) {
        return transport;
      }
      return switch (ipProtocol) {
        case IPPROTO_TCP -> {
          boolean whole = transport + 12 < length;
          yield whole ? transport + Math.max(20, (byteAt(transport + 12) & 0xf0) >>> 2) : transport;
        }
        case IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP ->
            transport + 8;
        case IPPROTO_DCCP, IPPROTO_SCTP -> transport + 12;
        default -> transport;
      };
    }

    private boolean has(int bytes) {
      return length - at >= bytes;
    }

    private int byteAt(int offset) {
      return Byte.toUnsignedInt(memory.readByte(data + offset));
    }
  }

  private int big16(long address) {
    return Short.toUnsignedInt(Short.reverseBytes(memory.readShort(address)));
  }
}
