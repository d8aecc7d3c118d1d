package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/** {@code BPF_MAP_TYPE_BLOOM_FILTER} ({@code kernel/bpf/bloom_filter.c}). */
public final class BloomFilterMap extends BpfMap {
  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NUMA_NODE
          | MapDescriptor.BPF_F_ZERO_SEED
          | MapDescriptor.BPF_F_RDONLY
          | MapDescriptor.BPF_F_WRONLY
          | MapDescriptor.BPF_F_RDONLY_PROG
          | MapDescriptor.BPF_F_WRONLY_PROG;

  private static final int DEFAULT_FUNCTIONS = 5;
  private static final int KMALLOC_MAX_SIZE = 4 << 20;

  private final Memory memory;
  private final long bits;
  private final int mask;
  private final int functions;
  private final int seed;
  private final int valueSize;

  /**
   * Creates one; {@code map_extra} says how many hash functions, 0 for 5.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG} or {@code ENOMEM}
   */
  BloomFilterMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    this.valueSize = descriptor.valueSize();
    if (Integer.compareUnsigned(valueSize, KMALLOC_MAX_SIZE) > 0) {
      throw new MapException(Errno.E2BIG, "values over 4 MiB");
    }
    MapChecks.require(
        descriptor.keySize() == 0
            && valueSize != 0
            && descriptor.maxEntries() != 0
            && (descriptor.mapExtra() & ~0xfL) == 0,
        "a filter has values, entries, up to 15 hash functions and no keys");
    MapChecks.flags(descriptor, ALLOWED_FLAGS);
    this.memory = storage().memory();
    this.functions = descriptor.mapExtra() == 0 ? DEFAULT_FUNCTIONS : (int) descriptor.mapExtra();
    this.mask = mask(descriptor.maxEntries());
    this.seed = descriptor.has(MapDescriptor.BPF_F_ZERO_SEED) ? 0 : descriptor.id() * 0x9e3779b9;
    this.bits = storage().area((Integer.toUnsignedLong(mask) + 1) / Byte.SIZE);
  }

  /** Bits are entries by functions by 7/5, near 1/ln 2, up to a power of two. */
  private int mask(int entries) {
    long wanted = Integer.toUnsignedLong(entries) * functions;
    long scaled = wanted / 5 * 7;
    if (wanted > 0xffffffffL || scaled > 1L << 31) {
      return -1;
    }
    return scaled <= Long.SIZE ? Long.SIZE - 1 : (int) (Long.highestOneBit(scaled * 2 - 1) - 1);
  }

  private int hash(long value, int function) {
    return storage().hash(value, valueSize, seed + function) & mask;
  }

  @Override
  @TruffleBoundary
  public long peek(long value) {
    for (int i = 0; i < functions; i++) {
      int bit = hash(value, i);
      if ((memory.readByte(bits + (bit >>> 3)) & (1 << (bit & 7))) == 0) {
        return -Errno.ENOENT;
      }
    }
    return 0;
  }

  @Override
  @TruffleBoundary
  public long push(long value, long flags) {
    if (flags != BPF_ANY) {
      return -Errno.EINVAL;
    }
    for (int i = 0; i < functions; i++) {
      int bit = hash(value, i);
      long at = bits + (bit >>> 3);
      memory.writeByte(at, (byte) (memory.readByte(at) | (1 << (bit & 7))));
    }
    return 0;
  }

  @Override
  public long lookup(long key) {
    return -Errno.EINVAL;
  }

  @Override
  public long update(long key, long value, long flags) {
    return -Errno.EINVAL;
  }

  @Override
  public long delete(long key) {
    return -Errno.EOPNOTSUPP;
  }

  /** The value is what is asked about. */
  @Override
  public long lookupForUser(long key, long value, long flags) {
    return peek(value);
  }

  @Override
  public long updateForUser(long key, long value, long flags, Descriptors descriptors) {
    return push(value, flags);
  }
}
