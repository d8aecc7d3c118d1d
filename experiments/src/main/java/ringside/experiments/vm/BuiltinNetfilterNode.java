package ringside.experiments.vm;

import com.oracle.truffle.api.TruffleLanguage;
import org.jspecify.annotations.Nullable;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.layout.StructLayouts;
import ringside.kernel.mm.Memory;

/** The built-in packet filter at netfilter's PRE_ROUTING. */
public final class BuiltinNetfilterNode extends BuiltinFilterNode {
  private static final long NF_DROP = 0;
  private static final long NF_ACCEPT = 1;

  private final int headOffset;
  private final int networkHeaderOffset;
  private final int dataOffset;
  private final int lenOffset;
  private final int dataLenOffset;

  /**
   * Makes the filter.
   *
   * @param table address of a {@code struct filter_table}
   * @param counters address of its counters
   */
  public BuiltinNetfilterNode(
      @Nullable TruffleLanguage<?> language,
      Memory memory,
      StructLayouts layouts,
      long table,
      long counters) {
    super(language, memory, table, counters);
    StructLayout skb = layouts.of("sk_buff");
    this.headOffset = skb.offset("head");
    this.networkHeaderOffset = skb.offset("network_header");
    this.dataOffset = skb.offset("data");
    this.lenOffset = skb.offset("len");
    this.dataLenOffset = skb.offset("data_len");
  }

  @Override
  long verdict(long skb) {
    long ip =
        memory.readLong(skb + headOffset)
            + Short.toUnsignedInt(memory.readShort(skb + networkHeaderOffset));
    long end =
        memory.readLong(skb + dataOffset)
            + Integer.toUnsignedLong(
                memory.readInt(skb + lenOffset) - memory.readInt(skb + dataLenOffset));
    return drops(ip, end) ? NF_DROP : NF_ACCEPT;
  }
}
