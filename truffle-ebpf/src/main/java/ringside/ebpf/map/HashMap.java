package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/**
 * The hash maps ({@code kernel/bpf/hashtab.c}): plain, per-CPU, LRU, both, and of maps.
 *
 * <p>All of it lies in simulated memory with the kernel's layout: buckets with the address of their
 * first element, elements with the address of the next one, the hash, the key and the value. So
 * what does not fit is {@code ENOMEM}, and with {@code BPF_F_ZERO_SEED} a walk gives the kernel's
 * order. The host keeps a few scalars, whatever the number of elements.
 */
public final class HashMap extends BpfMap {
  // struct htab_elem, as far as HashTable leaves it to the map
  private static final int FREE_NEXT = 8;
  private static final int LRU_NODE = 16;

  private final Memory memory;
  private final MapValues copier;
  private final int keySize;
  private final int valueOffset;
  private final int valueSize;
  private final int elementSize;
  private final int maxEntries;
  private final HashTable table;
  private final boolean lru;
  private final boolean perCpu;
  private final boolean ofMaps;
  private final boolean preallocated;
  private final @Nullable LruLists lists;

  /** Of preallocated elements: the first one and how many. */
  private final long elements;

  private final int elementCount;

  private long freeList;
  private long extra;
  private int count;

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG}, {@code ENOTSUPP} or {@code ENOMEM}
   */
  HashMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, HashShape.evened(descriptor, runtime.cpus()), address);
    this.lru = HashShape.lru(descriptor);
    this.perCpu = descriptor.type().perCpu();
    this.ofMaps = HashShape.ofMaps(descriptor);
    this.preallocated = HashShape.preallocated(descriptor);
    HashShape.check(descriptor);
    this.memory = storage().memory();
    this.copier = new MapValues(storage(), runtime, descriptor);
    this.keySize = descriptor.keySize();
    this.valueOffset = HashTable.KEY + MapMemory.perCpuSize(keySize);
    this.valueSize = MapMemory.perCpuSize(descriptor.valueSize());
    this.elementSize = valueOffset + (perCpu || ofMaps ? Long.BYTES : valueSize);
    this.maxEntries = descriptor().maxEntries();
    int seed =
        descriptor.has(MapDescriptor.BPF_F_ZERO_SEED)
            ? 0
            : (descriptor.id() * 0x9e3779b9) ^ 0x5bd1e995;
    this.table = new HashTable(storage(), keySize, seed, maxEntries);
    if (!preallocated) {
      this.elements = 0;
      this.elementCount = 0;
      this.lists = null;
      return;
    }
    this.elementCount = maxEntries + (perCpu || lru ? 0 : storage().cpus());
    this.elements = storage().area(Integer.toUnsignedLong(elementCount) * elementSize);
    if (perCpu) {
      allocatePerCpu();
    }
    if (lru) {
      this.lists =
          new LruLists(
              memory,
              storage().area(LruLists.HEADS),
              !descriptor.has(MapDescriptor.BPF_F_NO_COMMON_LRU),
              elements + LRU_NODE,
              elementSize,
              elementCount,
              storage().cpus(),
              node -> evict(node - LRU_NODE));
      return;
    }
    this.lists = null;
    for (int i = elementCount - 1; i >= 0; i--) {
      pushFree(elements + (long) i * elementSize);
    }
    for (int cpu = 0; cpu < storage().cpus() && !perCpu; cpu++) {
      // One spare for each processor; this one's is taken last.
      this.extra = popFree();
    }
  }

  private void allocatePerCpu() throws MapException {
    for (int i = 0; i < elementCount; i++) {
      long values = storage().area((long) valueSize * storage().cpus());
      memory.writeLong(elements + (long) i * elementSize + valueOffset, values);
    }
  }

  // --- programs ---

  @Override
  public long lookup(long key) {
    long element = table.find(key, table.hash(key));
    if (element == 0) {
      return 0;
    }
    if (lru) {
      LruLists.touch(memory, element + LRU_NODE);
    }
    return valueOf(element);
  }

  /** What programs see as the value: the CPU's own, or the map. */
  private long valueOf(long element) {
    if (perCpu) {
      return memory.readLong(element + valueOffset) + (long) MapMemory.cpu() * valueSize;
    }
    return ofMaps ? memory.readLong(element + valueOffset) : element + valueOffset;
  }

  @Override
  public long lookupOn(long key, int cpu) {
    if (!perCpu || Integer.compareUnsigned(cpu, storage().cpus()) >= 0) {
      return 0;
    }
    long element = table.find(key, table.hash(key));
    if (element == 0) {
      return 0;
    }
    if (lru) {
      LruLists.touch(memory, element + LRU_NODE);
    }
    return memory.readLong(element + valueOffset) + (long) cpu * valueSize;
  }

  @Override
  public long update(long key, long value, long flags) {
    if (perCpu) {
      return updatePerCpu(key, value, flags, false);
    }
    if (lru) {
      return updateLru(key, value, flags);
    }
    if (Long.compareUnsigned(flags & ~BPF_F_LOCK, BPF_EXIST) > 0) {
      return -Errno.EINVAL;
    }
    if ((flags & BPF_F_LOCK) != 0 && !copier.hasLock()) {
      return -Errno.EINVAL;
    }
    int hash = table.hash(key);
    long old = table.find(key, hash);
    int refusal = refusal(old, flags & ~BPF_F_LOCK);
    if (refusal != 0) {
      return refusal;
    }
    if (old != 0 && (flags & BPF_F_LOCK) != 0) {
      copier.copy(old + valueOffset, value);
      return 0;
    }
    if (old != 0 && ofMaps) {
      // One atomic store, so that a program never sees the key without a map.
      runtime().releaseAt(memory.getAndSetLong(old + valueOffset, memory.readLong(value)));
      return 0;
    }
    long element = allocate(old);
    if (Long.compareUnsigned(element, -4095) >= 0) {
      return element;
    }
    storage().copy(element + HashTable.KEY, key, keySize);
    copyValue(element, value);
    table.insert(element, hash);
    if (old != 0) {
      replaceOld(old);
    }
    return 0;
  }

  private void copyValue(long element, long value) {
    if (ofMaps) {
      memory.writeLong(element + valueOffset, memory.readLong(value));
    } else {
      copier.copy(element + valueOffset, value);
    }
  }

  private void replaceOld(long old) {
    table.unlink(old);
    if (preallocated) {
      // It is the next one's spare already: what it owns goes now.
      release(old);
    } else {
      free(old);
    }
  }

  private static int refusal(long old, long flags) {
    if (old != 0 && flags == BPF_NOEXIST) {
      return -Errno.EEXIST;
    }
    return old == 0 && flags == BPF_EXIST ? -Errno.ENOENT : 0;
  }

  @TruffleBoundary
  private long updateLru(long key, long value, long flags) {
    if (Long.compareUnsigned(flags, BPF_EXIST) > 0) {
      return -Errno.EINVAL;
    }
    int hash = table.hash(key);
    // A node is taken, and perhaps another element evicted, before the key is even looked for.
    long element = popLru(hash, key);
    if (element == 0) {
      return -Errno.ENOMEM;
    }
    copier.copy(element + valueOffset, value);
    long old = table.find(key, hash);
    int refusal = refusal(old, flags);
    if (refusal != 0) {
      pushLru(element);
      return refusal;
    }
    table.insert(element, hash);
    if (old != 0) {
      LruLists.touch(memory, element + LRU_NODE);
      table.unlink(old);
      pushLru(old);
    }
    return 0;
  }

  @TruffleBoundary
  private long updatePerCpu(long key, long value, long flags, boolean allCpus) {
    if (Long.compareUnsigned(flags, BPF_EXIST) > 0) {
      return -Errno.EINVAL;
    }
    int hash = table.hash(key);
    long fresh = 0;
    if (lru && flags != BPF_EXIST) {
      fresh = popLru(hash, key);
      if (fresh == 0) {
        return -Errno.ENOMEM;
      }
    }
    long old = table.find(key, hash);
    int refusal = refusal(old, flags);
    if (refusal == 0 && old == 0) {
      if (!lru) {
        fresh = allocatePerCpuElement(key);
        if (Long.compareUnsigned(fresh, -4095) >= 0) {
          return fresh;
        }
      }
      setPerCpu(fresh, value, allCpus, true);
      table.insert(fresh, hash);
      return 0;
    }
    if (refusal == 0) {
      if (lru) {
        LruLists.touch(memory, old + LRU_NODE);
      }
      setPerCpu(old, value, allCpus, false);
    }
    if (fresh != 0) {
      pushLruNode(fresh);
    }
    return refusal;
  }

  private long allocatePerCpuElement(long key) {
    long element = allocate(0);
    if (Long.compareUnsigned(element, -4095) >= 0) {
      return element;
    }
    storage().copy(element + HashTable.KEY, key, keySize);
    if (!preallocated) {
      long values = storage().allocate((long) valueSize * storage().cpus());
      if (values == 0) {
        count--;
        storage().release(element);
        return -Errno.ENOMEM;
      }
      memory.writeLong(element + valueOffset, values);
    }
    return element;
  }

  /** Sets this CPU's value, and others' to zero where new; or all, as user space gives them. */
  private void setPerCpu(long element, long value, boolean allCpus, boolean fresh) {
    long values = memory.readLong(element + valueOffset);
    for (int cpu = 0; cpu < storage().cpus(); cpu++) {
      long to = values + (long) cpu * valueSize;
      if (allCpus) {
        copier.copyLong(to, value + (long) cpu * valueSize);
        copier.free(to);
      } else if (cpu == MapMemory.cpu()) {
        copier.copy(to, value);
        if (!fresh) {
          copier.free(to);
        }
      } else if (fresh) {
        copier.zero(to);
      }
    }
  }

  @Override
  public long delete(long key) {
    int hash = table.hash(key);
    long element = table.find(key, hash);
    if (element == 0) {
      return -Errno.ENOENT;
    }
    table.unlink(element);
    discard(element);
    return 0;
  }

  /** How many keys there are ({@code bpf_map_sum_elem_count}). */
  public int count() {
    return count;
  }

  @Override
  @TruffleBoundary
  public long forEach(Visitor visitor) {
    long seen = 0;
    for (int bucket = 0; bucket < table.size(); bucket++) {
      long element = table.first(bucket);
      while (element != 0) {
        // The visitor may delete what it sees.
        long next = table.next(element);
        seen++;
        if (visitor.visit(element + HashTable.KEY, valueOf(element)) != 0) {
          return seen;
        }
        element = next;
      }
    }
    return seen;
  }

  // --- bpf(2) ---

  @Override
  @TruffleBoundary
  public long nextKey(long key, long next) {
    int bucket = 0;
    if (key != 0) {
      int hash = table.hash(key);
      long element = table.find(key, hash);
      if (element != 0) {
        long following = table.next(element);
        if (following != 0) {
          storage().copy(next, following + HashTable.KEY, keySize);
          return 0;
        }
        bucket = table.bucketOf(hash) + 1;
      }
    }
    for (; bucket < table.size(); bucket++) {
      long element = table.first(bucket);
      if (element != 0) {
        storage().copy(next, element + HashTable.KEY, keySize);
        return 0;
      }
    }
    return -Errno.ENOENT;
  }

  @Override
  public int userValueSize() {
    return perCpu ? valueSize * storage().cpus() : descriptor().valueSize();
  }

  @Override
  @TruffleBoundary
  public long lookupForUser(long key, long value, long flags) {
    // User space leaves no mark: its walks must not change what is evicted.
    long element = table.find(key, table.hash(key));
    if (element == 0) {
      return -Errno.ENOENT;
    }
    copyOut(element, value);
    return 0;
  }

  private void copyOut(long element, long value) {
    if (ofMaps) {
      memory.writeInt(value, runtime().idAt(memory.readLong(element + valueOffset)));
      return;
    }
    if (!perCpu) {
      copier.copy(value, element + valueOffset);
      copier.initFields(value);
      return;
    }
    long values = memory.readLong(element + valueOffset);
    for (int cpu = 0; cpu < storage().cpus(); cpu++) {
      long at = (long) cpu * valueSize;
      copier.copyLong(value + at, values + at);
      copier.initFields(value + at);
    }
  }

  @Override
  @TruffleBoundary
  public long updateForUser(long key, long value, long flags, Descriptors descriptors) {
    if (perCpu) {
      return updatePerCpu(key, value, flags, true);
    }
    if (!ofMaps) {
      return update(key, value, flags);
    }
    BpfMap inner = descriptors.map(memory.readInt(value));
    long refusal = InnerMaps.refusal(descriptor(), inner);
    if (refusal != 0 || inner == null) {
      return refusal;
    }
    long pointer = storage().allocate(Long.BYTES);
    if (pointer == 0) {
      return -Errno.ENOMEM;
    }
    memory.writeLong(pointer, inner.address());
    inner.get();
    long result = update(key, pointer, flags);
    storage().release(pointer);
    if (result != 0) {
      runtime().releaseAt(inner.address());
    }
    return result;
  }

  @Override
  @TruffleBoundary
  public long lookupAndDelete(long key, long value, long flags) {
    if (ofMaps) {
      return -Errno.ENOTSUPP;
    }
    long element = table.find(key, table.hash(key));
    if (element == 0) {
      return -Errno.ENOENT;
    }
    copyOut(element, value);
    table.unlink(element);
    discard(element);
    return 0;
  }

  @Override
  public Batches batches() {
    return Batches.ALL;
  }

  /** How many buckets there are: batches go by bucket. */
  int bucketCount() {
    return table.size();
  }

  /** How many elements a bucket has. */
  int bucketLength(int bucket) {
    int length = 0;
    for (long at = table.first(bucket); at != 0; at = table.next(at)) {
      length++;
    }
    return length;
  }

  /** Copies a bucket's keys and values out, one behind another, and may empty it. */
  void takeBucket(int bucket, long keys, long values, boolean delete) {
    long keyTo = keys;
    long valueTo = values;
    long element = table.first(bucket);
    while (element != 0) {
      long next = table.next(element);
      storage().copy(keyTo, element + HashTable.KEY, keySize);
      copyOut(element, valueTo);
      keyTo += keySize;
      valueTo += userValueSize();
      if (delete) {
        table.unlink(element);
        discard(element);
      }
      element = next;
    }
  }

  // --- life ---

  @Override
  protected void userGone() {
    if (copier.hasCallbacks()) {
      forEach((key, value) -> {
        copier.cancel(value);
        return 0;
      });
    }
  }

  @Override
  protected void free() {
    for (int bucket = 0; bucket < table.size(); bucket++) {
      long element = table.first(bucket);
      while (element != 0) {
        long next = table.next(element);
        release(element);
        if (!preallocated) {
          releaseMemory(element);
        }
        element = next;
      }
    }
  }

  // --- elements ---

  /** An element to fill, or a negative errno. */
  private long allocate(long old) {
    if (!preallocated) {
      return allocateFresh(old);
    }
    if (old != 0) {
      long element = extra;
      extra = old;
      return element;
    }
    long element = popFree();
    if (element == 0) {
      return -Errno.E2BIG;
    }
    count++;
    return element;
  }

  private long allocateFresh(long old) {
    if (old == 0 && Integer.compareUnsigned(count, maxEntries) >= 0) {
      return -Errno.E2BIG;
    }
    long element = storage().allocate(elementSize);
    if (element == 0) {
      return -Errno.ENOMEM;
    }
    count++;
    return element;
  }

  private void pushFree(long element) {
    memory.writeLong(element + FREE_NEXT, freeList);
    freeList = element;
  }

  private long popFree() {
    long element = freeList;
    if (element != 0) {
      freeList = memory.readLong(element + FREE_NEXT);
    }
    return element;
  }

  /** Gives up an element that is in no bucket any more. */
  private void discard(long element) {
    if (lru) {
      pushLru(element);
    } else {
      free(element);
    }
  }

  private void free(long element) {
    count--;
    release(element);
    if (preallocated) {
      pushFree(element);
    } else {
      releaseMemory(element);
    }
  }

  private void releaseMemory(long element) {
    if (perCpu) {
      storage().release(memory.readLong(element + valueOffset));
    }
    storage().release(element);
  }

  /** Drops what an element's value owns. */
  private void release(long element) {
    if (ofMaps) {
      runtime().releaseAt(memory.readLong(element + valueOffset));
    } else if (copier.hasFields()) {
      releaseFields(element);
    }
  }

  @TruffleBoundary
  private void releaseFields(long element) {
    if (!perCpu) {
      copier.free(element + valueOffset);
      return;
    }
    long values = memory.readLong(element + valueOffset);
    for (int cpu = 0; cpu < storage().cpus(); cpu++) {
      copier.free(values + (long) cpu * valueSize);
    }
  }

  // --- LRU ---

  private long popLru(int hash, long key) {
    LruLists all = lists;
    long node = all == null ? 0 : all.pop(hash, HashTable.HASH - LRU_NODE);
    if (node == 0) {
      return 0;
    }
    count++;
    long element = node - LRU_NODE;
    storage().copy(element + HashTable.KEY, key, keySize);
    return element;
  }

  private void pushLru(long element) {
    release(element);
    pushLruNode(element);
  }

  @TruffleBoundary
  private void pushLruNode(long element) {
    count--;
    LruLists all = lists;
    if (all != null) {
      all.push(element + LRU_NODE);
    }
  }

  /** {@code htab_lru_map_delete_node}: takes an element out, if it is in. */
  private boolean evict(long element) {
    if (!table.remove(element)) {
      return false;
    }
    release(element);
    count--;
    return true;
  }
}
