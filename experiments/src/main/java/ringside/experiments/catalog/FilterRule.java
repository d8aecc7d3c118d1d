package ringside.experiments.catalog;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One rule of the packet filter as {@code workload.json} writes it.
 *
 * @param name for people
 * @param action {@code accept} or {@code drop}
 * @param protocol {@code tcp}, {@code udp}, {@code icmp}, or null for any
 * @param from source prefix such as {@code 10.0.0.0/8}, or null for any
 * @param to destination prefix, or null for any
 * @param sport source port or range such as {@code 53} or {@code 5353-5355}, or null for any
 * @param dport destination port or range, or null for any
 */
public record FilterRule(
    String name,
    String action,
    @Nullable String protocol,
    @Nullable String from,
    @Nullable String to,
    @Nullable String sport,
    @Nullable String dport) {
  /** {@code sizeof(struct filter_rule)}. */
  public static final int SIZE = 28;

  private static final Map<String, Integer> PROTOCOLS = Map.of("icmp", 1, "tcp", 6, "udp", 17);

  /** Appends the rule as {@code struct filter_rule}. */
  public void encode(ByteBuffer out) {
    out.order(ByteOrder.LITTLE_ENDIAN);
    prefix(out, from);
    prefix(out, to);
    ports(out, sport);
    ports(out, dport);
    Integer number = protocol == null ? Integer.valueOf(0) : PROTOCOLS.get(protocol);
    if (number == null) {
      throw new IllegalArgumentException("protocol " + protocol + " of rule \"" + name + "\"");
    }
    out.put(number.byteValue());
    out.put((byte) (protocol == null ? 0 : 0xff));
    out.put(
        (byte)
            switch (action) {
              case "accept" -> 0;
              case "drop" -> 1;
              default ->
                  throw new IllegalArgumentException(
                      "action " + action + " of rule \"" + name + "\"");
            });
    out.put((byte) 0);
  }

  private static void prefix(ByteBuffer out, @Nullable String prefix) {
    if (prefix == null) {
      out.putLong(0);
      return;
    }
    int slash = prefix.indexOf('/');
    int bits = slash < 0 ? 32 : Integer.parseInt(prefix.substring(slash + 1));
    String address = slash < 0 ? prefix : prefix.substring(0, slash);
    try {
      out.put(InetAddress.ofLiteral(address).getAddress());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("address " + address, e);
    }
    int mask = bits == 0 ? 0 : -1 << (32 - bits);
    out.putInt(Integer.reverseBytes(mask));
  }

  private static void ports(ByteBuffer out, @Nullable String range) {
    if (range == null) {
      out.putShort((short) 0).putShort((short) 0xffff);
      return;
    }
    int dash = range.indexOf('-');
    int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
    int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
    out.putShort((short) first).putShort((short) (last - first));
  }
}
