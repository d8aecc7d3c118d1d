package ringside.ebpf.map;

import ringside.kernel.core.Errno;

/** What a hash map may look like: {@code htab_map_alloc_check()} and the start of its creation. */
final class HashShape {
  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NO_PREALLOC
          | MapDescriptor.BPF_F_NO_COMMON_LRU
          | MapDescriptor.BPF_F_NUMA_NODE
          | MapDescriptor.BPF_F_RDONLY
          | MapDescriptor.BPF_F_WRONLY
          | MapDescriptor.BPF_F_RDONLY_PROG
          | MapDescriptor.BPF_F_WRONLY_PROG
          | MapDescriptor.BPF_F_ZERO_SEED;

  private static final int KMALLOC_MAX_SIZE = 4 << 20;

  private HashShape() {}

  /** Whether elements are evicted, the longest unused first. */
  static boolean lru(MapDescriptor shape) {
    return shape.type() == MapType.LRU_HASH || shape.type() == MapType.LRU_PERCPU_HASH;
  }

  /** Whether values are maps. */
  static boolean ofMaps(MapDescriptor shape) {
    return shape.type() == MapType.HASH_OF_MAPS;
  }

  /** Whether all elements are made at once. */
  static boolean preallocated(MapDescriptor shape) {
    return !shape.has(MapDescriptor.BPF_F_NO_PREALLOC);
  }

  /**
   * Checks a shape.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG} or {@code ENOTSUPP}
   */
  static void check(MapDescriptor shape) throws MapException {
    boolean perCpu = shape.type().perCpu();
    MapChecks.require(
        !ofMaps(shape) || shape.valueSize() == Integer.BYTES,
        "values of a map of maps are descriptors");
    MapChecks.flags(shape, ALLOWED_FLAGS);
    boolean ownLists = shape.has(MapDescriptor.BPF_F_NO_COMMON_LRU);
    MapChecks.require(lru(shape) || !ownLists, "only LRU maps have LRU lists");
    if (lru(shape) && !preallocated(shape)) {
      throw new MapException(Errno.ENOTSUPP, "LRU maps are always preallocated");
    }
    MapChecks.require(
        !shape.has(MapDescriptor.BPF_F_NUMA_NODE) || !(perCpu || ownLists),
        "what is per CPU has no NUMA node");
    MapChecks.require(
        shape.maxEntries() != 0 && shape.keySize() != 0 && shape.valueSize() != 0,
        "a hash needs keys, values and entries");
    long bytes =
        Integer.toUnsignedLong(shape.keySize()) + Integer.toUnsignedLong(shape.valueSize());
    if (bytes >= KMALLOC_MAX_SIZE - HashTable.KEY) {
      throw new MapException(Errno.E2BIG, "keys and values of " + bytes + " bytes");
    }
    MapChecks.valueSize(shape.valueSize(), perCpu);
    if (Integer.compareUnsigned(shape.maxEntries(), Integer.MAX_VALUE / 8 + 1) > 0) {
      throw new MapException(Errno.E2BIG, "more buckets than 32 bits of bytes hold");
    }
    if (ofMaps(shape)) {
      InnerMaps.requireTemplate(shape);
    }
  }

  /** Where each CPU has an LRU list of its own, all are of one length. */
  static MapDescriptor evened(MapDescriptor shape, int cpus) {
    int entries = shape.maxEntries();
    return shape.has(MapDescriptor.BPF_F_NO_COMMON_LRU) && entries > 0
        ? shape.withMaxEntries((entries + cpus - 1) / cpus * cpus)
        : shape;
  }
}
