package ringside.ebpf.object;

import java.util.List;
import ringside.ebpf.map.MapBtf;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.elf.Section;

/** Makes maps of global data: {@code .data}, {@code .rodata}, {@code .bss} and their kin. */
final class DataMaps {
  private static final int NAME_LIMIT = 15;

  /** What libbpf leaves for a section's name at least. */
  private static final int SECTION_NAME = 7;

  private final ObjectFile file;
  private final Btf btf;

  DataMaps(ObjectFile file, Btf btf) {
    this.file = file;
    this.btf = btf;
  }

  void readInto(ObjectMaps maps) {
    for (Section section : file.elf().sections()) {
      boolean bytes = section.type() == Section.SHT_PROGBITS && !ObjectFile.isCode(section);
      boolean zeroes = section.type() == Section.SHT_NOBITS;
      boolean readOnly = bytes && named(section, ".rodata");
      boolean data = (bytes && named(section, ".data")) || (zeroes && named(section, ".bss"));
      if ((readOnly || data) && section.size() > 0) {
        if (section.size() > Integer.MAX_VALUE) {
          throw file.bad(
              "sec '%s': has %d bytes, too many for a map"
                  .formatted(section.name(), section.size()));
        }
        byte[] initial = bytes ? file.elf().bytes(section) : null;
        maps.addData(section.index(), map(section.name(), (int) section.size(), readOnly, initial));
      }
    }
    for (Section section : file.elf().sections()) {
      if (section.name().equals(".addr_space.1") && section.type() == Section.SHT_PROGBITS) {
        maps.addArenaData(section, file.elf().bytes(section));
      }
    }
  }

  private static boolean named(Section section, String name) {
    return section.name().equals(name) || section.name().startsWith(name + ".");
  }

  /**
   * The map of a section.
   *
   * @param initial null for zeroes
   */
  MapDefinition map(
      String section,
      int size,
      boolean readOnly,
      byte @org.jspecify.annotations.Nullable [] initial) {
    int type = btf.find(section, BtfType.Datasec.class).orElse(0);
    int flags =
        (readOnly ? MapDescriptor.BPF_F_RDONLY_PROG : 0)
            | (isShared(type) ? MapDescriptor.BPF_F_MMAPABLE : 0);
    MapDescriptor shape =
        MapDescriptor.of(MapType.ARRAY, Integer.BYTES, size, 1)
            .withName(name(section))
            .withFlags(flags);
    if (type != 0) {
      shape = shape.withBtf(new MapBtf(btf, 0, 0, type));
    }
    if (readOnly) {
      shape = shape.frozenWith(initial);
    }
    return new MapDefinition(section, shape, false, null, List.of(), initial);
  }

  /** Whether user space may have a use for it: some variable is neither static nor hidden. */
  private boolean isShared(int type) {
    return btf.type(type) instanceof BtfType.Datasec section
        && section.variables().stream()
            .anyMatch(v -> btf.type(v.type()) instanceof BtfType.Var var && var.linkage() != 0);
  }

  /** libbpf's name for the kernel: some of the object's, then the section's. */
  private String name(String section) {
    int suffix = Math.min(Math.max(SECTION_NAME, section.length()), NAME_LIMIT);
    boolean custom = section.indexOf('.', 1) > 0;
    String object = file.name();
    String prefix =
        custom ? "" : object.substring(0, Math.min(NAME_LIMIT - suffix, object.length()));
    return MapAttributes.shortName(prefix + section).replaceAll("[^A-Za-z0-9_.]", "_");
  }
}
