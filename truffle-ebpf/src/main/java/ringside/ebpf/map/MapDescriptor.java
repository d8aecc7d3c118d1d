package ringside.ebpf.map;

import org.jspecify.annotations.Nullable;

/**
 * What the verifier may know of a map: {@code union bpf_attr} of its creation and what its type
 * says.
 *
 * @param id its id, for listings
 * @param name {@code map_name}, at most 15 characters
 * @param keySize bytes
 * @param valueSize bytes
 * @param flags {@code BPF_F_*} of creation
 * @param inner the template of a map of maps
 * @param frozen whether user space gave up writing it ({@code BPF_MAP_FREEZE})
 * @param constants for a frozen {@code BPF_F_RDONLY_PROG} array, its only value's bytes, which the
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
    @Nullable MapDescriptor inner,
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

  /** A map of the given shape without flags, for tests and listings. */
  public static MapDescriptor of(MapType type, int keySize, int valueSize, int maxEntries) {
    return new MapDescriptor(
        0, type.label(), type, keySize, valueSize, maxEntries, 0, null, false, null);
  }
}
