package ringside.ebpf.map;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/**
 * A map as bpf(2) works on it: the element commands and their batches, on bytes ({@code
 * kernel/bpf/syscall.c}).
 *
 * <p>What a descriptor's mode forbids is the caller's to check; what the frozen state forbids is
 * checked here.
 */
public final class UserMap {
  private static final byte[] NOTHING = new byte[0];

  private final BpfMap map;
  private final BpfMap.Descriptors descriptors;
  private final Memory memory;

  /**
   * Looks at a map for one task.
   *
   * @param descriptors what numbers in values mean to it
   */
  public UserMap(BpfMap map, BpfMap.Descriptors descriptors) {
    this.map = map;
    this.descriptors = descriptors;
    this.memory = map.storage().memory();
  }

  /**
   * What a command gives back.
   *
   * @param errno 0 or a positive errno
   * @param bytes a key or value; empty with an errno
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Answer(int errno, byte[] bytes) {}

  /**
   * What a batch gives back.
   *
   * @param errno 0 or a positive errno; {@code ENOENT} says that the end was reached
   * @param count elements done
   * @param cursor {@code out_batch}; empty where nothing is written there
   * @param keys of a lookup
   * @param values of a lookup
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  public record Batch(int errno, int count, byte[] cursor, List<byte[]> keys, List<byte[]> values) {
    static Batch of(long error, int count) {
      return new Batch((int) -error, count, NOTHING, List.of(), List.of());
    }
  }

  /** Bytes of a key. */
  public int keySize() {
    return map.descriptor().keySize();
  }

  /** Bytes of a value: for per-CPU maps, each CPU's rounded up to eight. */
  public int valueSize() {
    return map.userValueSize();
  }

  /**
   * {@code BPF_MAP_LOOKUP_ELEM}.
   *
   * @param key null for maps without keys
   * @param asked the value asked about, for a bloom filter; otherwise null
   */
  public Answer lookup(byte @Nullable [] key, byte @Nullable [] asked, long flags) {
    if ((flags & ~BpfMap.BPF_F_LOCK) != 0 || !lockable(flags) || !keyed(key)) {
      return new Answer(Errno.EINVAL, NOTHING);
    }
    byte[] value = new byte[valueSize()];
    long error =
        with(
            key,
            asked,
            buffers -> {
              long result = copyOut(buffers, flags);
              memory.read(buffers.value, value, 0, value.length);
              return result;
            });
    return error == 0 ? new Answer(0, value) : new Answer((int) -error, NOTHING);
  }

  private long copyOut(Buffers buffers, long flags) {
    if (map instanceof TaskStorageMap storage) {
      long task = descriptors.task(memory.readInt(buffers.key));
      return task == 0 ? -Errno.EBADF : storage.load(task, buffers.value);
    }
    return map.lookupForUser(buffers.key, buffers.value, flags);
  }

  /** {@code BPF_MAP_UPDATE_ELEM}: 0 or a positive errno. */
  public int update(byte @Nullable [] key, byte[] value, long flags) {
    if (map.descriptor().frozen()) {
      return Errno.EPERM;
    }
    if (!lockable(flags) || !keyed(key)) {
      return Errno.EINVAL;
    }
    return (int) -with(key, value, buffers -> store(buffers, flags));
  }

  private long store(Buffers buffers, long flags) {
    if (map instanceof TaskStorageMap storage) {
      long task = descriptors.task(memory.readInt(buffers.key));
      return task == 0 ? -Errno.EBADF : storage.store(task, buffers.value, flags);
    }
    return map.updateForUser(buffers.key, buffers.value, flags, descriptors);
  }

  /** {@code BPF_MAP_DELETE_ELEM}: 0 or a positive errno. */
  public int delete(byte @Nullable [] key) {
    if (map.descriptor().frozen()) {
      return Errno.EPERM;
    }
    if (!keyed(key)) {
      return Errno.EINVAL;
    }
    return (int) -with(key, null, this::remove);
  }

  private long remove(Buffers buffers) {
    if (map instanceof TaskStorageMap storage) {
      long task = descriptors.task(memory.readInt(buffers.key));
      return task == 0 ? -Errno.EBADF : storage.remove(task);
    }
    return map.deleteForUser(buffers.key);
  }

  /** {@code BPF_MAP_GET_NEXT_KEY}; a null key asks for the first one. */
  public Answer nextKey(byte @Nullable [] key) {
    if (key != null && !keyed(key)) {
      return new Answer(Errno.EINVAL, NOTHING);
    }
    byte[] next = new byte[keySize()];
    long error =
        with(
            key,
            null,
            buffers -> {
              long result = map.nextKey(key == null ? 0 : buffers.key, buffers.next);
              memory.read(buffers.next, next, 0, next.length);
              return result;
            });
    return error == 0 ? new Answer(0, next) : new Answer((int) -error, NOTHING);
  }

  /** {@code BPF_MAP_LOOKUP_AND_DELETE_ELEM}. */
  public Answer lookupAndDelete(byte @Nullable [] key, long flags) {
    if ((flags & ~BpfMap.BPF_F_LOCK) != 0) {
      return new Answer(Errno.EINVAL, NOTHING);
    }
    if (map.descriptor().frozen()) {
      return new Answer(Errno.EPERM, NOTHING);
    }
    boolean keyless = map instanceof QueueStackMap;
    if ((flags != 0 && keyless) || !lockable(flags) || !keyed(key)) {
      return new Answer(Errno.EINVAL, NOTHING);
    }
    byte[] value = new byte[valueSize()];
    long error =
        with(
            key,
            null,
            buffers -> {
              long result = map.lookupAndDelete(buffers.key, buffers.value, flags);
              memory.read(buffers.value, value, 0, value.length);
              return result;
            });
    return error == 0 ? new Answer(0, value) : new Answer((int) -error, NOTHING);
  }

  /**
   * {@code BPF_MAP_LOOKUP_BATCH} and {@code BPF_MAP_LOOKUP_AND_DELETE_BATCH}.
   *
   * @param cursor {@code in_batch}, null to start: what the last batch gave as {@link Batch#cursor}
   * @param count room for elements
   * @param elemFlags {@code BPF_F_LOCK}
   * @param flags must be 0
   */
  public Batch lookupBatch(
      byte @Nullable [] cursor, int count, long elemFlags, long flags, boolean delete) {
    if (delete && map.descriptor().frozen()) {
      return Batch.of(-Errno.EPERM, count);
    }
    BpfMap.Batches offered = map.batches();
    if (!(delete ? offered.lookupAndDelete() : offered.lookup())) {
      return Batch.of(-Errno.ENOTSUPP, count);
    }
    if ((elemFlags & ~BpfMap.BPF_F_LOCK) != 0 || !lockable(elemFlags)) {
      return Batch.of(-Errno.EINVAL, count);
    }
    if (map instanceof HashMap hash) {
      return flags != 0 ? Batch.of(-Errno.EINVAL, count) : buckets(hash, cursor, count, delete);
    }
    return count == 0 ? Batch.of(0, 0) : generic(cursor, count, elemFlags);
  }

  /** {@code generic_map_lookup_batch}: the cursor is the last key. */
  private Batch generic(byte @Nullable [] cursor, int count, long flags) {
    List<byte[]> keys = new ArrayList<>();
    List<byte[]> values = new ArrayList<>();
    byte[] last = cursor;
    int error = 0;
    while (keys.size() < count) {
      Answer next = nextKey(last);
      if (next.errno() != 0) {
        error = next.errno();
        break;
      }
      last = next.bytes();
      Answer value = lookup(last, null, flags);
      if (value.errno() == Errno.ENOENT) {
        continue;
      }
      if (value.errno() != 0) {
        error = value.errno();
        break;
      }
      keys.add(last);
      values.add(value.bytes());
    }
    byte[] out = keys.isEmpty() ? NOTHING : keys.getLast();
    return new Batch(error, keys.size(), out, keys, values);
  }

  /** {@code __htab_map_lookup_and_delete_batch}: the cursor is a bucket's number. */
  private Batch buckets(HashMap hash, byte @Nullable [] cursor, int count, boolean delete) {
    if (count == 0) {
      return Batch.of(0, 0);
    }
    List<byte[]> keys = new ArrayList<>();
    List<byte[]> values = new ArrayList<>();
    int bucket = cursor == null ? 0 : little(cursor);
    if (Integer.compareUnsigned(bucket, hash.bucketCount()) >= 0) {
      return Batch.of(-Errno.ENOENT, 0);
    }
    long error = 0;
    while (true) {
      int length = hash.bucketLength(bucket);
      if (length > count - keys.size()) {
        error = keys.isEmpty() ? -Errno.ENOSPC : 0;
        break;
      }
      if (length > 0 && !take(hash, bucket, length, delete, keys, values)) {
        error = -Errno.ENOMEM;
        break;
      }
      if (++bucket >= hash.bucketCount()) {
        error = -Errno.ENOENT;
        break;
      }
    }
    return new Batch((int) -error, keys.size(), little(bucket), keys, values);
  }

  private boolean take(
      HashMap hash,
      int bucket,
      int length,
      boolean delete,
      List<byte[]> keys,
      List<byte[]> values) {
    long keyBuffer = map.storage().allocate((long) keySize() * length);
    long valueBuffer = map.storage().allocate((long) valueSize() * length);
    boolean room = keyBuffer != 0 && valueBuffer != 0;
    if (room) {
      hash.takeBucket(bucket, keyBuffer, valueBuffer, delete);
      for (int i = 0; i < length; i++) {
        keys.add(bytes(keyBuffer + (long) i * keySize(), keySize()));
        values.add(bytes(valueBuffer + (long) i * valueSize(), valueSize()));
      }
    }
    map.storage().release(keyBuffer);
    map.storage().release(valueBuffer);
    return room;
  }

  /** {@code BPF_MAP_UPDATE_BATCH}. */
  public Batch updateBatch(List<byte[]> keys, List<byte[]> values, long elemFlags) {
    if (map.descriptor().frozen()) {
      return Batch.of(-Errno.EPERM, keys.size());
    }
    if (!map.batches().update()) {
      return Batch.of(-Errno.ENOTSUPP, keys.size());
    }
    if ((elemFlags & ~BpfMap.BPF_F_LOCK) != 0 || !lockable(elemFlags)) {
      return Batch.of(-Errno.EINVAL, keys.size());
    }
    for (int i = 0; i < keys.size(); i++) {
      int error = update(keys.get(i), values.get(i), elemFlags);
      if (error != 0) {
        return Batch.of(-error, i);
      }
    }
    return Batch.of(0, keys.size());
  }

  /** {@code BPF_MAP_DELETE_BATCH}. */
  public Batch deleteBatch(List<byte[]> keys, long elemFlags) {
    if (map.descriptor().frozen()) {
      return Batch.of(-Errno.EPERM, keys.size());
    }
    if (!map.batches().delete()) {
      return Batch.of(-Errno.ENOTSUPP, keys.size());
    }
    if ((elemFlags & ~BpfMap.BPF_F_LOCK) != 0 || !lockable(elemFlags)) {
      return Batch.of(-Errno.EINVAL, keys.size());
    }
    for (int i = 0; i < keys.size(); i++) {
      int error = delete(keys.get(i));
      if (error != 0) {
        return Batch.of(-error, i);
      }
    }
    return Batch.of(0, keys.size());
  }

  private boolean lockable(long flags) {
    BtfRecord record = map.descriptor().record();
    return (flags & BpfMap.BPF_F_LOCK) == 0
        || (record != null && record.has(BtfFieldType.BPF_SPIN_LOCK));
  }

  private boolean keyed(byte @Nullable [] key) {
    return key == null ? keySize() == 0 : key.length == keySize() && keySize() != 0;
  }

  /** Kernel copies of what the command works on. */
  private record Buffers(long key, long next, long value) {}

  private long with(
      byte @Nullable [] key, byte @Nullable [] value, ToLongFunction<Buffers> command) {
    long room = ((keySize() + 7L) & -8) + 8;
    long buffer = map.storage().allocate(2 * room + valueSize() + 8);
    if (buffer == 0) {
      return -Errno.ENOMEM;
    }
    try {
      Buffers buffers = new Buffers(buffer, buffer + room, buffer + 2 * room);
      if (key != null) {
        memory.write(buffers.key, key, 0, Math.min(key.length, keySize()));
      }
      if (value != null) {
        memory.write(buffers.value, value, 0, Math.min(value.length, valueSize()));
      }
      return command.applyAsLong(buffers);
    } finally {
      map.storage().release(buffer);
    }
  }

  private byte[] bytes(long at, int length) {
    byte[] bytes = new byte[length];
    memory.read(at, bytes, 0, length);
    return bytes;
  }

  private static int little(byte[] bytes) {
    int number = 0;
    for (int i = Math.min(bytes.length, Integer.BYTES) - 1; i >= 0; i--) {
      number = (number << 8) | (bytes[i] & 0xff);
    }
    return number;
  }

  private static byte[] little(int number) {
    return new byte[] {
      (byte) number, (byte) (number >> 8), (byte) (number >> 16), (byte) (number >> 24)
    };
  }
}
