package ringside.ebpf.object;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.object.BpfObject.Slot;
import ringside.format.BadInputException;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.elf.Relocation;
import ringside.format.elf.Section;
import ringside.format.elf.Symbol;

/** Reads BTF-defined maps: the variables of section {@code .maps}. */
final class BtfMaps {
  private static final String SECTION = ".maps";
  private static final int POINTER_SIZE = 8;
  private static final int GLOBAL = 1;

  private final ObjectFile file;
  private final Btf btf;
  private final Map<Integer, CodeSection> code;

  /** What the elements of {@code values} refer to, by offset in the section. */
  private final TreeMap<Long, Relocation> references = new TreeMap<>();

  BtfMaps(ObjectFile file, Btf btf, Map<Integer, CodeSection> code) {
    this.file = file;
    this.btf = btf;
    this.code = code;
  }

  void readInto(ObjectMaps maps) {
    Optional<Section> found = file.elf().section(SECTION);
    if (found.isEmpty()) {
      return;
    }
    Section section = found.get();
    if (!file.hasBtf()) {
      throw file.badWithHint(
          "compile with -g", "BTF is required, but is missing or corrupted (no .BTF section)");
    }
    for (Relocation relocation : file.elf().relocations(section)) {
      references.put(relocation.offset(), relocation);
    }
    int id =
        btf.find(SECTION, BtfType.Datasec.class)
            .orElseThrow(() -> file.bad("DATASEC '%s' not found.".formatted(SECTION)));
    BtfType.Datasec layout = (BtfType.Datasec) btf.type(id);
    for (int i = 0; i < layout.variables().size(); i++) {
      readVariable(section, layout.variables().get(i), i, maps);
    }
    if (!references.isEmpty()) {
      throw file.bad(
          ".maps relo: cannot find map '%s' at rel->r_offset %d"
              .formatted(
                  references.firstEntry().getValue().symbol().name(), references.firstKey()));
    }
  }

  private void readVariable(
      Section section, BtfType.SectionVariable place, int index, ObjectMaps maps) {
    if (!(btf.type(place.type()) instanceof BtfType.Var variable)) {
      throw file.bad("map #%d: unexpected var kind %s.".formatted(index, kind(place.type())));
    }
    String name = variable.name();
    if (name.isEmpty()) {
      throw file.bad("map #%d: empty name.".formatted(index));
    }
    long offset = Integer.toUnsignedLong(place.offset());
    long size = Integer.toUnsignedLong(place.size());
    if (offset + size > section.size()) {
      throw file.bad("map '%s' BTF data is corrupted.".formatted(name));
    }
    if (variable.linkage() != GLOBAL) {
      throw file.bad(
          "map '%s': unsupported map linkage %s."
              .formatted(name, variable.linkage() == 0 ? "static" : "extern"));
    }
    if (!(btf.stripped(variable.type()) instanceof BtfType.Struct struct)) {
      throw file.bad("map '%s': unexpected def kind %s.".formatted(name, kind(variable.type())));
    }
    if (struct.size() > size) {
      throw file.bad("map '%s': invalid def size.".formatted(name));
    }
    MapAttributes attributes = new MapAttributes();
    readStruct(name, struct, attributes, false);
    List<Slot> slots = slots(name, offset, size, struct, attributes);
    maps.addVariable(section.index(), offset, attributes.define(file, btf, name, slots));
  }

  private void readStruct(
      String map, BtfType.Struct struct, MapAttributes attributes, boolean inner) {
    for (int i = 0; i < struct.members().size(); i++) {
      BtfType.Member member = struct.members().get(i);
      switch (member.name()) {
        case "type" -> attributes.type = number(map, member);
        case "max_entries" -> attributes.maxEntries = number(map, member);
        case "map_flags" -> attributes.flags = number(map, member);
        case "numa_node" -> attributes.numaNode = number(map, member);
        case "map_extra" -> attributes.mapExtra = longNumber(map, member);
        case "key_size" ->
            attributes.keySize = same(map, "key", attributes.keySize, number(map, member));
        case "value_size" ->
            attributes.valueSize = same(map, "value", attributes.valueSize, number(map, member));
        case "key" -> {
          attributes.keyType = pointee(map, "key", member);
          int size = size(map, "key", attributes.keyType);
          attributes.keySize = same(map, "key", attributes.keySize, size);
        }
        case "value" -> {
          attributes.valueType = pointee(map, "value", member);
          int size = size(map, "value", attributes.valueType);
          attributes.valueSize = same(map, "value", attributes.valueSize, size);
        }
        case "values" -> {
          if (inner) {
            throw file.bad("map '%s': multi-level inner maps not supported.".formatted(map));
          }
          if (i != struct.members().size() - 1) {
            throw file.bad("map '%s': 'values' member should be last.".formatted(map));
          }
          readValues(map, member, attributes);
        }
        case "pinning" -> {
          int pinning = number(map, member);
          if (inner) {
            throw file.bad("map '%s': inner def can't be pinned.".formatted(map));
          }
          if (pinning != 0 && pinning != 1) {
            throw file.bad("map '%s': invalid pinning value %d.".formatted(map, pinning));
          }
          attributes.pinned = pinning == 1;
        }
        default -> throw file.bad("map '%s': unknown field '%s'.".formatted(map, member.name()));
      }
    }
    if (attributes.type == 0) {
      throw file.bad("map '%s': map type isn't specified.".formatted(map));
    }
  }

  private void readValues(String map, BtfType.Member member, MapAttributes attributes) {
    boolean ofMaps = attributes.isMapOfMaps();
    String what = ofMaps ? "map-in-map inner" : "prog-array value";
    if (!ofMaps && !attributes.isProgramArray()) {
      throw file.bad("map '%s': should be map-in-map or prog-array.".formatted(map));
    }
    attributes.valueSize = same(map, "value", attributes.valueSize, 4);
    if (!(btf.type(member.type()) instanceof BtfType.Array array) || array.count() != 0) {
      throw file.bad("map '%s': %s spec is not a zero-sized array.".formatted(map, what));
    }
    if (!(btf.stripped(array.element()) instanceof BtfType.Ptr pointer)) {
      throw file.bad(
          "map '%s': %s def is of unexpected kind %s.".formatted(map, what, kind(array.element())));
    }
    BtfType element = btf.stripped(pointer.type());
    if (ofMaps && element instanceof BtfType.Struct struct) {
      MapAttributes template = new MapAttributes();
      readStruct(map + ".inner", struct, template, true);
      attributes.inner = template;
    } else if (ofMaps || !(element instanceof BtfType.FuncProto)) {
      throw file.bad(
          "map '%s': %s def is of unexpected kind %s.".formatted(map, what, element.kindLabel()));
    }
  }

  /** What the elements of {@code values} hold, by the relocations of the section. */
  private List<Slot> slots(
      String map, long start, long size, BtfType.Struct struct, MapAttributes attributes) {
    Map<Long, Relocation> mine = references.subMap(start, start + size);
    if (mine.isEmpty()) {
      return List.of();
    }
    BtfType.Member last = struct.members().isEmpty() ? null : struct.members().getLast();
    List<Slot> slots = new ArrayList<>();
    for (Relocation relocation : mine.values()) {
      Symbol symbol = relocation.symbol();
      long at = last == null ? -1 : relocation.offset() - start - last.bitOffset() / 8;
      if (last == null || !last.name().equals("values") || at < 0 || at % POINTER_SIZE != 0) {
        throw file.bad(
            ".maps relo: '%s' at rel->r_offset %d is in no 'values' of map '%s'"
                .formatted(symbol.name(), relocation.offset(), map));
      }
      checkTarget(map, symbol, attributes);
      slots.add(new Slot((int) (at / POINTER_SIZE), symbol.name()));
    }
    mine.clear();
    return slots;
  }

  private void checkTarget(String map, Symbol symbol, MapAttributes attributes) {
    if (attributes.isProgramArray()) {
      CodeSection section = code.get(symbol.section());
      CodeSection.Function function =
          section == null || symbol.value() % 8 != 0
              ? null
              : section.functionAt(symbol.value() / 8);
      if (file.isText(symbol.section())) {
        throw file.bad(".maps relo: '%s' isn't a valid program reference".formatted(symbol.name()));
      }
      if (function == null) {
        throw file.bad(".maps relo: '%s' isn't an entry-point program".formatted(symbol.name()));
      }
      return;
    }
    if (!symbol.isInSection() || !file.section(symbol.section()).name().equals(SECTION)) {
      throw file.bad(".maps relo: '%s' isn't a BTF-defined map".formatted(symbol.name()));
    }
    if (attributes.keySize != Integer.BYTES) {
      throw file.bad(".maps relo: hash-of-maps '%s' should have key size 4.".formatted(map));
    }
  }

  /** {@code __uint(field, n)}: a pointer to an array of n. */
  private int number(String map, BtfType.Member member) {
    if (!(btf.stripped(member.type()) instanceof BtfType.Ptr pointer)) {
      throw file.bad(
          "map '%s': attr '%s': expected PTR, got %s."
              .formatted(map, member.name(), kind(member.type())));
    }
    if (!(btf.type(pointer.type()) instanceof BtfType.Array array)) {
      throw file.bad(
          "map '%s': attr '%s': expected ARRAY, got %s."
              .formatted(map, member.name(), kind(pointer.type())));
    }
    return array.count();
  }

  /** {@code __ulong(field, n)}: an enum with n as its only enumerator. */
  private long longNumber(String map, BtfType.Member member) {
    return switch (btf.stripped(member.type())) {
      case BtfType.Ptr _ -> number(map, member);
      case BtfType.Enum32 e when e.values().size() == 1 -> e.values().getFirst().value();
      case BtfType.Enum64 e when e.values().size() == 1 -> e.values().getFirst().value();
      case BtfType other ->
          throw file.bad(
              "map '%s': attr '%s': expected ENUM or ENUM64, got %s."
                  .formatted(map, member.name(), other.kindLabel()));
    };
  }

  /** {@code __type(field, T)}: a pointer to T. */
  private int pointee(String map, String what, BtfType.Member member) {
    if (btf.type(member.type()) instanceof BtfType.Ptr pointer) {
      return pointer.type();
    }
    throw file.bad("map '%s': %s spec is not PTR: %s.".formatted(map, what, kind(member.type())));
  }

  private int size(String map, String what, int type) {
    try {
      return (int) btf.sizeOf(type);
    } catch (BadInputException e) {
      throw file.bad(
          "map '%s': can't determine %s size for type [%d]: -22.".formatted(map, what, type));
    }
  }

  private int same(String map, String what, int before, int now) {
    if (before != 0 && before != now) {
      throw file.bad("map '%s': conflicting %s size %d != %d.".formatted(map, what, before, now));
    }
    return now;
  }

  private String kind(@Nullable Integer type) {
    return type == null ? "?" : btf.type(type).kindLabel();
  }
}
