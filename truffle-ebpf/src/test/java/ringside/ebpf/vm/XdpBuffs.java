package ringside.ebpf.vm;

import ringside.kernel.Kernel;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;

/** Packets for programs, as {@code struct xdp_buff}. */
final class XdpBuffs {
  private XdpBuffs() {}

  /** A UDP datagram over IPv4. */
  static long udp(Kernel kernel, int port) {
    byte[] frame = new byte[42];
    frame[12] = 8;
    frame[14] = 0x45;
    frame[23] = 17;
    frame[36] = (byte) (port >>> 8);
    frame[37] = (byte) port;
    StructLayout layout = kernel.layouts().of("xdp_buff");
    long data = kernel.slab().kmalloc(2048, Gfp.KERNEL | Gfp.ZERO);
    long xdp = kernel.slab().kmalloc(layout.size(), Gfp.KERNEL | Gfp.ZERO);
    kernel.memory().write(data + 256, frame, 0, frame.length);
    kernel.memory().writeLong(xdp + layout.offset("data_hard_start"), data);
    kernel.memory().writeLong(xdp + layout.offset("data"), data + 256);
    kernel.memory().writeLong(xdp + layout.offset("data_meta"), data + 256);
    kernel.memory().writeLong(xdp + layout.offset("data_end"), data + 256 + frame.length);
    return xdp;
  }
}
