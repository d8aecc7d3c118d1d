package ringside.ebpf.uapi;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** The fields of one struct that user space and the kernel exchange, by dotted path. */
final class Fields {
  private final int size;
  private final Map<String, Place> places;

  /** Where a field lies, in bytes. */
  record Place(int offset, int size) {
    int end() {
      return offset + size;
    }
  }

  private Fields(int size, Map<String, Place> places) {
    this.size = size;
    this.places = places;
  }

  static Fields of(Btf btf, BtfType.Composite struct) {
    Map<String, Place> places = new LinkedHashMap<>();
    collect(btf, struct, "", 0, places);
    return new Fields((int) struct.size(), places);
  }

  private static void collect(
      Btf btf, BtfType.Composite struct, String prefix, int base, Map<String, Place> into) {
    for (BtfType.Member member : struct.members()) {
      int offset = base + member.bitOffset() / 8;
      String path = prefix + member.name();
      if (!member.name().isEmpty()) {
        into.putIfAbsent(path, new Place(offset, (int) btf.sizeOf(member.type())));
      }
      if (btf.stripped(member.type()) instanceof BtfType.Composite inner) {
        collect(btf, inner, member.name().isEmpty() ? prefix : path + ".", offset, into);
      }
    }
  }

  /** The struct's size in bytes. */
  int size() {
    return size;
  }

  /** The names of all fields. */
  Set<String> names() {
    return places.keySet();
  }

  /** Where a field lies. */
  Place place(String field) {
    Place place = places.get(field);
    if (place == null) {
      throw new IllegalArgumentException("no field " + field + " among " + places.keySet());
    }
    return place;
  }
}
