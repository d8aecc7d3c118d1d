package ringside.kernel.net;

/** What became of a received frame, and where. */
public enum RxResult {
  /** Longer than the driver's largest buffer, or shorter than an Ethernet header. */
  LENGTH_ERROR(Stage.DRIVER),
  /** No memory for the packet. */
  NO_MEMORY(Stage.DRIVER),
  /** {@code XDP_ABORTED}, or a verdict that the driver does not know. */
  XDP_ABORTED(Stage.XDP),
  /** {@code XDP_DROP}. */
  XDP_DROP(Stage.XDP),
  /** {@code XDP_TX}: sent back out of the same device. */
  XDP_TX(Stage.XDP),
  /** {@code XDP_REDIRECT}. */
  XDP_REDIRECT(Stage.XDP),
  /** Not IPv4: no protocol of this kernel takes it. */
  NO_HANDLER(Stage.PROTOCOL),
  /** {@code IPSTATS_MIB_INHDRERRORS}: the IPv4 header contradicts itself. */
  IP_HEADER_ERROR(Stage.IP),
  /** {@code IPSTATS_MIB_CSUMERRORS}: the IPv4 header's checksum is wrong. */
  IP_CHECKSUM_ERROR(Stage.IP),
  /** {@code IPSTATS_MIB_INTRUNCATEDPKTS}: shorter than the IPv4 header says. */
  IP_TRUNCATED(Stage.IP),
  /** Netfilter said {@code NF_DROP}, or queued it where nobody takes from the queue. */
  NF_DROP(Stage.NETFILTER),
  /** Netfilter said {@code NF_STOLEN}: the packet belongs to the hook. */
  NF_STOLEN(Stage.NETFILTER),
  /** It passed everything. */
  DELIVERED(Stage.DELIVERED);

  private final Stage stage;

  RxResult(Stage stage) {
    this.stage = stage;
  }

  /** How far the frame came. */
  public Stage stage() {
    return stage;
  }

  /** The stages of the way in, in order. */
  public enum Stage {
    DRIVER,
    XDP,
    PROTOCOL,
    IP,
    NETFILTER,
    DELIVERED
  }
}
