package ringside.kernel.net;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import ringside.hook.HookPoint;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;

/** One network device: a view of its {@code struct net_device}. */
public final class NetDevice {
  private static final short ARPHRD_ETHER = 1;
  private static final short ARPHRD_LOOPBACK = 772;
  private static final int IFF_UP = 1;
  private static final int IFF_BROADCAST = 2;
  private static final int IFF_LOOPBACK = 8;
  private static final int IFF_RUNNING = 0x40;

  private final String name;
  private final int index;
  private final Memory memory;
  private final long address;
  private final long stats;
  private final StructLayout statsLayout;
  private final int rxPackets;
  private final int rxBytes;
  private final HookPoint xdp;
  private final Map<RxResult, AtomicLong> results = new EnumMap<>(RxResult.class);

  /** Makes the device's structure; the device is up. */
  NetDevice(KernelCore core, String name, int index, boolean loopback, long net, HookPoint xdp) {
    this.name = name;
    this.index = index;
    this.memory = core.memory();
    this.xdp = xdp;
    StructLayout layout = core.layouts().of("net_device");
    this.address = core.slab().kmalloc(layout.size(), Gfp.KERNEL | Gfp.ZERO);
    this.stats = address + layout.offset("stats");
    this.statsLayout = core.layouts().of("net_device_stats");
    this.rxPackets = statsLayout.offset("rx_packets");
    this.rxBytes = statsLayout.offset("rx_bytes");
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    memory.write(address + layout.offset("name"), bytes, 0, bytes.length);
    memory.writeInt(address + layout.offset("ifindex"), index);
    memory.writeInt(
        address + layout.offset("flags"),
        IFF_UP | IFF_RUNNING | (loopback ? IFF_LOOPBACK : IFF_BROADCAST));
    memory.writeInt(address + layout.offset("mtu"), loopback ? 65536 : 1500);
    memory.writeShort(address + layout.offset("type"), loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER);
    memory.writeShort(address + layout.offset("hard_header_len"), (short) Packets.ETH_HLEN);
    memory.writeByte(address + layout.offset("addr_len"), (byte) 6);
    memory.writeLong(address + layout.offset("nd_net"), net);
    if (!loopback) {
      // A locally administered address, as virtual devices draw one: 52:54:00:00:00:<index>.
      byte[] mac = {0x52, 0x54, 0, 0, 0, (byte) index};
      memory.write(address + layout.offset("dev_addr"), mac, 0, mac.length);
      memory.fill(address + layout.offset("broadcast"), (byte) 0xff, 6);
    }
  }

  /** Its name, e.g. {@code eth0}. */
  public String name() {
    return name;
  }

  /** Its number ({@code ifindex}). */
  public int index() {
    return index;
  }

  /** The address of its {@code struct net_device}. */
  public long address() {
    return address;
  }

  /** Its XDP hook: argument {@code (xdp_buff *)}, verdict an {@code enum xdp_action}. */
  public HookPoint xdp() {
    return xdp;
  }

  /**
   * One counter of its {@code struct net_device_stats}.
   *
   * @param counter a field's name, e.g. {@code rx_dropped}
   */
  public long stat(String counter) {
    return memory.readLong(stats + statsLayout.offset(counter));
  }

  /** How many frames ended so. */
  public long count(RxResult result) {
    AtomicLong count = results.get(result);
    return count == null ? 0 : count.get();
  }

  /** Counts a frame as the driver does when it takes it off the ring. */
  void countReceived(int bytes) {
    memory.writeLong(stats + rxPackets, memory.readLong(stats + rxPackets) + 1);
    memory.writeLong(stats + rxBytes, memory.readLong(stats + rxBytes) + bytes);
  }

  void count(RxResult result, int bytes) {
    results.computeIfAbsent(result, _ -> new AtomicLong()).getAndIncrement();
    switch (result) {
      case LENGTH_ERROR -> add("rx_errors", 1);
      case NO_MEMORY, XDP_ABORTED, XDP_DROP, NO_HANDLER -> add("rx_dropped", 1);
      case XDP_TX -> {
        add("tx_packets", 1);
        add("tx_bytes", bytes);
      }
      default -> {}
    }
  }

  private void add(String counter, long value) {
    long at = stats + statsLayout.offset(counter);
    memory.writeLong(at, memory.readLong(at) + value);
  }

  @Override
  public String toString() {
    return name;
  }
}
