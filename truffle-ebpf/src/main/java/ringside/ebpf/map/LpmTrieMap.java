package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayDeque;
import java.util.Deque;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/**
 * {@code BPF_MAP_TYPE_LPM_TRIE} ({@code kernel/bpf/lpm_trie.c}): the longest prefix that matches.
 *
 * <p>Nodes lie in simulated memory: two children, prefix length, mark, key bytes, value.
 */
public final class LpmTrieMap extends BpfMap {
  private static final int ALLOWED_FLAGS =
      MapDescriptor.BPF_F_NO_PREALLOC
          | MapDescriptor.BPF_F_NUMA_NODE
          | MapDescriptor.BPF_F_RDONLY
          | MapDescriptor.BPF_F_WRONLY
          | MapDescriptor.BPF_F_RDONLY_PROG
          | MapDescriptor.BPF_F_WRONLY_PROG;

  private static final int DATA_SIZE_MAX = 256;
  private static final int NODE_SIZE = 40;
  private static final int VALUE_SIZE_MAX = (4 << 20) - DATA_SIZE_MAX - NODE_SIZE;

  // struct lpm_trie_node
  private static final int PREFIX = 16;
  private static final int INTERMEDIATE = 20;
  private static final int DATA = 24;

  // struct bpf_lpm_trie_key_u8
  private static final int KEY_DATA = 4;

  private final Memory memory;
  private final int dataSize;
  private final int valueSize;
  private final int maxPrefix;

  /** Eight bytes that hold the top node's address. */
  private final long root;

  private int count;

  /**
   * Creates one.
   *
   * @throws MapException {@code EINVAL} or {@code ENOMEM}
   */
  LpmTrieMap(MapRuntime runtime, MapDescriptor descriptor, long address) throws MapException {
    super(runtime, descriptor, address);
    this.dataSize = descriptor.keySize() - KEY_DATA;
    this.valueSize = descriptor.valueSize();
    MapChecks.require(
        descriptor.maxEntries() != 0 && descriptor.has(MapDescriptor.BPF_F_NO_PREALLOC),
        "a trie has entries and BPF_F_NO_PREALLOC");
    MapChecks.flags(descriptor, ALLOWED_FLAGS);
    MapChecks.require(
        dataSize >= 1 && dataSize <= DATA_SIZE_MAX && valueSize >= 1 && valueSize <= VALUE_SIZE_MAX,
        "a trie's key is a prefix length and up to 256 bytes");
    this.memory = storage().memory();
    this.maxPrefix = dataSize * Byte.SIZE;
    this.root = storage().area(Long.BYTES);
  }

  @Override
  @TruffleBoundary
  public long lookup(long key) {
    int prefix = memory.readInt(key);
    if (Integer.compareUnsigned(prefix, maxPrefix) > 0) {
      return 0;
    }
    long found = 0;
    for (long node = memory.readLong(root); node != 0; ) {
      int match = match(node, key, prefix);
      if (match == maxPrefix) {
        found = node;
        break;
      }
      if (match < prefixOf(node)) {
        break;
      }
      if (!intermediate(node)) {
        found = node;
      }
      node = child(node, bit(key + KEY_DATA, prefixOf(node)));
    }
    return found == 0 ? 0 : found + DATA + dataSize;
  }

  @Override
  @TruffleBoundary
  public long update(long key, long value, long flags) {
    int prefix = memory.readInt(key);
    if (Long.compareUnsigned(flags, BPF_EXIST) > 0
        || Integer.compareUnsigned(prefix, maxPrefix) > 0) {
      return -Errno.EINVAL;
    }
    long fresh = allocate(prefix, key + KEY_DATA);
    if (fresh == 0) {
      return -Errno.ENOMEM;
    }
    storage().copy(fresh + DATA + dataSize, value, valueSize);
    long slot = root;
    long node = memory.readLong(slot);
    int match = 0;
    while (node != 0) {
      match = match(node, key, prefix);
      int own = prefixOf(node);
      if (own != match || own == prefix || own == maxPrefix) {
        break;
      }
      slot = childSlot(node, bit(key + KEY_DATA, own));
      node = memory.readLong(slot);
    }
    long result = attach(slot, node, fresh, match, prefix, flags);
    if (result != 0) {
      storage().release(fresh);
    }
    return result;
  }

  private long attach(long slot, long node, long fresh, int match, int prefix, long flags) {
    if (node != 0 && prefixOf(node) == match && !intermediate(node)) {
      if (flags == BPF_NOEXIST) {
        return -Errno.EEXIST;
      }
      replace(slot, node, fresh);
      return 0;
    }
    if (flags == BPF_EXIST) {
      return -Errno.ENOENT;
    }
    if (count == descriptor().maxEntries()) {
      return -Errno.ENOSPC;
    }
    if (node == 0) {
      memory.writeLong(slot, fresh);
    } else if (prefixOf(node) == match) {
      replace(slot, node, fresh);
    } else if (match == prefix) {
      memory.writeLong(childSlot(fresh, bit(node + DATA, match)), node);
      memory.writeLong(slot, fresh);
    } else {
      long between = allocate(match, node + DATA);
      if (between == 0) {
        return -Errno.ENOMEM;
      }
      memory.writeInt(between + INTERMEDIATE, 1);
      int side = bit(fresh + DATA, match);
      memory.writeLong(childSlot(between, side), fresh);
      memory.writeLong(childSlot(between, 1 - side), node);
      memory.writeLong(slot, between);
    }
    count++;
    return 0;
  }

  private void replace(long slot, long node, long fresh) {
    memory.writeLong(fresh, memory.readLong(node));
    memory.writeLong(fresh + 8, memory.readLong(node + 8));
    memory.writeLong(slot, fresh);
    storage().release(node);
  }

  @Override
  @TruffleBoundary
  public long delete(long key) {
    int prefix = memory.readInt(key);
    if (Integer.compareUnsigned(prefix, maxPrefix) > 0) {
      return -Errno.EINVAL;
    }
    long slot = root;
    long parentSlot = root;
    long parent = 0;
    long node = memory.readLong(slot);
    int match = 0;
    while (node != 0) {
      match = match(node, key, prefix);
      if (prefixOf(node) != match || prefixOf(node) == prefix) {
        break;
      }
      parent = node;
      parentSlot = slot;
      slot = childSlot(node, bit(key + KEY_DATA, prefixOf(node)));
      node = memory.readLong(slot);
    }
    if (node == 0 || prefixOf(node) != prefix || match != prefix || intermediate(node)) {
      return -Errno.ENOENT;
    }
    count--;
    long left = child(node, 0);
    long right = child(node, 1);
    if (left != 0 && right != 0) {
      memory.writeInt(node + INTERMEDIATE, 1);
      return 0;
    }
    if (parent != 0 && intermediate(parent) && left == 0 && right == 0) {
      memory.writeLong(parentSlot, child(parent, child(parent, 0) == node ? 1 : 0));
      storage().release(parent);
    } else {
      memory.writeLong(slot, left != 0 ? left : right);
    }
    storage().release(node);
    return 0;
  }

  /** Goes in postorder: longer prefixes before those that hold them. */
  @Override
  @TruffleBoundary
  public long nextKey(long key, long next) {
    long top = memory.readLong(root);
    if (top == 0) {
      return -Errno.ENOENT;
    }
    Deque<Long> path = new ArrayDeque<>();
    if (key == 0 || !exact(key, path)) {
      copyKey(next, leftmost(top));
      return 0;
    }
    long node = path.pop();
    while (!path.isEmpty()) {
      long parent = path.pop();
      long right = child(parent, 1);
      if (child(parent, 0) == node && right != 0) {
        copyKey(next, leftmost(right));
        return 0;
      }
      if (!intermediate(parent)) {
        copyKey(next, parent);
        return 0;
      }
      node = parent;
    }
    return -Errno.ENOENT;
  }

  private boolean exact(long key, Deque<Long> path) {
    int prefix = memory.readInt(key);
    if (Integer.compareUnsigned(prefix, maxPrefix) > 0) {
      return false;
    }
    for (long node = memory.readLong(root); node != 0; ) {
      path.push(node);
      int match = match(node, key, prefix);
      if (prefixOf(node) != match || prefixOf(node) == prefix) {
        return prefixOf(node) == match && !intermediate(node);
      }
      node = child(node, bit(key + KEY_DATA, prefixOf(node)));
    }
    return false;
  }

  private long leftmost(long top) {
    long found = top;
    for (long node = top; node != 0; ) {
      if (intermediate(node)) {
        node = child(node, 0);
      } else {
        found = node;
        node = child(node, 0) != 0 ? child(node, 0) : child(node, 1);
      }
    }
    return found;
  }

  private void copyKey(long to, long node) {
    memory.writeInt(to, prefixOf(node));
    storage().copy(to + KEY_DATA, node + DATA, dataSize);
  }

  @Override
  @TruffleBoundary
  public long lookupForUser(long key, long value, long flags) {
    long found = lookup(key);
    if (found == 0) {
      return -Errno.ENOENT;
    }
    storage().copy(value, found, valueSize);
    return 0;
  }

  @Override
  public Batches batches() {
    return Batches.GENERIC;
  }

  @Override
  protected void free() {
    Deque<Long> nodes = new ArrayDeque<>();
    if (memory.readLong(root) != 0) {
      nodes.push(memory.readLong(root));
    }
    while (!nodes.isEmpty()) {
      long node = nodes.pop();
      for (int side = 0; side < 2; side++) {
        if (child(node, side) != 0) {
          nodes.push(child(node, side));
        }
      }
      storage().release(node);
    }
  }

  private long allocate(int prefix, long data) {
    long node = storage().allocate((long) DATA + dataSize + valueSize);
    if (node != 0) {
      memory.writeInt(node + PREFIX, prefix);
      storage().copy(node + DATA, data, dataSize);
    }
    return node;
  }

  /** How many leading bits of a node and a key agree, up to the shorter prefix. */
  private int match(long node, long key, int prefix) {
    int limit = Math.min(prefixOf(node), prefix);
    for (int i = 0; i < dataSize; i++) {
      int differ = (memory.readByte(node + DATA + i) ^ memory.readByte(key + KEY_DATA + i)) & 0xff;
      if (differ != 0) {
        int bits = i * Byte.SIZE + Integer.numberOfLeadingZeros(differ) - 24;
        return Math.min(bits, limit);
      }
      if ((i + 1) * Byte.SIZE >= limit) {
        return limit;
      }
    }
    return limit;
  }

  private int bit(long data, int index) {
    return (memory.readByte(data + index / Byte.SIZE) >> (7 - index % Byte.SIZE)) & 1;
  }

  private int prefixOf(long node) {
    return memory.readInt(node + PREFIX);
  }

  private boolean intermediate(long node) {
    return memory.readInt(node + INTERMEDIATE) != 0;
  }

  private static long childSlot(long node, int side) {
    return node + 8L * side;
  }

  private long child(long node, int side) {
    return memory.readLong(childSlot(node, side));
  }
}
