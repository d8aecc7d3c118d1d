package ringside.ebpf.syscall;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.SkBuffs;

/** Test runs of programs whose context is a packet ({@code bpf_prog_test_run_skb}). */
final class SkbTestRun {
  /** {@code NET_SKB_PAD + NET_IP_ALIGN}. */
  static final int HEADROOM = 64;

  private static final int SK_BUFF_SIZE = 192;
  private static final int GSO_LEGACY_MAX_SIZE = 65536;
  private static final int GSO_MAX_SEGS = 65535;
  private static final int CHECKSUM_COMPLETE = 2;
  private static final short ETH_P_IP = 0x0008;
  private static final short ETH_P_IPV6 = (short) 0xdd86;
  private static final int IP_HLEN = 20;
  private static final int IP6_HLEN = 40;
  private static final short AF_INET = 2;
  private static final short AF_INET6 = 10;

  // offsets in struct __sk_buff
  private static final int MARK = 8;
  private static final int PRIORITY = 32;
  private static final int INGRESS_IFINDEX = 36;
  private static final int IFINDEX = 40;
  private static final int CB = 48;
  private static final int TSTAMP = 152;
  private static final int WIRE_LEN = 160;
  private static final int GSO_SEGS = 164;
  private static final int GSO_SIZE = 176;
  private static final int HWTSTAMP = 184;
  private static final int CB_LENGTH = 20;

  private final Kernel kernel;
  private final TestRun runner;
  private final Memory memory;
  private final SkBuffs packets;
  private final StructLayout skbLayout;
  private final StructLayout info;
  private final int cbData;
  private final int pktLen;

  SkbTestRun(Kernel kernel, TestRun runner) {
    this.kernel = kernel;
    this.runner = runner;
    this.memory = kernel.memory();
    this.packets = new SkBuffs(kernel.core());
    this.skbLayout = kernel.layouts().of("sk_buff");
    this.info = kernel.layouts().of("skb_shared_info");
    this.cbData = skbLayout.offset("cb") + kernel.layouts().of("qdisc_skb_cb").offset("data");
    this.pktLen = skbLayout.offset("cb") + kernel.layouts().of("qdisc_skb_cb").offset("pkt_len");
  }

  TestRun.Answer run(LoadedProgram program, TestRun.Request request) {
    int size = request.data().length;
    if ((request.flags() & ~TestRun.SKB_CHECKSUM_COMPLETE) != 0
        || request.cpu() != 0
        || request.batchSize() != 0
        || size < TestRun.ETH_HLEN
        || size > TestRun.PAGE_SIZE - HEADROOM - SkBuffs.SHARED_INFO) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    byte[] context = TestRun.context(request, SK_BUFF_SIZE);
    if (context == null) {
      return TestRun.Answer.error(Errno.E2BIG);
    }
    long skb = packets.allocate(size + HEADROOM, HEADROOM);
    long sk = kernel.slab().kmalloc(kernel.layouts().of("sock").size(), Gfp.KERNEL | Gfp.ZERO);
    if (skb == 0 || sk == 0) {
      return TestRun.Answer.error(Errno.ENOMEM);
    }
    try {
      return run(program, request, skb, sk, new UserStruct(context));
    } finally {
      packets.free(skb);
      kernel.slab().kfree(sk);
    }
  }

  private TestRun.Answer run(
      LoadedProgram program, TestRun.Request request, long skb, long sk, UserStruct context) {
    packets.put(skb, request.data().length);
    memory.write(packets.data(skb), request.data(), 0, request.data().length);
    fillSocket(sk);
    memory.writeLong(skb + skbLayout.offset("sk"), sk);
    NetDevice device = device(context.getInt(IFINDEX));
    if (device == null) {
      return TestRun.Answer.error(Errno.ENODEV);
    }
    receive(skb, device);
    if (!addresses(skb, sk)) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    boolean l2 = program.type() == ProgramType.SCHED_CLS || program.type() == ProgramType.SCHED_ACT;
    boolean direct = program.type() != ProgramType.SOCKET_FILTER;
    if (l2) {
      packets.push(skb, TestRun.ETH_HLEN);
    }
    if (direct) {
      packets.computeDataPointers(skb);
    }
    boolean given = request.context().length != 0;
    if (given && !toSkb(skb, context)) {
      return TestRun.Answer.error(Errno.EINVAL);
    }
    boolean checksum = (request.flags() & TestRun.SKB_CHECKSUM_COMPLETE) != 0;
    if (checksum) {
      memory.writeInt(skb + skbLayout.offset("csum"), networkSum(skb));
      int flags = skbLayout.offset("__pkt_flags") - 1;
      memory.writeByte(
          skb + flags, (byte) ((memory.readByte(skb + flags) & 0xcf) | (CHECKSUM_COMPLETE << 4)));
    }
    TestRun.Run run = runner.repeat(program, skb, request.repeat());
    if (!l2) {
      if (packets.headroom(skb) < TestRun.ETH_HLEN && packets.expand(skb, 16, 0) != 0) {
        return TestRun.Answer.error(Errno.ENOMEM);
      }
      packets.push(skb, TestRun.ETH_HLEN);
      memory.fill(packets.data(skb), (byte) 0, TestRun.ETH_HLEN);
    }
    if (checksum && fold(networkSum(skb)) != fold(memory.readInt(skb + skbLayout.offset("csum")))) {
      return TestRun.Answer.error(Errno.EBADMSG);
    }
    fromSkb(skb, context);
    byte[] out = new byte[packets.headLength(skb)];
    memory.read(packets.data(skb), out, 0, out.length);
    return TestRun.finish(request, run, out, context.bytes());
  }

  private @Nullable NetDevice device(int index) {
    for (NetDevice device : kernel.net().devices()) {
      if (device.index() == Math.max(index, 1) || (index < 0 && device.index() == 1)) {
        return index < 0 ? null : device;
      }
    }
    return null;
  }

  private void fillSocket(long sk) {
    StructLayout common = kernel.layouts().of("sock_common");
    memory.writeByte(sk + common.offset("skc_state"), (byte) 7);
    memory.writeShort(sk + common.offset("skc_rx_queue_mapping"), (short) -1);
    memory.writeInt(sk + common.offset("skc_refcnt"), 1);
  }

  /** {@code eth_type_trans} and {@code skb_reset_network_header}. */
  void receive(long skb, NetDevice device) {
    long mac = packets.data(skb);
    memory.writeLong(skb + skbLayout.offset("dev"), device.address());
    int offset = packets.headroom(skb);
    packets.push(skb, -TestRun.ETH_HLEN);
    packets.setHeaders(skb, offset, offset + TestRun.ETH_HLEN, packets.transportHeader(skb));
    long address = device.address() + kernel.layouts().of("net_device").offset("dev_addr");
    boolean own = true;
    boolean broadcast = true;
    for (int i = 0; i < 6; i++) {
      own &= memory.readByte(mac + i) == memory.readByte(address + i);
      broadcast &=
          memory.readByte(mac + i)
              == memory.readByte(
                  device.address() + kernel.layouts().of("net_device").offset("broadcast") + i);
    }
    int type = own ? 0 : (memory.readByte(mac) & 1) == 0 ? 3 : broadcast ? 1 : 2; // host, other, …
    int at = skbLayout.offset("__pkt_flags") - 1;
    memory.writeByte(skb + at, (byte) ((memory.readByte(skb + at) & 0xf8) | type));
    short protocol = memory.readShort(mac + 12);
    if (Integer.compareUnsigned(Short.toUnsignedInt(Short.reverseBytes(protocol)), 0x600) < 0) {
      boolean raw = packets.length(skb) >= 2 && memory.readShort(packets.data(skb)) == -1;
      protocol = Short.reverseBytes((short) (raw ? 1 : 4)); // ETH_P_802_3, ETH_P_802_2
    }
    packets.setProtocol(skb, protocol);
  }

  /** Gives the socket the packet's addresses; false where the packet is too short for any. */
  private boolean addresses(long skb, long sk) {
    StructLayout common = kernel.layouts().of("sock_common");
    long ip = packets.data(skb);
    int available = packets.headLength(skb);
    if (packets.protocol(skb) == ETH_P_IP) {
      if (available < IP_HLEN) {
        return false;
      }
      memory.writeShort(sk + common.offset("skc_family"), AF_INET);
      memory.writeInt(sk + common.offset("skc_rcv_saddr"), memory.readInt(ip + 12));
      memory.writeInt(sk + common.offset("skc_daddr"), memory.readInt(ip + 16));
    } else if (packets.protocol(skb) == ETH_P_IPV6) {
      if (available < IP6_HLEN) {
        return false;
      }
      memory.writeShort(sk + common.offset("skc_family"), AF_INET6);
      for (int i = 0; i < 16; i += 8) {
        memory.writeLong(sk + common.offset("skc_v6_rcv_saddr") + i, memory.readLong(ip + 8 + i));
        memory.writeLong(sk + common.offset("skc_v6_daddr") + i, memory.readLong(ip + 24 + i));
      }
    }
    return true;
  }

  /** {@code convert___skb_to_skb}: fields that no packet can be given must be zero. */
  private boolean toSkb(long skb, UserStruct context) {
    byte[] bytes = context.bytes();
    boolean zero =
        TestRun.isZero(bytes, 0, MARK)
            && TestRun.isZero(bytes, MARK + 4, PRIORITY)
            && TestRun.isZero(bytes, IFINDEX + 4, CB)
            && TestRun.isZero(bytes, CB + CB_LENGTH, TSTAMP)
            && TestRun.isZero(bytes, GSO_SEGS + 4, GSO_SIZE)
            && TestRun.isZero(bytes, GSO_SIZE + 4, HWTSTAMP)
            && TestRun.isZero(bytes, HWTSTAMP + 8, SK_BUFF_SIZE);
    if (!zero) {
      return false;
    }
    memory.writeInt(skb + skbLayout.offset("mark"), context.getInt(MARK));
    memory.writeInt(skb + skbLayout.offset("priority"), context.getInt(PRIORITY));
    memory.writeInt(skb + skbLayout.offset("skb_iif"), context.getInt(INGRESS_IFINDEX));
    memory.writeLong(skb + skbLayout.offset("tstamp"), context.getLong(TSTAMP));
    memory.write(skb + cbData, bytes, CB, CB_LENGTH);
    long wire = Integer.toUnsignedLong(context.getInt(WIRE_LEN));
    if (wire == 0) {
      memory.writeInt(skb + pktLen, packets.length(skb));
    } else if (wire < packets.length(skb) || wire > GSO_LEGACY_MAX_SIZE) {
      return false;
    } else {
      memory.writeInt(skb + pktLen, (int) wire);
    }
    if (Integer.toUnsignedLong(context.getInt(GSO_SEGS)) > GSO_MAX_SEGS) {
      return false;
    }
    long shared = packets.sharedInfo(skb);
    memory.writeShort(shared + info.offset("gso_segs"), (short) context.getInt(GSO_SEGS));
    memory.writeShort(shared + info.offset("gso_size"), (short) context.getInt(GSO_SIZE));
    memory.writeLong(shared + info.offset("hwtstamps"), context.getLong(HWTSTAMP));
    return true;
  }

  /** {@code convert_skb_to___skb}. */
  private void fromSkb(long skb, UserStruct context) {
    long device = memory.readLong(skb + skbLayout.offset("dev"));
    long shared = packets.sharedInfo(skb);
    context.putInt(MARK, memory.readInt(skb + skbLayout.offset("mark")));
    context.putInt(PRIORITY, memory.readInt(skb + skbLayout.offset("priority")));
    context.putInt(INGRESS_IFINDEX, memory.readInt(skb + skbLayout.offset("skb_iif")));
    context.putInt(
        IFINDEX, memory.readInt(device + kernel.layouts().of("net_device").offset("ifindex")));
    context.putLong(TSTAMP, memory.readLong(skb + skbLayout.offset("tstamp")));
    memory.read(skb + cbData, context.bytes(), CB, CB_LENGTH);
    context.putInt(WIRE_LEN, memory.readInt(skb + pktLen));
    context.putInt(
        GSO_SEGS, Short.toUnsignedInt(memory.readShort(shared + info.offset("gso_segs"))));
    context.putLong(HWTSTAMP, memory.readLong(shared + info.offset("hwtstamps")));
  }

  /** {@code skb_checksum} of all behind the MAC header. */
  private int networkSum(long skb) {
    int offset = packets.networkHeader(skb) - packets.headroom(skb);
    long sum = 0;
    long at = packets.data(skb) + offset;
    int length = packets.length(skb) - offset;
    for (int i = 0; i < length; i += 2) {
      boolean last = i + 1 == length;
      sum += last ? memory.readByte(at + i) & 0xff : Short.toUnsignedInt(memory.readShort(at + i));
    }
    while (sum >>> 32 != 0) {
      sum = (sum & 0xffffffffL) + (sum >>> 32);
    }
    return (int) sum;
  }

  private static int fold(int sum) {
    int folded = (sum & 0xffff) + (sum >>> 16);
    return (folded & 0xffff) + (folded >>> 16);
  }
}
