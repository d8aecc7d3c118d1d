package ringside.ebpf.map;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a map type besides its code: who may create it, who may use it, what its values
 * may hold.
 *
 * @param factory makes a map of the type; null where a part of the kernel is missing
 * @param needs the part of the kernel that is missing; empty where nothing is
 * @param privilege what it takes to create one
 * @param own helpers that only types naming them may be passed to
 * @param general helpers of all maps that it may be passed to; null for any
 * @param fields the special fields that values may hold, a mask of {@link BtfFieldType#bit}
 * @param sleepable whether sleepable programs may use it
 * @param btf what its BTF must look like
 */
record MapRow(
    @Nullable Factory factory,
    String needs,
    Privilege privilege,
    Set<Integer> own,
    @Nullable Set<Integer> general,
    int fields,
    boolean sleepable,
    BtfRule btf) {

  /** Makes a map. */
  @FunctionalInterface
  interface Factory {
    /**
     * Checks the shape and makes the map.
     *
     * @param address of its {@code struct bpf_map}
     * @throws MapException with the kernel's errno
     */
    BpfMap create(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException;
  }

  /** What it takes to create a map. */
  enum Privilege {
    NONE,
    CAP_BPF,
    CAP_NET_ADMIN
  }

  /** A type with code. */
  static MapRow of(Factory factory) {
    return new MapRow(factory, "", Privilege.NONE, Set.of(), null, 0, false, BtfRule.KEYED);
  }

  /** A type whose part of the kernel is missing here. */
  static MapRow missing(String needs) {
    return new MapRow(null, needs, Privilege.NONE, Set.of(), null, 0, false, BtfRule.NONE);
  }

  MapRow needs(Privilege needed) {
    return new MapRow(factory, needs, needed, own, general, fields, sleepable, btf);
  }

  MapRow helpers(Set<Integer> ownHelpers, @Nullable Set<Integer> generalHelpers) {
    return new MapRow(
        factory, needs, privilege, ownHelpers, generalHelpers, fields, sleepable, btf);
  }

  MapRow fields(int mask) {
    return new MapRow(factory, needs, privilege, own, general, mask, sleepable, btf);
  }

  MapRow forSleepable() {
    return new MapRow(factory, needs, privilege, own, general, fields, true, btf);
  }

  MapRow btf(BtfRule rule) {
    return new MapRow(factory, needs, privilege, own, general, fields, sleepable, rule);
  }
}
