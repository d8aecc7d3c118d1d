package ringside.ebpf.map;

import ringside.kernel.mm.Memory;

/**
 * The buckets of a hash map and the chains of elements in them.
 *
 * <p>Both lie in simulated memory as {@code struct bucket} and {@code struct htab_elem} do. Knows
 * where keys stand and nothing of values, of who owns an element or of how many there are.
 */
final class HashTable {
  /** Offset of the next element's address in an element. */
  static final int NEXT = 0;

  /** Offset of the hash. */
  static final int HASH = 40;

  /** Offset of the key. */
  static final int KEY = 48;

  /** Bytes of a bucket, which starts with its first element's address. */
  private static final int BUCKET = 16;

  private final MapMemory storage;
  private final Memory memory;
  private final int keySize;
  private final int seed;
  private final int mask;
  private final long buckets;

  /**
   * Makes an empty table.
   *
   * @param entries how many elements there may be; there are as many buckets, up to a power of two
   * @throws MapException {@code ENOMEM}
   */
  HashTable(MapMemory storage, int keySize, int seed, int entries) throws MapException {
    this.storage = storage;
    this.memory = storage.memory();
    this.keySize = keySize;
    this.seed = seed;
    this.mask = entries == 1 ? 0 : -1 >>> Integer.numberOfLeadingZeros(entries - 1);
    this.buckets = storage.area((mask + 1L) * BUCKET);
  }

  /** How many buckets there are. */
  int size() {
    return mask + 1;
  }

  /** The first element in a bucket, or 0. */
  long first(int bucket) {
    return memory.readLong(buckets + (long) bucket * BUCKET);
  }

  /** The element behind another in its bucket, or 0. */
  long next(long element) {
    return memory.readLong(element + NEXT);
  }

  /** A key's hash. */
  int hash(long key) {
    return storage.hash(key, keySize, seed);
  }

  /** Which bucket elements of a hash are in. */
  int bucketOf(int hash) {
    return hash & mask;
  }

  /** The element with a key, or 0. */
  long find(long key, int hash) {
    long element = memory.readLong(bucket(hash));
    while (element != 0) {
      if (memory.readInt(element + HASH) == hash && storage.equal(element + KEY, key, keySize)) {
        return element;
      }
      element = memory.readLong(element + NEXT);
    }
    return 0;
  }

  private long bucket(int hash) {
    return buckets + (long) (hash & mask) * BUCKET;
  }

  /** Puts an element in front of its bucket. */
  void insert(long element, int hash) {
    long bucket = bucket(hash);
    memory.writeInt(element + HASH, hash);
    memory.writeLong(element + NEXT, memory.readLong(bucket));
    memory.writeLong(bucket, element);
  }

  /** Takes an element out of its bucket, in which it is. */
  void unlink(long element) {
    long at = bucket(memory.readInt(element + HASH));
    long each = memory.readLong(at);
    while (each != element) {
      at = each + NEXT;
      each = memory.readLong(at);
    }
    // The element keeps its own link: who stands on it walks on.
    memory.writeLong(at, memory.readLong(element + NEXT));
  }

  /** Takes an element out of its bucket, and says whether it was in. */
  boolean remove(long element) {
    long at = bucket(memory.readInt(element + HASH));
    for (long each = memory.readLong(at); each != 0; each = memory.readLong(at)) {
      if (each == element) {
        memory.writeLong(at, memory.readLong(element + NEXT));
        return true;
      }
      at = each + NEXT;
    }
    return false;
  }
}
