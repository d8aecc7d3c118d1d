package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.Arrays;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;

/**
 * {@code BPF_MAP_TYPE_HASH}, its per-CPU and its LRU forms ({@code kernel/bpf/hashtab.c}), on one
 * CPU.
 *
 * <p>Elements lie in simulated memory, key before value, in chunks of equal length; an
 * open-addressed index over them is the host's. An element's address never changes, and a deleted
 * one's memory stays valid and is the first to be used again, as with the kernel's preallocated
 * elements.
 */
public final class HashMap extends BpfMap {
  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NO_PREALLOC
          | MapDescriptor.BPF_F_NO_COMMON_LRU
          | MapDescriptor.BPF_F_NUMA_NODE
          | MapDescriptor.BPF_F_RDONLY
          | MapDescriptor.BPF_F_WRONLY
          | MapDescriptor.BPF_F_RDONLY_PROG
          | MapDescriptor.BPF_F_WRONLY_PROG
          | MapDescriptor.BPF_F_ZERO_SEED;

  private static final int CHUNK_BYTES = 1 << 18;
  private static final int MAX_KEY = 512;
  private static final int EMPTY = -1;

  private final MapMemory storage;
  private final int keySize;
  private final int keyStride;
  private final int valueSize;
  private final int stride;
  private final int maxEntries;
  private final int chunkShift;
  private final boolean lru;

  private long[] chunks = new long[0];
  private int[] index = emptyIndex(64);
  private int[] hashes = new int[0];
  private int[] free = new int[0];
  private boolean[] used = new boolean[0];
  private boolean[] referenced = new boolean[0];
  private int freeCount;
  private int elements;
  private int count;
  private int hand;

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL}, {@code E2BIG} or {@code ENOMEM}
   */
  public HashMap(KernelCore core, MapDescriptor descriptor, long address) throws MapException {
    super(descriptor, address);
    this.lru =
        descriptor.type() == MapType.LRU_HASH || descriptor.type() == MapType.LRU_PERCPU_HASH;
    boolean preallocated = (descriptor.flags() & MapDescriptor.BPF_F_NO_PREALLOC) == 0;
    boolean commonLru = (descriptor.flags() & MapDescriptor.BPF_F_NO_COMMON_LRU) == 0;
    if ((descriptor.flags() & ~ALLOWED_FLAGS) != 0
        || (lru && !preallocated)
        || (!lru && !commonLru)
        || descriptor.maxEntries() <= 0
        || descriptor.keySize() <= 0
        || descriptor.valueSize() <= 0) {
      throw new MapException(
          Errno.EINVAL, "a hash needs keys, values, entries and no flag of other types");
    }
    if (descriptor.keySize() > MAX_KEY) {
      throw new MapException(Errno.E2BIG, "keys over 512 bytes");
    }
    this.storage = new MapMemory(core);
    this.keySize = descriptor.keySize();
    this.keyStride = (keySize + 7) & -8;
    this.valueSize = descriptor.valueSize();
    this.stride = keyStride + ((valueSize + 7) & -8);
    this.maxEntries = descriptor.maxEntries();
    int perChunk = Math.max(1, Math.min(CHUNK_BYTES / stride, maxEntries));
    this.chunkShift = 31 - Integer.numberOfLeadingZeros(perChunk);
    if (preallocated) {
      while (elements < maxEntries) {
        grow();
      }
    }
  }

  @Override
  public long lookup(long key) {
    int element = find(key, storage.hash(key, keySize));
    if (element < 0) {
      return 0;
    }
    if (lru) {
      referenced[element] = true;
    }
    return value(element);
  }

  @Override
  public long update(long key, long value, long flags) {
    if (Long.compareUnsigned(flags & ~BPF_F_LOCK, BPF_EXIST) > 0 || (flags & BPF_F_LOCK) != 0) {
      return -Errno.EINVAL;
    }
    int hash = storage.hash(key, keySize);
    int element = find(key, hash);
    if (element >= 0) {
      if (flags == BPF_NOEXIST) {
        return -Errno.EEXIST;
      }
      storage.copy(value(element), value, valueSize);
      if (lru) {
        referenced[element] = true;
      }
      return 0;
    }
    if (flags == BPF_EXIST) {
      return -Errno.ENOENT;
    }
    element = allocate();
    if (element < 0) {
      return element;
    }
    storage.copy(at(element), key, keySize);
    storage.copy(value(element), value, valueSize);
    insert(element, hash);
    return 0;
  }

  @Override
  public long delete(long key) {
    int element = find(key, storage.hash(key, keySize));
    if (element < 0) {
      return -Errno.ENOENT;
    }
    remove(element);
    return 0;
  }

  /** How many keys there are. */
  public int count() {
    return count;
  }

  @Override
  @TruffleBoundary
  public long nextKey(long key, long next) {
    int from = 0;
    if (key != 0) {
      int element = find(key, storage.hash(key, keySize));
      from = element < 0 ? 0 : element + 1;
    }
    for (int element = from; element < elements; element++) {
      if (used[element]) {
        storage.copy(next, at(element), keySize);
        return 0;
      }
    }
    return -Errno.ENOENT;
  }

  @Override
  @TruffleBoundary
  public long forEach(Visitor visitor) {
    long seen = 0;
    for (int element = 0; element < elements; element++) {
      if (used[element]) {
        seen++;
        if (visitor.visit(at(element), value(element)) != 0) {
          break;
        }
      }
    }
    return seen;
  }

  @Override
  public void free() {
    storage.free();
  }

  private long at(int element) {
    return chunks[element >>> chunkShift] + (long) (element & ((1 << chunkShift) - 1)) * stride;
  }

  private long value(int element) {
    return at(element) + keyStride;
  }

  private int find(long key, int hash) {
    int mask = index.length - 1;
    int slot = hash & mask;
    while (true) {
      int element = index[slot];
      if (element == EMPTY) {
        return EMPTY;
      }
      if (hashes[element] == hash && storage.equal(at(element), key, keySize)) {
        return element;
      }
      slot = (slot + 1) & mask;
    }
  }

  private int allocate() {
    if (freeCount == 0) {
      int error = makeRoom();
      if (error != 0) {
        return error;
      }
    }
    return free[--freeCount];
  }

  @TruffleBoundary
  private int makeRoom() {
    if (elements < maxEntries) {
      try {
        grow();
        return 0;
      } catch (MapException e) {
        return -Errno.ENOMEM;
      }
    }
    if (!lru) {
      return -Errno.E2BIG;
    }
    // Second chance: the first element that nobody has looked at since the hand last passed goes.
    while (true) {
      int element = hand;
      hand = hand + 1 == elements ? 0 : hand + 1;
      if (used[element] && !referenced[element]) {
        remove(element);
        return 0;
      }
      referenced[element] = false;
    }
  }

  private void insert(int element, int hash) {
    if ((count + 1) * 2 > index.length) {
      rehash();
    }
    hashes[element] = hash;
    used[element] = true;
    referenced[element] = false;
    place(element, hash);
    count++;
  }

  private void place(int element, int hash) {
    int mask = index.length - 1;
    int slot = hash & mask;
    while (index[slot] != EMPTY) {
      slot = (slot + 1) & mask;
    }
    index[slot] = element;
  }

  private void remove(int element) {
    int mask = index.length - 1;
    int hole = hashes[element] & mask;
    while (index[hole] != element) {
      hole = (hole + 1) & mask;
    }
    // Moves up what probed past the hole, so that no tombstones gather and lookups stay short.
    int slot = hole;
    while (true) {
      slot = (slot + 1) & mask;
      int other = index[slot];
      if (other == EMPTY) {
        break;
      }
      int home = hashes[other] & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        index[hole] = other;
        hole = slot;
      }
    }
    index[hole] = EMPTY;
    used[element] = false;
    free[freeCount++] = element;
    count--;
  }

  @TruffleBoundary
  private void rehash() {
    index = emptyIndex(index.length * 2);
    for (int element = 0; element < elements; element++) {
      if (used[element]) {
        place(element, hashes[element]);
      }
    }
  }

  private void grow() throws MapException {
    int more = Math.min(1 << chunkShift, maxEntries - elements);
    long chunk = storage.area((long) more * stride);
    chunks = Arrays.copyOf(chunks, chunks.length + 1);
    chunks[chunks.length - 1] = chunk;
    int total = elements + more;
    if (total > hashes.length) {
      int capacity = Math.min(maxEntries, Math.max(total, hashes.length * 2));
      hashes = Arrays.copyOf(hashes, capacity);
      free = Arrays.copyOf(free, capacity);
      used = Arrays.copyOf(used, capacity);
      referenced = Arrays.copyOf(referenced, capacity);
    }
    for (int element = total - 1; element >= elements; element--) {
      free[freeCount++] = element;
    }
    elements = total;
  }

  private static int[] emptyIndex(int length) {
    int[] index = new int[length];
    Arrays.fill(index, EMPTY);
    return index;
  }
}
