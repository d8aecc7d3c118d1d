package ringside.ebpf.map;

import org.jspecify.annotations.Nullable;

/**
 * A map as {@code BPF_MAP_CREATE} asks for it, and as the verifier and listings see it.
 *
 * <p>Start from {@link #of} and add with the {@code with…} methods. The id and the special fields
 * are the kernel's to say: what a request has there is ignored.
 *
 * @param id its id, for listings
 * @param name {@code map_name}, at most 15 characters
 * @param keySize bytes
 * @param valueSize bytes
 * @param maxEntries as an unsigned number
 * @param flags {@code BPF_F_*} of creation
 * @param mapExtra {@code map_extra}: hash functions of a bloom filter, address of an arena
 * @param numaNode looked at with {@code BPF_F_NUMA_NODE} only
 * @param ifindex {@code map_ifindex}: the device that an offloaded map is for; 0 for none
 * @param inner the template of a map of maps
 * @param btf the types of keys and values, or null
 * @param record the special fields of values, or null where there are none
 * @param frozen whether user space gave up writing it ({@code BPF_MAP_FREEZE})
 * @param constants for a frozen {@code BPF_F_RDONLY_PROG} array, its values' bytes, which the
 *     verifier may fold; otherwise null
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record MapDescriptor(
    int id,
    String name,
    MapType type,
    int keySize,
    int valueSize,
    int maxEntries,
    int flags,
    long mapExtra,
    int numaNode,
    int ifindex,
    @Nullable MapDescriptor inner,
    @Nullable MapBtf btf,
    @Nullable BtfRecord record,
    boolean frozen,
    byte @Nullable [] constants) {
  public static final int BPF_F_NO_PREALLOC = 1;
  public static final int BPF_F_NO_COMMON_LRU = 1 << 1;
  public static final int BPF_F_NUMA_NODE = 1 << 2;
  public static final int BPF_F_RDONLY = 1 << 3;
  public static final int BPF_F_WRONLY = 1 << 4;
  public static final int BPF_F_STACK_BUILD_ID = 1 << 5;
  public static final int BPF_F_ZERO_SEED = 1 << 6;
  public static final int BPF_F_RDONLY_PROG = 1 << 7;
  public static final int BPF_F_WRONLY_PROG = 1 << 8;
  public static final int BPF_F_CLONE = 1 << 9;
  public static final int BPF_F_MMAPABLE = 1 << 10;
  public static final int BPF_F_PRESERVE_ELEMS = 1 << 11;
  public static final int BPF_F_INNER_MAP = 1 << 12;
  public static final int BPF_F_LINK = 1 << 13;
  public static final int BPF_F_VTYPE_BTF_OBJ_FD = 1 << 15;
  public static final int BPF_F_TOKEN_FD = 1 << 16;
  public static final int BPF_F_SEGV_ON_FAULT = 1 << 17;
  public static final int BPF_F_NO_USER_CONV = 1 << 18;

  /** A map of the given shape without flags. */
  public static MapDescriptor of(MapType type, int keySize, int valueSize, int maxEntries) {
    return new MapDescriptor(
        0,
        type.label().substring(0, Math.min(15, type.label().length())),
        type,
        keySize,
        valueSize,
        maxEntries,
        0,
        0,
        0,
        0,
        null,
        null,
        null,
        false,
        null);
  }

  /** Whether a flag was given at creation. */
  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** The same under another name. */
  public MapDescriptor withName(String newName) {
    return new MapDescriptor(
        id,
        newName,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        numaNode,
        ifindex,
        inner,
        btf,
        record,
        frozen,
        constants);
  }

  /** The same with other {@code BPF_F_*} flags. */
  public MapDescriptor withFlags(int newFlags) {
    return new MapDescriptor(
        id,
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        newFlags,
        mapExtra,
        numaNode,
        ifindex,
        inner,
        btf,
        record,
        frozen,
        constants);
  }

  /** The same with another {@code max_entries}. */
  public MapDescriptor withMaxEntries(int entries) {
    return new MapDescriptor(
        id, name, type, keySize, valueSize, entries, flags, mapExtra, numaNode, ifindex, inner, btf,
        record, frozen, constants);
  }

  /** The same with a {@code map_extra}. */
  public MapDescriptor withMapExtra(long extra) {
    return new MapDescriptor(
        id,
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        numaNode,
        ifindex,
        inner,
        btf,
        record,
        frozen,
        constants);
  }

  /** The same for a NUMA node and a device. */
  public MapDescriptor withPlace(int newNumaNode, int newIfindex) {
    return new MapDescriptor(
        id,
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        newNumaNode,
        newIfindex,
        inner,
        btf,
        record,
        frozen,
        constants);
  }

  /** The same with a template of inner maps. */
  public MapDescriptor withInner(@Nullable MapDescriptor template) {
    return new MapDescriptor(
        id,
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        numaNode,
        ifindex,
        template,
        btf,
        record,
        frozen,
        constants);
  }

  /** The same with typed keys and values. */
  public MapDescriptor withBtf(@Nullable MapBtf types) {
    return new MapDescriptor(
        id,
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        numaNode,
        ifindex,
        inner,
        types,
        record,
        frozen,
        constants);
  }

  /** The same with special fields in its values. */
  public MapDescriptor withRecord(@Nullable BtfRecord fields) {
    return new MapDescriptor(
        id,
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        numaNode,
        ifindex,
        inner,
        btf,
        fields,
        frozen,
        constants);
  }

  /** The same with an id. */
  public MapDescriptor withId(int newId) {
    return new MapDescriptor(
        newId,
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        numaNode,
        ifindex,
        inner,
        btf,
        record,
        frozen,
        constants);
  }

  /** The same, frozen. */
  public MapDescriptor frozenWith(byte @Nullable [] values) {
    return new MapDescriptor(
        id,
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        numaNode,
        ifindex,
        inner,
        btf,
        record,
        true,
        values);
  }
}
