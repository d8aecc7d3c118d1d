package ringside.ebpf.object;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.MapBtf;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.ebpf.object.BpfObject.Slot;
import ringside.format.btf.Btf;

/** The attributes of a map while they are being read. */
final class MapAttributes {
  private static final int NAME_LIMIT = 15;
  private static final int PAGE_SIZE = 4096;

  int type;
  int keySize;
  int valueSize;
  int maxEntries;
  int flags;
  int numaNode;
  long mapExtra;
  int keyType;
  int valueType;
  boolean pinned;
  @Nullable MapAttributes inner;

  /** What the kernel calls it: at most 15 characters. */
  static String shortName(String name) {
    return name.substring(0, Math.min(NAME_LIMIT, name.length()));
  }

  boolean isMapOfMaps() {
    return type == MapType.ARRAY_OF_MAPS.id() || type == MapType.HASH_OF_MAPS.id();
  }

  boolean isProgramArray() {
    return type == MapType.PROG_ARRAY.id();
  }

  MapDefinition define(ObjectFile file, Btf types, String name, List<Slot> slots) {
    MapType known = MapType.byId(type);
    if (known == null || known == MapType.UNSPEC) {
      throw file.bad("map '%s': has no map type that Linux knows (%d)".formatted(name, type));
    }
    MapAttributes template = inner;
    MapDefinition innerMap =
        template == null ? null : template.define(file, types, name + ".inner", List.of());
    MapDescriptor shape =
        MapDescriptor.of(known, keySize, valueSize, entries(known))
            .withName(shortName(name))
            .withFlags(flags)
            .withMapExtra(mapExtra)
            .withPlace(numaNode, 0)
            .withInner(innerMap == null ? null : innerMap.shape());
    if (keyType + valueType != 0 && keepsTypes(known)) {
      shape = shape.withBtf(new MapBtf(types, 0, keyType, valueType));
    }
    return new MapDefinition(name, shape, pinned, innerMap, slots, null);
  }

  /** Whether libbpf tells the kernel the types of keys and values. */
  private static boolean keepsTypes(MapType type) {
    return switch (type) {
      case PERF_EVENT_ARRAY,
          CGROUP_ARRAY,
          STACK_TRACE,
          ARRAY_OF_MAPS,
          HASH_OF_MAPS,
          DEVMAP,
          DEVMAP_HASH,
          CPUMAP,
          XSKMAP,
          SOCKMAP,
          SOCKHASH,
          QUEUE,
          STACK,
          ARENA ->
          false;
      default -> true;
    };
  }

  private int entries(MapType known) {
    return switch (known) {
      // One buffer a CPU, and there is one.
      case PERF_EVENT_ARRAY -> maxEntries == 0 ? 1 : maxEntries;
      case RINGBUF, USER_RINGBUF -> ringSize(Integer.toUnsignedLong(maxEntries));
      default -> maxEntries;
    };
  }

  /** The next size that a ring buffer may have: whole pages, a power of two of them. */
  private static int ringSize(long wanted) {
    long pages = wanted / PAGE_SIZE;
    if (wanted == 0 || (wanted % PAGE_SIZE == 0 && Long.bitCount(pages) == 1)) {
      return (int) wanted;
    }
    for (long size = PAGE_SIZE; size <= 0xffffffffL; size *= 2) {
      if (size > wanted) {
        return (int) size;
      }
    }
    return (int) wanted;
  }
}
