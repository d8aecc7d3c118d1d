package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/** {@code BPF_MAP_TYPE_STACK_TRACE} ({@code kernel/bpf/stackmap.c}): stacks by their hash. */
public final class StackTraceMap extends BpfMap {
  /** {@code BPF_F_FAST_STACK_CMP}: equal hashes count as equal stacks. */
  public static final long BPF_F_FAST_STACK_CMP = 1 << 9;

  /** {@code BPF_F_REUSE_STACKID}: a stack with the same id is replaced. */
  public static final long BPF_F_REUSE_STACKID = 1 << 10;

  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NUMA_NODE
          | MapDescriptor.BPF_F_RDONLY
          | MapDescriptor.BPF_F_WRONLY
          | MapDescriptor.BPF_F_STACK_BUILD_ID;

  /** {@code sysctl_perf_event_max_stack}. */
  private static final int MAX_STACK = 127;

  private static final int BUILD_ID_SIZE = 32;

  // a bucket: hash, number of entries, entries
  private static final int COUNT = 4;
  private static final int ENTRIES = 8;

  private final Memory memory;
  private final long buckets;
  private final int mask;
  private final int valueSize;
  private final int bucketSize;
  private int used;

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG} or {@code ENOMEM}
   */
  StackTraceMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    MapChecks.flags(descriptor, ALLOWED_FLAGS);
    this.valueSize = descriptor.valueSize();
    int entry = descriptor.has(MapDescriptor.BPF_F_STACK_BUILD_ID) ? BUILD_ID_SIZE : Long.BYTES;
    MapChecks.require(
        descriptor.maxEntries() != 0
            && descriptor.keySize() == Integer.BYTES
            && Integer.compareUnsigned(valueSize, Long.BYTES) >= 0
            && valueSize % Long.BYTES == 0
            && valueSize % entry == 0
            && Integer.divideUnsigned(valueSize, entry) <= MAX_STACK,
        "a stack trace has up to 127 whole entries and a 4-byte key");
    if (Integer.compareUnsigned(descriptor.maxEntries(), 1 << 31) > 0) {
      throw new MapException(Errno.E2BIG, "over 2^31 stacks");
    }
    this.memory = storage().memory();
    this.bucketSize = ENTRIES + valueSize;
    int entries = descriptor.maxEntries();
    this.mask = entries == 1 ? 0 : -1 >>> Integer.numberOfLeadingZeros(entries - 1);
    this.buckets = storage().area((Integer.toUnsignedLong(mask) + 1) * bucketSize);
  }

  /**
   * Keeps a stack ({@code __bpf_get_stackid}).
   *
   * @param stack the return addresses, innermost first, skipped ones left out
   * @param flags {@link #BPF_F_FAST_STACK_CMP}, {@link #BPF_F_REUSE_STACKID}
   * @return its id, or {@code -EFAULT} for an empty stack, {@code -EEXIST} where another stack has
   *     the id, {@code -ENOMEM} where the map is full
   */
  @TruffleBoundary
  public long keep(long[] stack, long flags) {
    if (stack.length == 0) {
      return -Errno.EFAULT;
    }
    int count = Math.min(stack.length, valueSize / Long.BYTES);
    long buffer = storage().allocate((long) count * Long.BYTES);
    if (buffer == 0) {
      return -Errno.ENOMEM;
    }
    for (int i = 0; i < count; i++) {
      memory.writeLong(buffer + (long) i * Long.BYTES, stack[i]);
    }
    long result = keep(buffer, count, flags);
    storage().release(buffer);
    return result;
  }

  private long keep(long stack, int count, long flags) {
    int length = count * Long.BYTES;
    int hash = storage().hash(stack, length, 0);
    int id = hash & mask;
    long bucket = bucket(id);
    boolean taken = taken(bucket);
    if (taken && memory.readInt(bucket) == hash) {
      boolean same =
          memory.readInt(bucket + COUNT) == count
              && storage().equal(bucket + ENTRIES, stack, length);
      if ((flags & BPF_F_FAST_STACK_CMP) != 0 || same) {
        return id;
      }
    }
    if (taken && (flags & BPF_F_REUSE_STACKID) == 0) {
      return -Errno.EEXIST;
    }
    // A replacement takes its element before the old one is given back.
    if (used == descriptor().maxEntries()) {
      return -Errno.ENOMEM;
    }
    if (!taken) {
      used++;
    }
    memory.writeInt(bucket, hash);
    memory.writeInt(bucket + COUNT, count);
    storage().copy(bucket + ENTRIES, stack, length);
    return id;
  }

  private long bucket(int id) {
    return buckets + Integer.toUnsignedLong(id) * bucketSize;
  }

  private boolean taken(long bucket) {
    return memory.readInt(bucket + COUNT) != 0;
  }

  @Override
  public long lookup(long key) {
    return -Errno.EOPNOTSUPP;
  }

  @Override
  public long update(long key, long value, long flags) {
    return -Errno.EINVAL;
  }

  @Override
  @TruffleBoundary
  public long delete(long key) {
    int id = memory.readInt(key);
    if (Integer.compareUnsigned(id, mask) > 0) {
      return -Errno.E2BIG;
    }
    long bucket = bucket(id);
    if (!taken(bucket)) {
      return -Errno.ENOENT;
    }
    memory.writeInt(bucket + COUNT, 0);
    used--;
    return 0;
  }

  @Override
  @TruffleBoundary
  public long nextKey(long key, long next) {
    long id = 0;
    if (key != 0) {
      int from = memory.readInt(key);
      id = Integer.compareUnsigned(from, mask) > 0 ? 0 : Integer.toUnsignedLong(from) + 1;
    }
    for (; id <= Integer.toUnsignedLong(mask); id++) {
      if (taken(bucket((int) id))) {
        memory.writeInt(next, (int) id);
        return 0;
      }
    }
    return -Errno.ENOENT;
  }

  @Override
  @TruffleBoundary
  public long lookupForUser(long key, long value, long flags) {
    int id = memory.readInt(key);
    if (Integer.compareUnsigned(id, mask) > 0 || !taken(bucket(id))) {
      return -Errno.ENOENT;
    }
    int length = memory.readInt(bucket(id) + COUNT) * Long.BYTES;
    storage().copy(value, bucket(id) + ENTRIES, length);
    memory.fill(value + length, (byte) 0, valueSize - length);
    return 0;
  }

  @Override
  @TruffleBoundary
  public long lookupAndDelete(long key, long value, long flags) {
    long found = lookupForUser(key, value, flags);
    return found == 0 ? delete(key) : found;
  }
}
