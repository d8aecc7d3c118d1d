package ringside.experiments.vm;

import com.oracle.truffle.api.TruffleLanguage;
import org.jspecify.annotations.Nullable;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.layout.StructLayouts;
import ringside.kernel.mm.Memory;

/** The built-in packet filter at XDP. */
public final class BuiltinXdpFilterNode extends BuiltinFilterNode {
  private static final long XDP_DROP = 1;
  private static final long XDP_PASS = 2;
  private static final int ETHERNET_HEADER = 14;

  /** {@code htons(ETH_P_IP)} as a little-endian load sees it. */
  private static final short ETH_P_IP = 0x0008;

  private final int dataOffset;
  private final int endOffset;

  /**
   * Makes the filter.
   *
   * @param table address of a {@code struct filter_table}
   * @param counters address of its counters
   */
  public BuiltinXdpFilterNode(
      @Nullable TruffleLanguage<?> language,
      Memory memory,
      StructLayouts layouts,
      long table,
      long counters) {
    super(language, memory, table, counters);
    StructLayout buffer = layouts.of("xdp_buff");
    this.dataOffset = buffer.offset("data");
    this.endOffset = buffer.offset("data_end");
  }

  @Override
  long verdict(long context) {
    long data = memory.readLong(context + dataOffset);
    long end = memory.readLong(context + endOffset);
    if (Long.compareUnsigned(data + ETHERNET_HEADER, end) > 0
        || memory.readShort(data + 12) != ETH_P_IP) {
      return XDP_PASS;
    }
    return drops(data + ETHERNET_HEADER, end) ? XDP_DROP : XDP_PASS;
  }
}
