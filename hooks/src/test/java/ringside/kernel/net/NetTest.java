package ringside.kernel.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.RootNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.hook.Attachment;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.trap.KernelPanic;
import ringside.kernel.vm.GuestContext;

class NetTest {
  private static Engine engine;

  private Kernel kernel;
  private GuestContext.Scope scope;
  private NetDevice eth0;
  private Memory memory;

  @BeforeAll
  static void open() {
    engine = Engine.create();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  @BeforeEach
  void boot() {
    kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine));
    scope = kernel.enter();
    eth0 = kernel.net().device("eth0");
    memory = kernel.memory();
  }

  @AfterEach
  void powerOff() {
    scope.close();
    kernel.close();
  }

  private Attachment attachment(ToLongFunction<Object[]> body) {
    RootNode root =
        new RootNode(kernel.language()) {
          @Override
          public Object execute(VirtualFrame frame) {
            return body.applyAsLong(frame.getArguments());
          }
        };
    return new Attachment("test", 0, root.getCallTarget());
  }

  /** A UDP datagram in an Ethernet frame, with a right IPv4 checksum. */
  private static byte[] udp(int payload) {
    ByteBuffer b = ByteBuffer.allocate(14 + 20 + 8 + payload);
    b.put(new byte[12]).putShort((short) 0x0800);
    b.put((byte) 0x45).put((byte) 0).putShort((short) (28 + payload)).putInt(0);
    b.put((byte) 64).put((byte) 17).putShort((short) 0).putInt(0x7f000001).putInt(0x7f000001);
    int sum = 0;
    for (int i = 14; i < 34; i += 2) {
      sum += b.getShort(i) & 0xffff;
    }
    b.putShort(24, (short) ~((sum & 0xffff) + (sum >>> 16)));
    b.putShort((short) 5353)
        .putShort((short) 53)
        .putShort((short) (8 + payload))
        .putShort((short) 0);
    return b.array();
  }

  private long field(String struct, long address, String name) {
    StructLayout layout = kernel.layouts().of(struct);
    long at = address + layout.offset(name);
    return switch (layout.sizeOf(name)) {
      case 1 -> memory.readByte(at);
      case 2 -> Short.toUnsignedLong(memory.readShort(at));
      case 4 -> Integer.toUnsignedLong(memory.readInt(at));
      default -> memory.readLong(at);
    };
  }

  @Test
  void aFrameThatNobodyRefusesIsDelivered() {
    assertEquals(RxResult.DELIVERED, kernel.net().receive(eth0, udp(10)));
    assertEquals(1, eth0.stat("rx_packets"));
    assertEquals(52, eth0.stat("rx_bytes"));
    assertEquals(1, eth0.count(RxResult.DELIVERED));
  }

  @Test
  void xdpSeesTheFrameBehindItsHeadroom() {
    byte[] frame = udp(10);
    List<Long> seen = new ArrayList<>();
    eth0.xdp()
        .attach(
            attachment(a -> {
              long xdp = (long) a[0];
              long data = field("xdp_buff", xdp, "data");
              seen.add(field("xdp_buff", xdp, "data_end") - data);
              seen.add(data - field("xdp_buff", xdp, "data_hard_start"));
              seen.add((long) memory.readByte(data + 14));
              seen.add(field("xdp_rxq_info", field("xdp_buff", xdp, "rxq"), "dev"));
              return 1;
            }));
    assertEquals(RxResult.XDP_DROP, kernel.net().receive(eth0, frame));
    assertEquals(List.of((long) frame.length, 256L, 0x45L, eth0.address()), seen);
    assertEquals(1, eth0.stat("rx_dropped"));
  }

  @Test
  void everyXdpVerdictHasItsEnd() {
    long[] verdict = {0};
    eth0.xdp().attach(attachment(a -> verdict[0]));
    List<RxResult> results = new ArrayList<>();
    for (verdict[0] = 0; verdict[0] < 6; verdict[0]++) {
      results.add(kernel.net().receive(eth0, udp(0)));
    }
    assertEquals(
        List.of(
            RxResult.XDP_ABORTED,
            RxResult.XDP_DROP,
            RxResult.DELIVERED,
            RxResult.XDP_TX,
            RxResult.XDP_REDIRECT,
            RxResult.XDP_ABORTED),
        results);
    assertTrue(
        kernel
            .printk()
            .dmesg()
            .contains(
                "Illegal XDP return value 5 on prog test (id 0) dev eth0, expect packet loss!"));
    assertEquals(1, eth0.stat("tx_packets"));
  }

  @Test
  void aProgramThatMovesTheStartChangesThePacket() {
    eth0.xdp()
        .attach(
            attachment(a -> {
              long at = (long) a[0] + kernel.layouts().of("xdp_buff").offset("data");
              long data = memory.readLong(at);
              // Pushes a header of 4 bytes: the frame does not start with IPv4's type then.
              memory.writeLong(at, data - 4);
              return 2;
            }));
    assertEquals(RxResult.NO_HANDLER, kernel.net().receive(eth0, udp(0)));
  }

  @Test
  void netfilterSeesThePacketAsAnSkBuff() {
    byte[] frame = udp(10);
    byte[] padded = Arrays.copyOf(frame, 60);
    List<Long> seen = new ArrayList<>();
    kernel
        .net()
        .netfilter()
        .preRouting()
        .attach(
            attachment(a -> {
              long skb = (long) a[0];
              long head = field("sk_buff", skb, "head");
              long data = field("sk_buff", skb, "data");
              seen.add(field("sk_buff", skb, "len"));
              seen.add(field("sk_buff", skb, "protocol"));
              seen.add(head + field("sk_buff", skb, "network_header") - data);
              seen.add(head + field("sk_buff", skb, "transport_header") - data);
              seen.add(data - head - field("sk_buff", skb, "mac_header"));
              seen.add(field("nf_hook_state", (long) a[1], "in"));
              seen.add(field("nf_hook_state", (long) a[1], "pf"));
              return 0;
            }));
    assertEquals(RxResult.NF_DROP, kernel.net().receive(eth0, padded));
    assertEquals(List.of(38L, 8L, 0L, 20L, 14L, eth0.address(), 2L), seen);
  }

  @Test
  void headersThatContradictThemselvesEndInIpRcv() {
    byte[] version = udp(0);
    version[14] = 0x65;
    byte[] checksum = udp(0);
    checksum[24] ^= 1;
    byte[] cut = Arrays.copyOf(udp(20), 50);
    byte[] arp = udp(0);
    arp[13] = 6;
    assertEquals(RxResult.IP_HEADER_ERROR, kernel.net().receive(eth0, version));
    assertEquals(RxResult.IP_CHECKSUM_ERROR, kernel.net().receive(eth0, checksum));
    assertEquals(RxResult.IP_TRUNCATED, kernel.net().receive(eth0, cut));
    assertEquals(RxResult.NO_HANDLER, kernel.net().receive(eth0, arp));
    assertEquals(RxResult.LENGTH_ERROR, kernel.net().receive(eth0, new byte[13]));
  }

  @Test
  void framesFarAboveAPageAreTaken() {
    assertEquals(RxResult.DELIVERED, kernel.net().receive(eth0, udp(60_000)));
  }

  @Test
  void aReplayUsesNoMemoryThatItDoesNotGiveBack() {
    byte[][] frames = new byte[500][];
    for (int i = 0; i < frames.length; i++) {
      frames[i] = udp(i);
    }
    RxResult[] results = new RxResult[frames.length];
    kernel.net().replay(eth0, frames, results);
    int free = kernel.core().frames().freePages();
    for (int i = 0; i < 20; i++) {
      kernel.net().replay(eth0, frames, results);
    }
    assertEquals(free, kernel.core().frames().freePages());
    assertEquals(21 * 500, eth0.count(RxResult.DELIVERED));
  }

  @Test
  void aFaultInAnExtensionPanicsForItIsInterruptContext() {
    eth0.xdp().attach(attachment(a -> memory.readLong(8)));
    assertThrows(KernelPanic.class, () -> kernel.net().receive(eth0, udp(0)));
    assertTrue(
        kernel
            .printk()
            .dmesg()
            .contains("Kernel panic - not syncing: Fatal exception in interrupt"));
  }
}
