package ringside.kernel.net;

import org.jspecify.annotations.Nullable;
import ringside.hook.Attachment;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.printk.Printk;

/**
 * The way in: driver, XDP, {@code ip_rcv}, netfilter.
 *
 * <p>Its structures live in memory for good and are filled anew for each frame, since an extension
 * may have written to them.
 */
final class RxPath {
  private static final int XDP_ABORTED = 0;
  private static final int XDP_DROP = 1;
  private static final int XDP_PASS = 2;
  private static final int XDP_TX = 3;
  private static final int XDP_REDIRECT = 4;
  private static final int NFPROTO_IPV4 = 2;

  /** {@code htons(ETH_P_IP)} as a little-endian machine reads it. */
  private static final short ETH_P_IP = 0x0008;

  private static final int IP_HLEN = 20;

  private final KernelCore core;
  private final Memory memory;
  private final Packets packets;
  private final Netfilter netfilter;
  private final Sockets sockets;
  private final long net;
  private final long okfn;
  private final long xdp;
  private final Object xdpArgument;
  private final long rxq;
  private final int xdpData;
  private final int xdpDataEnd;
  private final int xdpDataMeta;
  private final int xdpHardStart;
  private final int xdpRxq;
  private final int xdpTxq;
  private final int xdpFrameSize;
  private final int xdpFlags;
  private final int rxqDev;
  private final long state;
  private final Object stateArgument;
  private final int stateHook;
  private final int statePf;
  private final int stateIn;
  private final int stateOut;
  private final int stateSk;
  private final int stateNet;
  private final int stateOkfn;

  /** The packet of the last frame, boxed: the allocator hands out the same one again and again. */
  private Long skbArgument = 0L;

  private boolean warned;

  RxPath(
      KernelCore core, Packets packets, Netfilter netfilter, Sockets sockets, long net, long okfn) {
    this.sockets = sockets;
    this.core = core;
    this.memory = core.memory();
    this.packets = packets;
    this.netfilter = netfilter;
    this.net = net;
    this.okfn = okfn;
    StructLayout buff = core.layouts().of("xdp_buff");
    this.xdp = core.slab().kmalloc(buff.size(), Gfp.KERNEL | Gfp.ZERO);
    this.xdpArgument = xdp;
    this.xdpData = buff.offset("data");
    this.xdpDataEnd = buff.offset("data_end");
    this.xdpDataMeta = buff.offset("data_meta");
    this.xdpHardStart = buff.offset("data_hard_start");
    this.xdpRxq = buff.offset("rxq");
    this.xdpTxq = buff.offset("txq");
    this.xdpFrameSize = buff.offset("frame_sz");
    this.xdpFlags = buff.offset("flags");
    StructLayout info = core.layouts().of("xdp_rxq_info");
    this.rxq = core.slab().kmalloc(info.size(), Gfp.KERNEL | Gfp.ZERO);
    this.rxqDev = info.offset("dev");
    StructLayout nf = core.layouts().of("nf_hook_state");
    this.state = core.slab().kmalloc(nf.size(), Gfp.KERNEL | Gfp.ZERO);
    this.stateArgument = state;
    this.stateHook = nf.offset("hook");
    this.statePf = nf.offset("pf");
    this.stateIn = nf.offset("in");
    this.stateOut = nf.offset("out");
    this.stateSk = nf.offset("sk");
    this.stateNet = nf.offset("net");
    this.stateOkfn = nf.offset("okfn");
  }

  RxResult receive(NetDevice device, byte[] frame) {
    int length = frame.length;
    if (length < Packets.ETH_HLEN || length > Packets.largestFrame()) {
      return RxResult.LENGTH_ERROR;
    }
    long buffer = packets.takeBuffer(length);
    if (buffer == 0) {
      return RxResult.NO_MEMORY;
    }
    device.countReceived(length);
    long start = buffer + Packets.HEADROOM;
    memory.write(start, frame, 0, length);
    int size = packets.bufferSize(length);
    if (device.xdp().armed()) {
      RxResult result = runXdp(device, buffer, size, start, length);
      if (result != null) {
        packets.giveBuffer(buffer, length);
        return result;
      }
      // The program may have moved both ends.
      start = memory.readLong(xdp + xdpData);
      length = (int) (memory.readLong(xdp + xdpDataEnd) - start);
    }
    long skb = packets.build(buffer, size, start, length, device.address(), device.index());
    if (skb == 0) {
      packets.giveBuffer(buffer, frame.length);
      return RxResult.NO_MEMORY;
    }
    boolean listened = sockets.any();
    if (listened) {
      sockets.tap(device, skb, packets.type(skb));
    }
    RxResult result = deliver(device, skb, start);
    if (listened && result == RxResult.DELIVERED) {
      sockets.deliver(device, skb);
    }
    if (result != RxResult.NF_STOLEN) {
      packets.freeHead(skb);
      packets.giveBuffer(buffer, frame.length);
    }
    return result;
  }

  /** Runs the XDP program; null where the frame goes on. */
  private @Nullable RxResult runXdp(
      NetDevice device, long buffer, int size, long start, int length) {
    memory.writeLong(rxq + rxqDev, device.address());
    memory.writeLong(xdp + xdpData, start);
    memory.writeLong(xdp + xdpDataEnd, start + length);
    memory.writeLong(xdp + xdpDataMeta, start);
    memory.writeLong(xdp + xdpHardStart, buffer);
    memory.writeLong(xdp + xdpRxq, rxq);
    memory.writeLong(xdp + xdpTxq, 0);
    memory.writeInt(xdp + xdpFrameSize, size);
    memory.writeInt(xdp + xdpFlags, 0);
    int verdict = (int) device.xdp().fire(xdpArgument);
    return switch (verdict) {
      case XDP_PASS -> null;
      case XDP_DROP -> RxResult.XDP_DROP;
      case XDP_TX -> RxResult.XDP_TX;
      case XDP_REDIRECT -> RxResult.XDP_REDIRECT;
      case XDP_ABORTED -> RxResult.XDP_ABORTED;
      default -> {
        warnUnknown(device, verdict);
        yield RxResult.XDP_ABORTED;
      }
    };
  }

  /** {@code bpf_warn_invalid_xdp_action}, which warns once. */
  private void warnUnknown(NetDevice device, int verdict) {
    if (!warned) {
      warned = true;
      Attachment program = device.xdp().attachments().getFirst();
      core.printk()
          .emit(
              Printk.WARNING,
              "Illegal XDP return value %d on prog %s (id %d) dev %s, expect packet loss!"
                  .formatted(
                      Integer.toUnsignedLong(verdict),
                      program.name(),
                      program.id(),
                      device.name()));
    }
  }

  /** {@code ip_rcv_core} and the hook behind it; the packet stays the caller's to free. */
  private RxResult deliver(NetDevice device, long skb, long mac) {
    if (memory.readShort(mac + 12) != ETH_P_IP) {
      return RxResult.NO_HANDLER;
    }
    long ip = packets.data(skb);
    int available = packets.length(skb);
    if (available < IP_HLEN) {
      return RxResult.IP_HEADER_ERROR;
    }
    int first = memory.readByte(ip);
    int headerLength = (first & 0xf) * 4;
    if ((first & 0xf0) != 0x40 || headerLength < IP_HLEN || available < headerLength) {
      return RxResult.IP_HEADER_ERROR;
    }
    if (checksum(ip, headerLength) != 0xffff) {
      return RxResult.IP_CHECKSUM_ERROR;
    }
    int total = Short.toUnsignedInt(Short.reverseBytes(memory.readShort(ip + 2)));
    if (available < total) {
      return RxResult.IP_TRUNCATED;
    }
    if (total < headerLength) {
      return RxResult.IP_HEADER_ERROR;
    }
    if (available > total) {
      packets.trim(skb, total);
    }
    packets.setTransportHeader(skb, headerLength);
    return netfilter.preRouting().armed() ? runPreRouting(device, skb) : RxResult.DELIVERED;
  }

  private RxResult runPreRouting(NetDevice device, long skb) {
    memory.writeByte(state + stateHook, (byte) 0);
    memory.writeByte(state + statePf, (byte) NFPROTO_IPV4);
    memory.writeLong(state + stateIn, device.address());
    memory.writeLong(state + stateOut, 0);
    memory.writeLong(state + stateSk, 0);
    memory.writeLong(state + stateNet, net);
    memory.writeLong(state + stateOkfn, okfn);
    if (skbArgument != skb) {
      skbArgument = skb;
    }
    int verdict = (int) netfilter.preRouting().fire(skbArgument, stateArgument);
    return switch (verdict & Netfilter.NF_VERDICT_MASK) {
      case Netfilter.NF_ACCEPT -> RxResult.DELIVERED;
      case Netfilter.NF_STOLEN -> RxResult.NF_STOLEN;
      default -> RxResult.NF_DROP;
    };
  }

  /** The ones' complement sum of a header, folded to 16 bits. */
  private int checksum(long header, int length) {
    int sum = 0;
    for (int i = 0; i < length; i += 2) {
      sum += Short.toUnsignedInt(memory.readShort(header + i));
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    return (sum & 0xffff) + (sum >>> 16);
  }
}
