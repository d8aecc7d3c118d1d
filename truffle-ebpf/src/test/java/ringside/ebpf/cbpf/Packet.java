package ringside.ebpf.cbpf;

import ringside.kernel.Kernel;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;

/**
 * A packet as a filter sees it, and its {@code struct sk_buff}.
 *
 * @param buffer from {@code skb->head} on
 * @param data where {@code skb->data} is in it
 * @param mac where the link-layer header is, or -1 for none
 * @param network where the network header is
 * @param ifindex 0 for a packet without a device
 */
@SuppressWarnings("ArrayRecordComponent") // made for one test, never compared
record Packet(
    byte[] buffer,
    int data,
    int mac,
    int network,
    int protocol,
    int type,
    int ifindex,
    int hatype,
    int mark,
    int queue,
    int hash,
    int vlanProtocol,
    int vlanTag) {
  private static final int MAC_NOT_SET = 0xffff;

  /** A frame as a packet socket gets it: data begins at the Ethernet header. */
  static Packet frame(byte[] frame) {
    int protocol = ((frame[12] & 0xff) << 8) | (frame[13] & 0xff);
    return new Packet(frame, 0, 0, 14, protocol, 0, 1, 1, 0, 0, 0, 0, 0);
  }

  int length() {
    return buffer.length - data;
  }

  /** Makes the {@code sk_buff}; its memory is the kernel's to keep. */
  long build(Kernel kernel) {
    StructLayout layout = kernel.layouts().of("sk_buff");
    StructLayout device = kernel.layouts().of("net_device");
    long head = kernel.slab().kmalloc(Math.max(8, buffer.length), Gfp.KERNEL | Gfp.ZERO);
    long skb = kernel.slab().kmalloc(layout.size(), Gfp.KERNEL | Gfp.ZERO);
    long dev = kernel.slab().kmalloc(device.size(), Gfp.KERNEL | Gfp.ZERO);
    var memory = kernel.memory();
    memory.write(head, buffer, 0, buffer.length);
    memory.writeLong(skb + layout.offset("head"), head);
    memory.writeLong(skb + layout.offset("data"), head + data);
    memory.writeInt(skb + layout.offset("len"), length());
    memory.writeShort(skb + layout.offset("mac_header"), (short) (mac < 0 ? MAC_NOT_SET : mac));
    memory.writeShort(skb + layout.offset("network_header"), (short) network);
    memory.writeShort(skb + layout.offset("protocol"), Short.reverseBytes((short) protocol));
    memory.writeByte(skb + SkbLayout.of(kernel.layouts()).pktType(), (byte) (type | 0xa8));
    memory.writeInt(skb + layout.offset("mark"), mark);
    memory.writeShort(skb + layout.offset("queue_mapping"), (short) queue);
    memory.writeInt(skb + layout.offset("hash"), hash);
    memory.writeShort(skb + layout.offset("vlan_proto"), Short.reverseBytes((short) vlanProtocol));
    memory.writeShort(skb + layout.offset("vlan_tci"), (short) vlanTag);
    memory.writeInt(dev + device.offset("ifindex"), ifindex);
    memory.writeShort(dev + device.offset("type"), (short) hatype);
    memory.writeLong(skb + layout.offset("dev"), ifindex == 0 ? 0 : dev);
    return skb;
  }

  /** Frees what {@link #build} made. */
  static void free(Kernel kernel, long skb) {
    StructLayout layout = kernel.layouts().of("sk_buff");
    long device = kernel.memory().readLong(skb + layout.offset("dev"));
    if (device != 0) {
      kernel.slab().kfree(device);
    }
    kernel.slab().kfree(kernel.memory().readLong(skb + layout.offset("head")));
    kernel.slab().kfree(skb);
  }
}
