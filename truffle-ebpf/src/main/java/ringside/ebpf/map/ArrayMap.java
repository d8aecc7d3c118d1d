package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/** {@code BPF_MAP_TYPE_ARRAY} and its per-CPU form ({@code kernel/bpf/arraymap.c}). */
public final class ArrayMap extends BpfMap {
  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NUMA_NODE
          | MapDescriptor.BPF_F_RDONLY
          | MapDescriptor.BPF_F_WRONLY
          | MapDescriptor.BPF_F_RDONLY_PROG
          | MapDescriptor.BPF_F_WRONLY_PROG
          | MapDescriptor.BPF_F_MMAPABLE
          | MapDescriptor.BPF_F_INNER_MAP;

  private static final int ARRAY_ONLY =
      MapDescriptor.BPF_F_MMAPABLE | MapDescriptor.BPF_F_INNER_MAP;

  private final Memory memory;
  private final MapValues copier;
  private final long values;
  private final long keyBuffer;
  private final int stride;
  private final int valueSize;
  private final int maxEntries;
  private final boolean perCpu;

  /** Bytes from one CPU's values to the next CPU's. */
  private final long cpuStride;

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG} or {@code ENOMEM}
   */
  ArrayMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    this.perCpu = descriptor.type().perCpu();
    check(descriptor, perCpu);
    this.memory = storage().memory();
    this.copier = new MapValues(storage(), runtime, descriptor);
    this.valueSize = descriptor.valueSize();
    this.stride = MapMemory.perCpuSize(valueSize);
    this.maxEntries = descriptor.maxEntries();
    this.cpuStride = Integer.toUnsignedLong(maxEntries) * stride;
    long bytes = perCpu ? cpuStride * storage().cpus() : cpuStride;
    this.values =
        descriptor.has(MapDescriptor.BPF_F_MMAPABLE)
            ? storage().pages(bytes)
            : storage().area(bytes);
    this.keyBuffer = storage().area(Long.BYTES);
  }

  private static void check(MapDescriptor shape, boolean perCpu) throws MapException {
    MapChecks.require(
        shape.maxEntries() != 0 && shape.keySize() == Integer.BYTES && shape.valueSize() != 0,
        "an array needs 4-byte keys, values and entries");
    MapChecks.flags(shape, perCpu ? ALLOWED_FLAGS & ~ARRAY_ONLY : ALLOWED_FLAGS);
    MapChecks.require(
        !perCpu || !shape.has(MapDescriptor.BPF_F_NUMA_NODE), "per-CPU values have no NUMA node");
    MapChecks.valueSize(shape.valueSize(), perCpu);
  }

  @Override
  public long lookup(long key) {
    int index = memory.readInt(key);
    return Integer.compareUnsigned(index, maxEntries) < 0 ? valueAt(index) : 0;
  }

  private long valueAt(int index) {
    long value = values + Integer.toUnsignedLong(index) * stride;
    return perCpu ? value + MapMemory.cpu() * cpuStride : value;
  }

  @Override
  public long lookupOn(long key, int cpu) {
    int index = memory.readInt(key);
    if (!perCpu
        || Integer.compareUnsigned(cpu, storage().cpus()) >= 0
        || Integer.compareUnsigned(index, maxEntries) >= 0) {
      return 0;
    }
    return values + Integer.toUnsignedLong(index) * stride + cpu * cpuStride;
  }

  @Override
  public long update(long key, long value, long flags) {
    if (Long.compareUnsigned(flags & ~BPF_F_LOCK, BPF_EXIST) > 0) {
      return -Errno.EINVAL;
    }
    int index = memory.readInt(key);
    if (Integer.compareUnsigned(index, maxEntries) >= 0) {
      return -Errno.E2BIG;
    }
    if ((flags & BPF_NOEXIST) != 0) {
      return -Errno.EEXIST;
    }
    if ((flags & BPF_F_LOCK) != 0 && !copier.hasLock()) {
      return -Errno.EINVAL;
    }
    long at = valueAt(index);
    copier.copy(at, value);
    copier.free(at);
    return 0;
  }

  @Override
  public long delete(long key) {
    return -Errno.EINVAL;
  }

  @Override
  public long nextKey(long key, long next) {
    int index = key == 0 ? -1 : memory.readInt(key);
    if (key == 0 || Integer.compareUnsigned(index, maxEntries) >= 0) {
      memory.writeInt(next, 0);
      return 0;
    }
    if (index == maxEntries - 1) {
      return -Errno.ENOENT;
    }
    memory.writeInt(next, index + 1);
    return 0;
  }

  @Override
  public long directValue(int offset) {
    boolean direct = !perCpu && maxEntries == 1;
    return direct && Integer.compareUnsigned(offset, valueSize) < 0 ? values + offset : 0;
  }

  /** The pages that user space may map; 0 without {@code BPF_F_MMAPABLE}. */
  public long mappablePages() {
    return descriptor().has(MapDescriptor.BPF_F_MMAPABLE) ? values : 0;
  }

  @Override
  @TruffleBoundary
  public long forEach(Visitor visitor) {
    long seen = 0;
    for (int index = 0; index != maxEntries; index++) {
      memory.writeInt(keyBuffer, index);
      seen++;
      if (visitor.visit(keyBuffer, valueAt(index)) != 0) {
        break;
      }
    }
    return seen;
  }

  @Override
  public int userValueSize() {
    return perCpu ? stride * storage().cpus() : valueSize;
  }

  @Override
  @TruffleBoundary
  public long lookupForUser(long key, long value, long flags) {
    long found = lookup(key);
    if (found == 0) {
      return -Errno.ENOENT;
    }
    if (!perCpu) {
      copier.copy(value, found);
      copier.initFields(value);
      return 0;
    }
    for (int cpu = 0; cpu < storage().cpus(); cpu++) {
      long to = value + (long) cpu * stride;
      copier.copyLong(to, lookupOn(key, cpu));
      copier.initFields(to);
    }
    return 0;
  }

  @Override
  @TruffleBoundary
  public long updateForUser(long key, long value, long flags, Descriptors descriptors) {
    if (!perCpu) {
      return update(key, value, flags);
    }
    if (Long.compareUnsigned(flags, BPF_EXIST) > 0) {
      return -Errno.EINVAL;
    }
    if (Integer.compareUnsigned(memory.readInt(key), maxEntries) >= 0) {
      return -Errno.E2BIG;
    }
    if (flags == BPF_NOEXIST) {
      return -Errno.EEXIST;
    }
    for (int cpu = 0; cpu < storage().cpus(); cpu++) {
      long to = lookupOn(key, cpu);
      copier.copyLong(to, value + (long) cpu * stride);
      copier.free(to);
    }
    return 0;
  }

  @Override
  public Batches batches() {
    return Batches.ARRAY;
  }

  @Override
  long keyOf(long value) {
    memory.writeInt(keyBuffer, (int) Long.divideUnsigned(value - values, stride));
    return keyBuffer;
  }

  @Override
  protected void userGone() {
    if (copier.hasCallbacks()) {
      for (int index = 0; index != maxEntries; index++) {
        copier.cancel(valueAt(index));
      }
    }
  }

  @Override
  protected void free() {
    if (copier.hasFields()) {
      for (int index = 0; index != maxEntries; index++) {
        copier.free(valueAt(index));
      }
    }
  }
}
