package ringside.ebpf.verifier;

import java.util.OptionalLong;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/** The addresses that the log shows in place of map references: made up, but stable. */
final class MapAddress {
  private static final long BASE = 0xff60_0000_8000_0000L;

  private static final long ARENA_PAGE_SIZE = 4096;

  private MapAddress() {}

  static long of(MapDescriptor map) {
    return BASE + 0x1000L * map.id();
  }

  /** Tells whether the map type has values that an instruction can refer to. */
  static boolean hasDirectValue(MapDescriptor map) {
    return map.type().hasDirectValues();
  }

  /** The address of a byte of the map's only value; empty if there is no such byte. */
  static OptionalLong ofValue(MapDescriptor map, int offset) {
    if (map.type() == MapType.ARENA) {
      long size = (map.maxEntries() & 0xffff_ffffL) * ARENA_PAGE_SIZE;
      boolean within = (offset & 0xffff_ffffL) <= size;
      return within ? OptionalLong.of(of(map) + offset) : OptionalLong.empty();
    }
    boolean inside = map.maxEntries() == 1 && Integer.compareUnsigned(offset, map.valueSize()) < 0;
    return inside ? OptionalLong.of(of(map) + offset) : OptionalLong.empty();
  }
}
