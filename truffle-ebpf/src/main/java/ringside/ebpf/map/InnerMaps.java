package ringside.ebpf.map;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;

/** What maps of maps ask of the maps in them ({@code kernel/bpf/map_in_map.c}). */
final class InnerMaps {
  private InnerMaps() {}

  /** Checks the template ({@code bpf_map_meta_alloc}). */
  static void requireTemplate(MapDescriptor shape) throws MapException {
    MapDescriptor template = shape.inner();
    if (template == null) {
      throw new MapException(Errno.EBADF, "a map of maps needs an inner map to go by");
    }
    MapChecks.require(!template.type().holdsMaps(), "maps of maps of maps do not exist");
    boolean comparable =
        switch (template.type()) {
          case PROG_ARRAY, CGROUP_STORAGE, PERCPU_CGROUP_STORAGE, STRUCT_OPS -> false;
          default -> true;
        };
    if (!comparable) {
      throw new MapException(
          Errno.ENOTSUPP, template.type().label() + " maps cannot be inner maps");
    }
  }

  /** Why a map does not go into another: 0 where it does, or a negative errno. */
  static long refusal(MapDescriptor outer, @Nullable BpfMap map) {
    if (map == null) {
      return -Errno.EBADF;
    }
    MapDescriptor template = outer.inner();
    return template != null && equal(template, map.descriptor()) ? 0 : -Errno.EINVAL;
  }

  /** {@code map_meta_equal} of the template's type. */
  private static boolean equal(MapDescriptor template, MapDescriptor map) {
    boolean same =
        template.type() == map.type()
            && template.keySize() == map.keySize()
            && template.valueSize() == map.valueSize()
            && template.flags() == map.flags()
            && Objects.equals(template.record(), map.record());
    boolean sized = template.type() == MapType.ARRAY || template.type() == MapType.PERCPU_ARRAY;
    return same
        && (!sized
            || template.has(MapDescriptor.BPF_F_INNER_MAP)
            || template.maxEntries() == map.maxEntries());
  }
}
