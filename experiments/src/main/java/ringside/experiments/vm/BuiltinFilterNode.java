package ringside.experiments.vm;

import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.RootNode;
import org.jspecify.annotations.Nullable;
import ringside.kernel.mm.Memory;

/**
 * The packet filter's core in Java, as if compiled into the kernel.
 *
 * <p>Follows {@code packet-filter/core.h} statement by statement, over a table and counters of the
 * same layout in kernel memory; the subclasses find the packet at their hook.
 */
abstract class BuiltinFilterNode extends RootNode {
  /** {@code FILTER_RULES}. */
  static final int RULES = 16;

  /** {@code sizeof(struct filter_rule)}. */
  static final int RULE_SIZE = 28;

  /** {@code offsetof(struct filter_table, rule)}. */
  static final int FIRST_RULE = 4;

  private static final int COUNTER_SIZE = 16;
  private static final int IPV4_HEADER = 20;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int FRAGMENT_OFFSET = 0x1fff;

  final Memory memory;
  private final long table;
  private final long counters;

  BuiltinFilterNode(
      @Nullable TruffleLanguage<?> language, Memory memory, long table, long counters) {
    super(language);
    this.memory = memory;
    this.table = table;
    this.counters = counters;
  }

  @Override
  public final Object execute(VirtualFrame frame) {
    return verdict((long) frame.getArguments()[0]);
  }

  /** The hook's verdict on the event whose first argument is {@code context}. */
  abstract long verdict(long context);

  /** Whether the IPv4 packet between two addresses is to be dropped; counts it. */
  final boolean drops(long ip, long end) {
    if (Long.compareUnsigned(ip + IPV4_HEADER, end) > 0) {
      return false;
    }
    int first = memory.readByte(ip);
    int header = (first & 15) * 4;
    if ((first & 0xf0) != 0x40 || header < IPV4_HEADER) {
      return false;
    }
    int length = port(ip + 2);
    if (length < header) {
      return false;
    }
    int protocol = memory.readByte(ip + 9) & 0xff;
    int sport = 0;
    int dport = 0;
    if ((protocol == TCP || protocol == UDP)
        && (port(ip + 6) & FRAGMENT_OFFSET) == 0
        && Long.compareUnsigned(ip + header + 4, end) <= 0) {
      sport = port(ip + header);
      dport = port(ip + header + 2);
    }
    int rule = match(memory.readInt(ip + 12), memory.readInt(ip + 16), sport, dport, protocol);
    long counter = counters + (long) rule * COUNTER_SIZE;
    memory.writeLong(counter, memory.readLong(counter) + 1);
    memory.writeLong(counter + 8, memory.readLong(counter + 8) + length);
    return rule < RULES && memory.readByte(table + FIRST_RULE + (long) rule * RULE_SIZE + 26) == 1;
  }

  private int match(int source, int destination, int sport, int dport, int protocol) {
    int rules = Math.min(memory.readInt(table), RULES);
    for (int i = 0; i < rules; i++) {
      long rule = table + FIRST_RULE + (long) i * RULE_SIZE;
      int miss = (source ^ memory.readInt(rule)) & memory.readInt(rule + 4);
      miss |= (destination ^ memory.readInt(rule + 8)) & memory.readInt(rule + 12);
      miss |= (protocol ^ memory.readByte(rule + 24)) & memory.readByte(rule + 25) & 0xff;
      miss |= outside(sport, memory.readShort(rule + 16), memory.readShort(rule + 18));
      miss |= outside(dport, memory.readShort(rule + 20), memory.readShort(rule + 22));
      if (miss == 0) {
        return i;
      }
    }
    return RULES;
  }

  /** Zero where a port lies in the range, else not. */
  private static int outside(int port, short first, short distance) {
    return ((distance & 0xffff) - ((port - first) & 0xffff)) >>> 31;
  }

  /** A halfword in network order. */
  private int port(long address) {
    return Short.toUnsignedInt(Short.reverseBytes(memory.readShort(address)));
  }

  @Override
  public final String getName() {
    return "builtin:packet_filter";
  }
}
