package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.List;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Reads BTF-defined maps: the variables of section {@code .maps}. */
final class MapSection {
  private static final int NAME_LIMIT = 15;

  private final String where;
  private final Btf btf;

  MapSection(String where, Btf btf) {
    this.where = where;
    this.btf = btf;
  }

  List<BpfObject.MapDefinition> read() {
    List<BpfObject.MapDefinition> definitions = new ArrayList<>();
    for (BtfType type : btf.types()) {
      if (type instanceof BtfType.Datasec section && section.name().equals(".maps")) {
        for (BtfType.SectionVariable variable : section.variables()) {
          if (btf.type(variable.type()) instanceof BtfType.Var named) {
            definitions.add(definition(named));
          }
        }
      }
    }
    return definitions;
  }

  private BpfObject.MapDefinition definition(BtfType.Var variable) {
    String name = variable.name();
    if (!(btf.stripped(variable.type()) instanceof BtfType.Struct struct)) {
      throw bad(name, "is no struct");
    }
    int type = 0;
    int keySize = 0;
    int valueSize = 0;
    int maxEntries = 0;
    int flags = 0;
    int keyType = 0;
    int valueType = 0;
    for (BtfType.Member member : struct.members()) {
      switch (member.name()) {
        case "type" -> type = number(name, member);
        case "max_entries" -> maxEntries = number(name, member);
        case "map_flags" -> flags = number(name, member);
        case "key_size" -> keySize = number(name, member);
        case "value_size" -> valueSize = number(name, member);
        case "key" -> {
          keyType = pointee(name, member);
          keySize = (int) btf.sizeOf(keyType);
        }
        case "value" -> {
          valueType = pointee(name, member);
          valueSize = (int) btf.sizeOf(valueType);
        }
        case "numa_node", "map_extra" -> number(name, member);
        case "pinning" -> {
          if (number(name, member) != 0) {
            throw bad(name, "is to be pinned, which needs a bpf file system");
          }
        }
        case "values" -> throw bad(name, "holds maps or programs, which this loader cannot set up");
        default -> throw bad(name, "has an unknown field '" + member.name() + "'");
      }
    }
    MapType mapType = MapType.byId(type);
    if (mapType == null || mapType == MapType.UNSPEC) {
      throw bad(name, "has no map type that Linux knows (" + type + ")");
    }
    String shortName = name.length() > NAME_LIMIT ? name.substring(0, NAME_LIMIT) : name;
    MapDescriptor shape =
        MapDescriptor.of(mapType, keySize, valueSize, maxEntries)
            .withName(shortName)
            .withFlags(flags);
    return new BpfObject.MapDefinition(
        name, shape, keyType, valueType, 0, 0, false, null, List.of(), null);
  }

  /** {@code __uint(field, n)}: a pointer to an array of n. */
  private int number(String map, BtfType.Member member) {
    if (btf.stripped(member.type()) instanceof BtfType.Ptr pointer
        && btf.stripped(pointer.type()) instanceof BtfType.Array array) {
      return array.count();
    }
    throw bad(map, "field '" + member.name() + "' is not written with __uint");
  }

  /** {@code __type(field, T)}: a pointer to T. */
  private int pointee(String map, BtfType.Member member) {
    if (btf.stripped(member.type()) instanceof BtfType.Ptr pointer) {
      return pointer.type();
    }
    throw bad(map, "field '" + member.name() + "' is not written with __type");
  }

  private ObjectException bad(String map, String what) {
    return new ObjectException(where, "map '" + map + "' " + what, null);
  }
}
