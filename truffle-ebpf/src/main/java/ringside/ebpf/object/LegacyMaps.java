package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.object.BpfObject.Slot;
import ringside.format.elf.Section;
import ringside.format.elf.Symbol;

/**
 * Reads maps as they were defined before BTF: structs of numbers in section {@code maps}.
 *
 * <p>The first five are those of libbpf 0.x's {@code struct bpf_map_def}. What follows depends on
 * whose loader the object was written for: the kernel's samples have an inner map's index and a
 * NUMA node, iproute2's {@code struct bpf_elf_map} an id and a pinning scope, later also the inner
 * map's id and the place where this map goes in its outer one.
 */
final class LegacyMaps {
  /** {@code sizeof(struct bpf_map_def)}. */
  private static final int BASIC = 20;

  /** Two more words, of the kernel's samples or of iproute2. */
  private static final int LONG = 28;

  /** {@code sizeof(struct bpf_elf_map)} of iproute2. */
  private static final int IPROUTE = 36;

  private static final int NO_SLOT = -1;

  private final ObjectFile file;
  private final List<Legacy> legacy = new ArrayList<>();

  /** A map and what its definition says of others. */
  private static final class Legacy {
    final Symbol symbol;
    final MapAttributes attributes = new MapAttributes();
    final List<Slot> slots = new ArrayList<>();
    int id;
    int innerId;
    int innerIndex = NO_SLOT;
    int slot = NO_SLOT;

    Legacy(Symbol symbol) {
      this.symbol = symbol;
    }
  }

  LegacyMaps(ObjectFile file) {
    this.file = file;
  }

  void readInto(ObjectMaps maps) {
    Map<Integer, List<Symbol>> symbols = new HashMap<>();
    for (Symbol symbol : file.elf().symbols()) {
      if (symbol.type() != Symbol.STT_SECTION && symbol.type() != Symbol.STT_FILE) {
        symbols.computeIfAbsent(symbol.section(), s -> new ArrayList<>()).add(symbol);
      }
    }
    for (Section section : file.elf().sections()) {
      boolean ours = section.name().equals("maps") || section.name().startsWith("maps/");
      if (ours && section.type() == Section.SHT_PROGBITS) {
        readSection(section, symbols.getOrDefault(section.index(), List.of()));
      }
    }
    linkInner();
    for (Legacy map : legacy) {
      maps.addVariable(
          map.symbol.section(),
          map.symbol.value(),
          map.attributes.define(file, file.btf(), map.symbol.name(), map.slots));
    }
  }

  private void readSection(Section section, List<Symbol> symbols) {
    byte[] bytes = file.elf().bytes(section);
    if (symbols.isEmpty() || bytes.length % symbols.size() != 0) {
      throw file.bad(
          "unable to determine legacy map definition size in %s: %d bytes for %d maps"
              .formatted(section.name(), bytes.length, symbols.size()));
    }
    int size = bytes.length / symbols.size();
    for (Symbol symbol :
        symbols.stream().sorted(Comparator.comparingLong(Symbol::value)).toList()) {
      if (symbol.value() < 0 || symbol.value() + size > bytes.length) {
        throw file.bad(
            "corrupted maps section in %s: last map \"%s\" too small"
                .formatted(file.elf().name(), symbol.name()));
      }
      legacy.add(definition(symbol, bytes, (int) symbol.value(), size));
    }
  }

  private Legacy definition(Symbol symbol, byte[] bytes, int at, int size) {
    int[] words = new int[Math.max(BASIC, size) / Integer.BYTES];
    for (int i = 0; i < size / Integer.BYTES; i++) {
      words[i] = Bytes.word(bytes, at + i * Integer.BYTES);
    }
    Legacy map = new Legacy(symbol);
    MapAttributes attributes = map.attributes;
    attributes.type = words[0];
    attributes.keySize = words[1];
    attributes.valueSize = words[2];
    attributes.maxEntries = words[3];
    attributes.flags = words[4];
    if (attributes.isMapOfMaps() && attributes.valueSize == 0) {
      attributes.valueSize = Integer.BYTES;
    }
    if (size == IPROUTE) {
      scope(map, words[5], words[6]);
      map.innerId = words[7];
      map.slot = map.id == 0 ? NO_SLOT : words[8];
    } else if (size == LONG && attributes.isMapOfMaps()) {
      map.innerIndex = words[5];
      attributes.numaNode = words[6];
    } else if (size == LONG && (attributes.flags & MapDescriptor.BPF_F_NUMA_NODE) != 0) {
      attributes.numaNode = words[6];
    } else if (size == LONG) {
      scope(map, words[5], words[6]);
    } else {
      for (int i = at + BASIC; i < at + size; i++) {
        if (bytes[i] != 0) {
          throw file.bad(
              "maps section in %s: \"%s\" has unrecognized, non-zero options"
                  .formatted(file.elf().name(), symbol.name()));
        }
      }
    }
    return map;
  }

  private void scope(Legacy map, int id, int pinning) {
    if (pinning < 0 || pinning > 2) {
      throw file.bad("map '%s': invalid pinning value %d.".formatted(map.symbol.name(), pinning));
    }
    map.id = id;
    map.attributes.pinned = pinning != 0;
  }

  private void linkInner() {
    Map<Integer, Legacy> byId = new HashMap<>();
    legacy.stream().filter(m -> m.id != 0).forEach(m -> byId.putIfAbsent(m.id, m));
    for (Legacy outer : legacy) {
      if (!outer.attributes.isMapOfMaps()) {
        continue;
      }
      Legacy inner = null;
      if (outer.innerIndex >= 0 && outer.innerIndex < legacy.size()) {
        inner = legacy.get(outer.innerIndex);
      } else if (outer.innerIndex == NO_SLOT) {
        inner = byId.get(outer.innerId);
        if (inner != null && inner.slot >= 0) {
          outer.slots.add(new Slot(inner.slot, inner.symbol.name()));
        }
      }
      if (inner == null || inner.attributes.isMapOfMaps()) {
        throw file.bad(
            "map '%s': failed to create inner map: it names none".formatted(outer.symbol.name()));
      }
      outer.attributes.inner = inner.attributes;
    }
  }
}
