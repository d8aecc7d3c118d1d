package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/**
 * {@code BPF_MAP_TYPE_QUEUE} and {@code BPF_MAP_TYPE_STACK} ({@code
 * kernel/bpf/queue_stack_maps.c}): values without keys, in a ring.
 */
public final class QueueStackMap extends BpfMap {
  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NUMA_NODE
          | MapDescriptor.BPF_F_RDONLY
          | MapDescriptor.BPF_F_WRONLY
          | MapDescriptor.BPF_F_RDONLY_PROG
          | MapDescriptor.BPF_F_WRONLY_PROG;

  private static final int KMALLOC_MAX_SIZE = 4 << 20;

  private final Memory memory;
  private final long ring;
  private final long size;
  private final int valueSize;
  private final boolean stack;
  private long head;
  private long tail;

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG} or {@code ENOMEM}
   */
  QueueStackMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    MapChecks.require(
        descriptor.maxEntries() != 0 && descriptor.keySize() == 0 && descriptor.valueSize() != 0,
        "a queue or stack has values and entries, and no keys");
    MapChecks.flags(descriptor, ALLOWED_FLAGS);
    this.valueSize = descriptor.valueSize();
    if (Integer.compareUnsigned(valueSize, KMALLOC_MAX_SIZE) > 0) {
      throw new MapException(Errno.E2BIG, "values over 4 MiB");
    }
    this.memory = storage().memory();
    this.stack = descriptor.type() == MapType.STACK;
    this.size = Integer.toUnsignedLong(descriptor.maxEntries()) + 1;
    this.ring = storage().area(size * valueSize);
  }

  @Override
  @TruffleBoundary
  public long push(long value, long flags) {
    boolean replace = (flags & BPF_EXIST) != 0;
    if ((flags & BPF_NOEXIST) != 0 || Long.compareUnsigned(flags, BPF_EXIST) > 0) {
      return -Errno.EINVAL;
    }
    if (step(head) == tail) {
      if (!replace) {
        return -Errno.E2BIG;
      }
      tail = step(tail);
    }
    storage().copy(at(head), value, valueSize);
    head = step(head);
    return 0;
  }

  @Override
  public long pop(long value) {
    return take(value, true);
  }

  @Override
  public long peek(long value) {
    return take(value, false);
  }

  @TruffleBoundary
  private long take(long value, boolean remove) {
    if (head == tail) {
      memory.fill(value, (byte) 0, valueSize);
      return -Errno.ENOENT;
    }
    long from = stack ? (head == 0 ? size : head) - 1 : tail;
    storage().copy(value, at(from), valueSize);
    if (remove && stack) {
      head = from;
    } else if (remove) {
      tail = step(tail);
    }
    return 0;
  }

  private long step(long index) {
    return index + 1 == size ? 0 : index + 1;
  }

  private long at(long index) {
    return ring + index * valueSize;
  }

  @Override
  public long lookup(long key) {
    return 0;
  }

  @Override
  public long update(long key, long value, long flags) {
    return -Errno.EINVAL;
  }

  @Override
  public long delete(long key) {
    return -Errno.EINVAL;
  }

  @Override
  public long nextKey(long key, long next) {
    return -Errno.EINVAL;
  }

  @Override
  public long lookupForUser(long key, long value, long flags) {
    return peek(value);
  }

  @Override
  public long updateForUser(long key, long value, long flags, Descriptors descriptors) {
    return push(value, flags);
  }

  @Override
  public long lookupAndDelete(long key, long value, long flags) {
    return pop(value);
  }
}
