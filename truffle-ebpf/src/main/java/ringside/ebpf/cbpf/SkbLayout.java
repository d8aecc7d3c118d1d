package ringside.ebpf.cbpf;

import java.util.function.ToIntBiFunction;

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

  /**
   * Reads the layout.
   *
   * @param layout offset of a kernel struct's field, by struct and field name
   */
  public static SkbLayout of(ToIntBiFunction<String, String> layout) {
    int vlanProto = layout.applyAsInt("sk_buff", "vlan_proto");
    return new SkbLayout(
        layout.applyAsInt("sk_buff", "len"),
        layout.applyAsInt("sk_buff", "data_len"),
        layout.applyAsInt("sk_buff", "data"),
        layout.applyAsInt("sk_buff", "head"),
        layout.applyAsInt("sk_buff", "network_header"),
        layout.applyAsInt("sk_buff", "mac_header"),
        layout.applyAsInt("sk_buff", "protocol"),
        layout.applyAsInt("sk_buff", "__pkt_flags") - 1,
        layout.applyAsInt("sk_buff", "dev"),
        layout.applyAsInt("sk_buff", "mark"),
        layout.applyAsInt("sk_buff", "queue_mapping"),
        layout.applyAsInt("sk_buff", "hash"),
        layout.applyAsInt("sk_buff", "vlan_tci"),
        vlanProto,
        vlanProto,
        layout.applyAsInt("net_device", "ifindex"),
        layout.applyAsInt("net_device", "type"));
  }
}
