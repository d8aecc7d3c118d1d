package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;

/** {@code BPF_MAP_TYPE_ARRAY} and its per-CPU form ({@code kernel/bpf/arraymap.c}), on one CPU. */
public final class ArrayMap extends BpfMap {
  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NUMA_NODE
          | MapDescriptor.BPF_F_MMAPABLE
          | MapDescriptor.BPF_F_RDONLY
          | MapDescriptor.BPF_F_WRONLY
          | MapDescriptor.BPF_F_RDONLY_PROG
          | MapDescriptor.BPF_F_WRONLY_PROG
          | MapDescriptor.BPF_F_PRESERVE_ELEMS
          | MapDescriptor.BPF_F_INNER_MAP;

  private final MapMemory storage;
  private final Memory memory;
  private final long values;
  private final long keyBuffer;
  private final int stride;
  private final int valueSize;
  private final int maxEntries;

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG} or {@code ENOMEM}
   */
  public ArrayMap(KernelCore core, MapDescriptor descriptor, long address) throws MapException {
    super(descriptor, address);
    boolean shape =
        descriptor.maxEntries() != 0 && descriptor.keySize() == 4 && descriptor.valueSize() > 0;
    if (!shape || (descriptor.flags() & ~ALLOWED_FLAGS) != 0) {
      throw new MapException(
          Errno.EINVAL, "an array needs 4-byte keys, values, entries and no flag of other types");
    }
    this.storage = new MapMemory(core);
    this.memory = storage.memory();
    this.valueSize = descriptor.valueSize();
    this.stride = (valueSize + 7) & -8;
    this.maxEntries = descriptor.maxEntries();
    this.values = storage.area(Integer.toUnsignedLong(maxEntries) * stride);
    this.keyBuffer = storage.area(Integer.BYTES);
  }

  @Override
  public long lookup(long key) {
    int index = memory.readInt(key);
    return Integer.compareUnsigned(index, maxEntries) < 0 ? valueAt(index) : 0;
  }

  private long valueAt(int index) {
    return values + Integer.toUnsignedLong(index) * stride;
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
    if ((flags & BPF_F_LOCK) != 0) {
      return -Errno.EINVAL;
    }
    storage.copy(valueAt(index), value, valueSize);
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
    boolean direct = descriptor().type() == MapType.ARRAY && maxEntries == 1;
    return direct && Integer.compareUnsigned(offset, valueSize) < 0 ? values + offset : 0;
  }

  @Override
  @TruffleBoundary
  public long forEach(Visitor visitor) {
    long seen = 0;
    for (int index = 0; index < maxEntries; index++) {
      memory.writeInt(keyBuffer, index);
      seen++;
      if (visitor.visit(keyBuffer, valueAt(index)) != 0) {
        break;
      }
    }
    return seen;
  }

  @Override
  public void free() {
    storage.free();
  }
}
