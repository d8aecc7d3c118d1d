package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.MapType;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.format.elf.Section;

/** The maps of an object, and which bytes of its sections stand for which of them. */
final class ObjectMaps {
  private final ObjectFile file;
  private final List<MapDefinition> definitions = new ArrayList<>();

  /** By section and offset: maps that stand for a variable. */
  private final Map<Integer, Map<Long, Integer>> variables = new HashMap<>();

  /** By section: maps whose only value is the section. */
  private final Map<Integer, Integer> data = new HashMap<>();

  private int arena = -1;

  ObjectMaps(ObjectFile file) {
    this.file = file;
  }

  List<MapDefinition> definitions() {
    return List.copyOf(definitions);
  }

  int size() {
    return definitions.size();
  }

  /** Adds a map that a variable stands for. */
  void addVariable(int section, long offset, MapDefinition definition) {
    variables.computeIfAbsent(section, s -> new HashMap<>()).put(offset, definitions.size());
    if (definition.shape().type() == MapType.ARENA) {
      if (arena >= 0) {
        throw file.bad(
            "map '%s': only single ARENA map is supported (map '%s' is also ARENA)"
                .formatted(definition.name(), definitions.get(arena).name()));
      }
      arena = definitions.size();
    }
    definitions.add(definition);
  }

  /** Adds a map that a section stands for. */
  void addData(int section, MapDefinition definition) {
    data.put(section, definitions.size());
    definitions.add(definition);
  }

  /** Adds a map that nothing but the loader refers to; its index. */
  int add(MapDefinition definition) {
    definitions.add(definition);
    return definitions.size() - 1;
  }

  /** Gives the arena its globals. */
  void addArenaData(Section section, byte[] bytes) {
    if (arena < 0) {
      throw file.bad(
          ("elf: sec '%s': to use global __arena variables the ARENA map should be explicitly"
                  + " declared in SEC(\".maps\")")
              .formatted(section.name()));
    }
    MapDefinition map = definitions.get(arena);
    long room = Integer.toUnsignedLong(map.shape().maxEntries()) * PAGE_SIZE;
    if (bytes.length > room) {
      throw file.bad(
          ("elf: sec '%s': declared ARENA map size (%d) is too small to hold global __arena"
                  + " variables of size %d")
              .formatted(section.name(), room, bytes.length));
    }
    definitions.set(
        arena,
        new MapDefinition(map.name(), map.shape(), map.pinned(), map.inner(), map.slots(), bytes));
    data.put(section.index(), arena);
  }

  private static final int PAGE_SIZE = 4096;

  /** Whether variables in a section are maps. */
  boolean hasVariables(int section) {
    return variables.containsKey(section);
  }

  /** The map of a variable, or null. */
  @Nullable Integer variable(int section, long offset) {
    return variables.getOrDefault(section, Map.of()).get(offset);
  }

  /** The map whose value holds a section, or null. */
  @Nullable Integer data(int section) {
    return data.get(section);
  }
}
