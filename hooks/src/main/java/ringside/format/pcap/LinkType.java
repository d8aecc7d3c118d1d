package ringside.format.pcap;

/** Link types that captures declare, of which only Ethernet frames can be received. */
final class LinkType {
  /** {@code LINKTYPE_ETHERNET}. */
  static final int ETHERNET = 1;

  private LinkType() {}

  /** The name that tcpdump gives a link type, as far as users meet it. */
  private static String name(int type) {
    return switch (type) {
      case 0 -> "NULL (BSD loopback)";
      case 101 -> "RAW (bare IP)";
      case 105 -> "IEEE802_11 (Wi-Fi)";
      case 113 -> "LINUX_SLL (Linux cooked)";
      case 127 -> "IEEE802_11_RADIO (Wi-Fi with radiotap)";
      case 228 -> "IPV4";
      case 276 -> "LINUX_SLL2 (Linux cooked v2)";
      default -> "of that number";
    };
  }

  static PcapException unsupported(CaptureInput in, long at, int type) {
    return in.error(
        at,
        "link type %d, %s, not Ethernet (1)".formatted(type, name(type)),
        type == 113 || type == 276
            ? "`tcpdump -i any` makes such files; name an Ethernet interface: `tcpdump -i eth0`"
            : "capture on an Ethernet interface or on lo: `tcpdump -i eth0 -w FILE`");
  }
}
