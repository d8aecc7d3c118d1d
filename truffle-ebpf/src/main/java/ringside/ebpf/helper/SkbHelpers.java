package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CTX;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MEM;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.SkBuffs;

/** Helpers that read and write packets in place ({@code net/core/filter.c}). */
public final class SkbHelpers {
  private static final long BPF_F_RECOMPUTE_CSUM = 1;
  private static final long BPF_F_INVALIDATE_HASH = 2;
  private static final int BPF_HDR_START_MAC = 0;
  private static final int BPF_HDR_START_NET = 1;
  private static final int BPF_F_HDR_FIELD_MASK = 0xf;
  private static final int BPF_F_PSEUDO_HDR = 0x10;
  private static final int BPF_F_MARK_MANGLED_0 = 0x20;
  private static final int BPF_F_MARK_ENFORCE = 0x40;
  private static final int BPF_F_IPV6 = 0x80;
  private static final short CSUM_MANGLED_0 = -1;
  private static final int SKB_MAX_CSUM_LEVEL = 3;
  private static final int PACKET_OTHERHOST = 3;
  private static final int OVERFLOWUID = 65534;
  private static final int U16_MAX = 0xffff;
  private static final int INET_ECN_MASK = 3;

  private final Memory memory;
  private final SkBuffs packets;
  private final Skb fields;
  private final int cookie;
  private final int uid;
  private long lastCookie;

  /** Makes the family for one kernel. */
  public SkbHelpers(KernelCore core) {
    this.memory = core.memory();
    this.packets = new SkBuffs(core);
    this.fields = new Skb(memory, packets);
    this.cookie = core.layouts().of("sock_common").offset("skc_cookie");
    this.uid = core.layouts().of("sock").offset("sk_uid");
  }

  /** {@code bpf_skb_store_bytes}: copies into the packet. */
  @BpfHelper(
      id = 9,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE, ARG_ANYTHING},
      changesPktData = true)
  @TruffleBoundary
  public long skbStoreBytes(long skb, long offset, long from, long length, long flags) {
    int at = (int) offset;
    int size = (int) length;
    if ((flags & ~(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH)) != 0) {
      return -Errno.EINVAL;
    }
    if (at < 0 || !writable(skb, at + size)) {
      return -Errno.EFAULT;
    }
    long target = packets.data(skb) + at;
    boolean sum =
        (flags & BPF_F_RECOMPUTE_CSUM) != 0 && fields.summed(skb) == Skb.CHECKSUM_COMPLETE;
    if (sum) {
      int old = InternetChecksum.partial(memory, target, size, 0);
      fields.setCsum(skb, InternetChecksum.blockAdd(fields.csum(skb), ~old, at));
    }
    packets.move(target, from, size);
    if (sum) {
      int now = InternetChecksum.partial(memory, target, size, 0);
      fields.setCsum(skb, InternetChecksum.blockAdd(fields.csum(skb), now, at));
    }
    if ((flags & BPF_F_INVALIDATE_HASH) != 0) {
      fields.clearHash(skb);
    }
    return 0;
  }

  /** {@code bpf_skb_load_bytes}: copies out of the packet. */
  @BpfHelper(
      id = 26,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE})
  @TruffleBoundary
  public long skbLoadBytes(long skb, long offset, long to, long length) {
    int at = (int) offset;
    int size = (int) length;
    if (at < 0 || (long) at + size > packets.headLength(skb)) {
      memory.fill(to, (byte) 0, size);
      return -Errno.EFAULT;
    }
    packets.move(to, packets.data(skb) + at, size);
    return 0;
  }

  /** {@code bpf_skb_load_bytes_relative}: copies out of the packet, from a header on. */
  @BpfHelper(
      id = 68,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE, ARG_ANYTHING})
  @TruffleBoundary
  public long skbLoadBytesRelative(long skb, long offset, long to, long length, long header) {
    int start =
        switch ((int) header) {
          case BPF_HDR_START_MAC -> packets.macHeader(skb);
          case BPF_HDR_START_NET -> packets.networkHeader(skb);
          default -> SkBuffs.UNSET;
        };
    long at = packets.head(skb) + start + (offset & 0xffffffffL);
    long end = packets.data(skb) + packets.headLength(skb);
    if (start == SkBuffs.UNSET
        || Integer.compareUnsigned((int) offset, U16_MAX) > 0
        || at + (int) length > end) {
      memory.fill(to, (byte) 0, length);
      return -Errno.EFAULT;
    }
    packets.move(to, at, (int) length);
    return 0;
  }

  /** {@code bpf_l3_csum_replace}: mends an IP checksum after a field has changed. */
  @BpfHelper(
      id = 10,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_ANYTHING, ARG_ANYTHING, ARG_ANYTHING},
      changesPktData = true)
  @TruffleBoundary
  public long l3CsumReplace(long skb, long offset, long from, long to, long flags) {
    if ((flags & ~BPF_F_HDR_FIELD_MASK) != 0) {
      return -Errno.EINVAL;
    }
    if (badField(skb, offset)) {
      return -Errno.EFAULT;
    }
    long at = packets.data(skb) + (offset & 0xffffffffL);
    short sum = memory.readShort(at);
    switch ((int) flags) {
      case 0 -> {
        if (from != 0) {
          return -Errno.EINVAL;
        }
        memory.writeShort(at, byDiff(sum, (int) to));
      }
      case 2 -> {
        short less = InternetChecksum.add16((short) ~sum, (short) ~(short) from);
        memory.writeShort(at, (short) ~InternetChecksum.add16(less, (short) to));
      }
      case 4 -> memory.writeShort(at, replace4(sum, (int) from, (int) to));
      default -> {
        return -Errno.EINVAL;
      }
    }
    return 0;
  }

  /** {@code bpf_l4_csum_replace}: mends a TCP or UDP checksum after a field has changed. */
  @BpfHelper(
      id = 11,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_ANYTHING, ARG_ANYTHING, ARG_ANYTHING},
      changesPktData = true)
  @TruffleBoundary
  public long l4CsumReplace(long skb, long offset, long from, long to, long flags) {
    long known =
        BPF_F_MARK_MANGLED_0
            | BPF_F_MARK_ENFORCE
            | BPF_F_PSEUDO_HDR
            | BPF_F_HDR_FIELD_MASK
            | BPF_F_IPV6;
    if ((flags & ~known) != 0) {
      return -Errno.EINVAL;
    }
    if (badField(skb, offset)) {
      return -Errno.EFAULT;
    }
    boolean mangledZero = (flags & BPF_F_MARK_MANGLED_0) != 0;
    boolean pseudo = (flags & BPF_F_PSEUDO_HDR) != 0;
    long at = packets.data(skb) + (offset & 0xffffffffL);
    if (mangledZero && (flags & BPF_F_MARK_ENFORCE) == 0 && memory.readShort(at) == 0) {
      return 0;
    }
    switch ((int) flags & BPF_F_HDR_FIELD_MASK) {
      case 0 -> {
        if (from != 0) {
          return -Errno.EINVAL;
        }
        protoByDiff(skb, at, (int) to, pseudo, (flags & BPF_F_IPV6) != 0);
      }
      case 2 -> protoReplace4(skb, at, (int) from & U16_MAX, (int) to & U16_MAX, pseudo);
      case 4 -> protoReplace4(skb, at, (int) from, (int) to, pseudo);
      default -> {
        return -Errno.EINVAL;
      }
    }
    if (mangledZero && memory.readShort(at) == 0) {
      memory.writeShort(at, CSUM_MANGLED_0);
    }
    return 0;
  }

  private boolean badField(long skb, long offset) {
    int at = (int) offset;
    return Integer.compareUnsigned(at, U16_MAX) > 0 || (at & 1) != 0 || !writable(skb, at + 2);
  }

  private static short byDiff(short sum, int diff) {
    return InternetChecksum.fold(InternetChecksum.add(diff, ~InternetChecksum.unfold(sum)));
  }

  private static short replace4(short sum, int from, int to) {
    int less = InternetChecksum.sub(~InternetChecksum.unfold(sum), from);
    return InternetChecksum.fold(InternetChecksum.add(less, to));
  }

  private void protoByDiff(long skb, long at, int diff, boolean pseudo, boolean ipv6) {
    short sum = memory.readShort(at);
    if (fields.summed(skb) != Skb.CHECKSUM_PARTIAL) {
      memory.writeShort(at, byDiff(sum, diff));
      if (fields.summed(skb) == Skb.CHECKSUM_COMPLETE && pseudo && !ipv6) {
        fields.setCsum(skb, ~InternetChecksum.sub(diff, fields.csum(skb)));
      }
    } else if (pseudo) {
      int added = InternetChecksum.add(diff, InternetChecksum.unfold(sum));
      memory.writeShort(at, (short) ~InternetChecksum.fold(added));
    }
  }

  private void protoReplace4(long skb, long at, int from, int to, boolean pseudo) {
    short sum = memory.readShort(at);
    if (fields.summed(skb) != Skb.CHECKSUM_PARTIAL) {
      memory.writeShort(at, replace4(sum, from, to));
      if (fields.summed(skb) == Skb.CHECKSUM_COMPLETE && pseudo) {
        int less = InternetChecksum.sub(~fields.csum(skb), from);
        fields.setCsum(skb, ~InternetChecksum.add(less, to));
      }
    } else if (pseudo) {
      int less = InternetChecksum.sub(InternetChecksum.unfold(sum), from);
      memory.writeShort(at, (short) ~InternetChecksum.fold(InternetChecksum.add(less, to)));
    }
  }

  /** {@code bpf_csum_update}: adds to the checksum of the whole packet. */
  @BpfHelper(
      id = 40,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING})
  public long csumUpdate(long skb, long sum) {
    if (fields.summed(skb) != Skb.CHECKSUM_COMPLETE) {
      return -Errno.ENOTSUPP;
    }
    int updated = InternetChecksum.add(fields.csum(skb), (int) sum);
    fields.setCsum(skb, updated);
    return updated & 0xffffffffL;
  }

  /** {@code bpf_csum_level}: how many checksums in a row the device has verified. */
  @BpfHelper(
      id = 135,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING})
  public long csumLevel(long skb, long level) {
    int summed = fields.summed(skb);
    int now = fields.csumLevel(skb);
    if (level < 0 || level > 3) {
      return -Errno.EINVAL;
    }
    switch ((int) level) {
      case 0 -> {
        return summed == Skb.CHECKSUM_UNNECESSARY ? now : -Errno.EACCES;
      }
      case 1 -> {
        if (summed == Skb.CHECKSUM_UNNECESSARY) {
          fields.setCsumLevel(skb, Math.min(now + 1, SKB_MAX_CSUM_LEVEL));
        } else if (summed == Skb.CHECKSUM_NONE) {
          fields.setSummed(skb, Skb.CHECKSUM_UNNECESSARY);
          fields.setCsumLevel(skb, 0);
        }
      }
      case 2 -> {
        if (summed == Skb.CHECKSUM_UNNECESSARY && now == 0) {
          fields.setSummed(skb, Skb.CHECKSUM_NONE);
        } else if (summed == Skb.CHECKSUM_UNNECESSARY) {
          fields.setCsumLevel(skb, now - 1);
        }
      }
      default -> fields.resetChecksum(skb);
    }
    return 0;
  }

  /** {@code bpf_skb_change_type}: to host, to all, to some, or to others. */
  @BpfHelper(
      id = 32,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING})
  public long skbChangeType(long skb, long type) {
    if (fields.type(skb) > PACKET_OTHERHOST
        || Integer.compareUnsigned((int) type, PACKET_OTHERHOST) > 0) {
      return -Errno.EINVAL;
    }
    fields.setType(skb, (int) type);
    return 0;
  }

  /** {@code bpf_get_hash_recalc}: the flow's hash, computed if there is none. */
  @BpfHelper(
      id = 34,
      args = {ARG_PTR_TO_CTX})
  @TruffleBoundary
  public long getHashRecalc(long skb) {
    if (!fields.l4Hashed(skb)) {
      fields.clearHash(skb);
      long network = packets.head(skb) + packets.networkHeader(skb);
      int available = (int) (packets.data(skb) + packets.headLength(skb) - network);
      fields.setHash(skb, FlowHash.of(memory, network, available, packets.protocol(skb)), false);
    }
    return fields.hash(skb) & 0xffffffffL;
  }

  /** {@code bpf_set_hash_invalid}: the hash is computed anew when next asked for. */
  @BpfHelper(
      id = 41,
      args = {ARG_PTR_TO_CTX})
  public long setHashInvalid(long skb) {
    fields.clearHash(skb);
    return 0;
  }

  /** {@code bpf_set_hash}: sets the flow's hash. */
  @BpfHelper(
      id = 48,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING})
  public long setHash(long skb, long hash) {
    fields.setHash(skb, (int) hash, true);
    return 0;
  }

  /** {@code bpf_skb_set_tstamp}: sets the time stamp and the clock it is of. */
  @BpfHelper(
      id = 192,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_ANYTHING})
  public long skbSetTstamp(long skb, long time, long type) {
    short protocol = packets.protocol(skb);
    if (protocol != Skb.ETH_P_IP && protocol != Skb.ETH_P_IPV6) {
      return -Errno.EOPNOTSUPP;
    }
    int clock = (int) type;
    if (clock < 0 || clock > 2 || (clock != 0 && time == 0)) {
      return -Errno.EINVAL;
    }
    fields.setTimestamp(skb, time, clock);
    return 0;
  }

  /** {@code bpf_skb_ecn_set_ce}: marks that congestion was met; 1 if the packet says so now. */
  @BpfHelper(
      id = 97,
      args = {ARG_PTR_TO_CTX})
  @TruffleBoundary
  public long skbEcnSetCe(long skb) {
    short protocol = packets.protocol(skb);
    boolean v4 = protocol == Skb.ETH_P_IP;
    if ((!v4 && protocol != Skb.ETH_P_IPV6) || packets.headLength(skb) < (v4 ? 20 : 40)) {
      return 0;
    }
    long header = packets.head(skb) + packets.networkHeader(skb);
    return v4 ? setCe4(header) : setCe6(skb, header);
  }

  private long setCe4(long header) {
    int tos = memory.readByte(header + 1) & 0xff;
    int ecn = (tos + 1) & INET_ECN_MASK;
    if ((ecn & 2) == 0) {
      return ecn == 0 ? 1 : 0;
    }
    // The checksum changes by as much as the field: the two codepoints left differ by one.
    short check = InternetChecksum.add16(memory.readShort(header + 10), difference(ecn));
    memory.writeShort(header + 10, check);
    memory.writeByte(header + 1, (byte) (tos | INET_ECN_MASK));
    return 1;
  }

  /** {@code htons(0xfffb) + htons(ecn)}. */
  private static short difference(int ecn) {
    return (short)
        (Short.toUnsignedInt(Short.reverseBytes((short) 0xfffb))
            + Short.toUnsignedInt(Short.reverseBytes((short) ecn)));
  }

  private long setCe6(long skb, long header) {
    int from = memory.readInt(header);
    int ecn = Integer.reverseBytes(from) >>> 20 & INET_ECN_MASK;
    if (ecn == 0) {
      return 0;
    }
    int to = from | Integer.reverseBytes(INET_ECN_MASK << 20);
    memory.writeInt(header, to);
    if (fields.summed(skb) == Skb.CHECKSUM_COMPLETE) {
      fields.setCsum(skb, InternetChecksum.add(InternetChecksum.sub(fields.csum(skb), from), to));
    }
    return 1;
  }

  /** {@code bpf_get_route_realm}: of the packet's route; packets under a program have none here. */
  @BpfHelper(
      id = 24,
      args = {ARG_PTR_TO_CTX})
  public long getRouteRealm(long skb) {
    return 0;
  }

  /** {@code bpf_get_cgroup_classid}: of the task; there is no net_cls controller. */
  @BpfHelper(
      id = 17,
      args = {ARG_PTR_TO_CTX})
  public long getCgroupClassid(long skb) {
    return 0;
  }

  /** {@code bpf_skb_cgroup_classid}: of the packet's socket; there is no net_cls controller. */
  @BpfHelper(
      id = 151,
      args = {ARG_PTR_TO_CTX})
  public long skbCgroupClassid(long skb) {
    return 0;
  }

  /** {@code bpf_get_socket_cookie}: the number of the packet's socket, 0 without one. */
  @BpfHelper(
      id = 46,
      args = {ARG_PTR_TO_CTX})
  public long getSocketCookie(long skb) {
    long sk = fields.socket(skb);
    if (sk == 0) {
      return 0;
    }
    long known = memory.readLong(sk + cookie);
    if (known == 0) {
      known = ++lastCookie;
      memory.writeLong(sk + cookie, known);
    }
    return known;
  }

  /** {@code bpf_get_socket_uid}: whose the packet's socket is, 65534 without one. */
  @BpfHelper(
      id = 47,
      args = {ARG_PTR_TO_CTX})
  public long getSocketUid(long skb) {
    long sk = fields.socket(skb);
    return sk == 0 ? OVERFLOWUID : memory.readInt(sk + uid) & 0xffffffffL;
  }

  /** {@code skb_ensure_writable} and {@code bpf_compute_data_pointers}. */
  private boolean writable(long skb, int bytes) {
    boolean there = bytes >= 0 && bytes <= packets.headLength(skb);
    packets.computeDataPointers(skb);
    return there;
  }
}
