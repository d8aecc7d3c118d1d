package ringside.ebpf.cbpf;

import ringside.kernel.layout.StructLayout;
import ringside.kernel.layout.StructLayouts;

/**
 * Where translated filters find what they read of {@code struct sk_buff} and {@code struct
 * net_device}.
 *
 * @param pktType the byte whose lowest three bits are {@code pkt_type}
 * @param vlanAll {@code vlan_proto} and {@code vlan_tci} as one word
 */
public record SkbLayout(
    int len,
    int dataLen,
    int data,
    int head,
    int networkHeader,
    int macHeader,
    int protocol,
    int pktType,
    int dev,
    int mark,
    int queueMapping,
    int hash,
    int vlanTci,
    int vlanProto,
    int vlanAll,
    int ifindex,
    int deviceType) {

  /** Reads the layout of a kernel's structs. */
  public static SkbLayout of(StructLayouts layouts) {
    StructLayout skb = layouts.of("sk_buff");
    StructLayout device = layouts.of("net_device");
    return new SkbLayout(
        skb.offset("len"),
        skb.offset("data_len"),
        skb.offset("data"),
        skb.offset("head"),
        skb.offset("network_header"),
        skb.offset("mac_header"),
        skb.offset("protocol"),
        skb.offset("__pkt_flags") - 1,
        skb.offset("dev"),
        skb.offset("mark"),
        skb.offset("queue_mapping"),
        skb.offset("hash"),
        skb.offset("vlan_tci"),
        skb.offset("vlan_proto"),
        skb.offset("vlan_all"),
        device.offset("ifindex"),
        device.offset("type"));
  }
}
