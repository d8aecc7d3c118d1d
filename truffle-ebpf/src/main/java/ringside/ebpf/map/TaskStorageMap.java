package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import ringside.kernel.core.Errno;

/**
 * {@code BPF_MAP_TYPE_TASK_STORAGE} ({@code kernel/bpf/bpf_task_storage.c}): a value that each task
 * may have, gone with the task.
 */
public final class TaskStorageMap extends BpfMap {
  /** {@code BPF_LOCAL_STORAGE_GET_F_CREATE}. */
  public static final long BPF_LOCAL_STORAGE_GET_F_CREATE = 1;

  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NO_PREALLOC | MapDescriptor.BPF_F_CLONE;

  /** {@code BPF_LOCAL_STORAGE_MAX_VALUE_SIZE}: what {@code kmalloc} and 16 bits of size allow. */
  private static final int MAX_VALUE = 0xffff - 64;

  private final MapValues copier;
  private final Map<Long, Long> byTask = new TreeMap<>();

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL} or {@code E2BIG}
   */
  TaskStorageMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    MapBtf types = descriptor.btf();
    MapChecks.require(
        descriptor.maxEntries() == 0
            && descriptor.has(MapDescriptor.BPF_F_NO_PREALLOC)
            && descriptor.keySize() == Integer.BYTES
            && descriptor.valueSize() != 0
            && types != null
            && types.keyTypeId() != 0
            && types.valueTypeId() != 0,
        "task storage has typed keys and values, BPF_F_NO_PREALLOC and no number of entries");
    MapChecks.flags(descriptor, ALLOWED_FLAGS);
    if (Integer.compareUnsigned(descriptor.valueSize(), MAX_VALUE) > 0) {
      throw new MapException(Errno.E2BIG, "values over 64 KiB");
    }
    this.copier = new MapValues(storage(), runtime, descriptor);
  }

  /**
   * {@code bpf_task_storage_get}.
   *
   * @param task the {@code task_struct}
   * @param initial the value of a new one, or 0 for zeroes
   * @param flags {@link #BPF_LOCAL_STORAGE_GET_F_CREATE}
   * @return the value's address, or 0
   */
  @TruffleBoundary
  public long get(long task, long initial, long flags) {
    if ((flags & ~BPF_LOCAL_STORAGE_GET_F_CREATE) != 0 || task == 0) {
      return 0;
    }
    Long found = byTask.get(task);
    if (found != null) {
      return found;
    }
    if ((flags & BPF_LOCAL_STORAGE_GET_F_CREATE) == 0) {
      return 0;
    }
    return create(task, initial) == 0 ? byTask.getOrDefault(task, 0L) : 0;
  }

  private long create(long task, long initial) {
    long value = storage().allocate(descriptor().valueSize());
    if (value == 0) {
      return -Errno.ENOMEM;
    }
    if (initial != 0) {
      copier.copy(value, initial);
    }
    byTask.put(task, value);
    return 0;
  }

  /** {@code bpf_task_storage_delete}: 0, {@code -EINVAL} for no task, {@code -ENOENT}. */
  @TruffleBoundary
  public long remove(long task) {
    if (task == 0) {
      return -Errno.EINVAL;
    }
    Long value = byTask.remove(task);
    if (value == null) {
      return -Errno.ENOENT;
    }
    copier.free(value);
    storage().release(value);
    return 0;
  }

  /** Stores a task's value for bpf(2). */
  @TruffleBoundary
  public long store(long task, long value, long flags) {
    if (Long.compareUnsigned(flags & ~BPF_F_LOCK, BPF_EXIST) > 0
        || ((flags & BPF_F_LOCK) != 0 && !copier.hasLock())) {
      return -Errno.EINVAL;
    }
    Long old = byTask.get(task);
    long mode = flags & ~BPF_F_LOCK;
    if (old != null && mode == BPF_NOEXIST) {
      return -Errno.EEXIST;
    }
    if (old == null && mode == BPF_EXIST) {
      return -Errno.ENOENT;
    }
    if (old == null || (flags & BPF_F_LOCK) == 0) {
      // A new element takes the old one's place: who holds its address keeps the old value.
      if (old != null) {
        remove(task);
      }
      return create(task, value);
    }
    copier.copy(old, value);
    return 0;
  }

  @Override
  public long lookup(long key) {
    return -Errno.ENOTSUPP;
  }

  @Override
  public long update(long key, long value, long flags) {
    return -Errno.EOPNOTSUPP;
  }

  @Override
  public long delete(long key) {
    return -Errno.EOPNOTSUPP;
  }

  @Override
  public long nextKey(long key, long next) {
    return -Errno.ENOTSUPP;
  }

  /** Copies a task's value out for bpf(2): 0 or {@code -ENOENT}. */
  @TruffleBoundary
  public long load(long task, long value) {
    Long found = byTask.get(task);
    if (found == null) {
      return -Errno.ENOENT;
    }
    copier.copy(value, found);
    copier.initFields(value);
    return 0;
  }

  @Override
  protected void userGone() {
    byTask.values().forEach(copier::cancel);
  }

  @Override
  protected void free() {
    new ArrayList<>(byTask.keySet()).forEach(this::remove);
  }
}
