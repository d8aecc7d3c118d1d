package ringside.ebpf.map;

import java.util.function.LongPredicate;
import ringside.kernel.mm.Memory;

/**
 * What decides which element of an LRU map goes: {@code kernel/bpf/bpf_lru_list.c}.
 *
 * <p>A node is {@code struct bpf_lru_node} inside the element: list links, CPU, type, reference
 * mark. List heads lie in the map's memory, too. A common LRU has a local list of free and of
 * pending nodes for the CPU in front of the lists that all share; without {@code common}, each CPU
 * has lists of its own, of which this machine has one.
 */
final class LruLists {
  /** Bytes of the list heads. */
  static final int HEADS = 5 * 16;

  private static final int LOCAL_FREE_TARGET = 128;
  private static final int PERCPU_FREE_TARGET = 4;

  private static final int ACTIVE = 0;
  private static final int INACTIVE = 1;
  private static final int FREE = 2;
  private static final int LOCAL_FREE = 3;
  private static final int LOCAL_PENDING = 4;

  private static final int PREV = 8;
  private static final int TYPE = 18;
  private static final int REF = 19;

  private final Memory memory;
  private final long heads;
  private final boolean common;
  private final int targetFree;
  private final int scans;
  private final LongPredicate unlink;
  private final int[] counts = new int[2];
  private long nextInactiveRotation;

  /**
   * Makes the lists, with all nodes free.
   *
   * @param heads {@link #HEADS} bytes
   * @param first the first element's node
   * @param stride from one element's node to the next one's
   * @param cpus {@code num_possible_cpus()}
   * @param unlink takes a node's element out of the hash table; false where it is in none
   */
  LruLists(
      Memory memory,
      long heads,
      boolean common,
      long first,
      long stride,
      int nodes,
      int cpus,
      LongPredicate unlink) {
    this.memory = memory;
    this.heads = heads;
    this.common = common;
    this.unlink = unlink;
    this.targetFree = Math.clamp(nodes / cpus / 2, 1, LOCAL_FREE_TARGET);
    this.scans = common ? LOCAL_FREE_TARGET : PERCPU_FREE_TARGET;
    for (int type = ACTIVE; type <= LOCAL_PENDING; type++) {
      memory.writeLong(head(type), head(type));
      memory.writeLong(head(type) + PREV, head(type));
    }
    this.nextInactiveRotation = head(INACTIVE);
    int own = common ? nodes : nodes / cpus;
    for (int i = 0; i < own; i++) {
      long node = first + i * stride;
      memory.writeByte(node + TYPE, (byte) FREE);
      insert(node, FREE);
    }
  }

  /** {@code bpf_lru_node_set_ref}. */
  static void touch(Memory memory, long node) {
    if (memory.readByte(node + REF) == 0) {
      memory.writeByte(node + REF, (byte) 1);
    }
  }

  /** {@code bpf_lru_pop_free}: a node to use, or 0. */
  long pop(int hash, int hashOffset) {
    return common ? popCommon(hash, hashOffset) : popOwn(hash, hashOffset);
  }

  /** {@code bpf_lru_push_free}. */
  void push(long node) {
    if (common && type(node) == LOCAL_PENDING) {
      setType(node, LOCAL_FREE);
      clear(node);
      relink(node, LOCAL_FREE);
    } else if (type(node) < LOCAL_FREE) {
      move(node, FREE);
    }
  }

  private long popOwn(int hash, int hashOffset) {
    rotate();
    if (empty(FREE)) {
      shrink(PERCPU_FREE_TARGET, FREE);
    }
    if (empty(FREE)) {
      return 0;
    }
    long node = next(head(FREE));
    memory.writeInt(node + hashOffset, hash);
    clear(node);
    move(node, INACTIVE);
    return node;
  }

  private long popCommon(int hash, int hashOffset) {
    long node = popLocalFree();
    if (node == 0) {
      refill();
      node = popLocalFree();
    }
    if (node == 0) {
      node = popPending();
    }
    if (node != 0) {
      memory.writeInt(node + hashOffset, hash);
      setType(node, LOCAL_PENDING);
      clear(node);
      insert(node, LOCAL_PENDING);
    }
    return node;
  }

  private long popLocalFree() {
    if (empty(LOCAL_FREE)) {
      return 0;
    }
    long node = next(head(LOCAL_FREE));
    remove(node);
    return node;
  }

  /** {@code __local_list_pop_pending}: the oldest one that nobody looked at, or any. */
  private long popPending() {
    for (boolean force : new boolean[] {false, true}) {
      for (long node = prev(head(LOCAL_PENDING)); node != head(LOCAL_PENDING); node = prev(node)) {
        if ((!marked(node) || force) && unlink.test(node)) {
          remove(node);
          return node;
        }
      }
    }
    return 0;
  }

  /** {@code bpf_lru_list_pop_free_to_local}. */
  private void refill() {
    flushPending();
    rotate();
    int moved = 0;
    for (long node = next(head(FREE)); node != head(FREE); ) {
      long after = next(node);
      moveToFree(node, LOCAL_FREE);
      if (++moved == targetFree) {
        break;
      }
      node = after;
    }
    if (moved < targetFree) {
      shrink(targetFree - moved, LOCAL_FREE);
    }
  }

  private void flushPending() {
    for (long node = prev(head(LOCAL_PENDING)); node != head(LOCAL_PENDING); ) {
      long before = prev(node);
      int target = marked(node) ? ACTIVE : INACTIVE;
      counts[target]++;
      setType(node, target);
      clear(node);
      relink(node, target);
      node = before;
    }
  }

  private void rotate() {
    if (counts[INACTIVE] < counts[ACTIVE]) {
      rotateActive();
    }
    rotateInactive();
  }

  private void rotateActive() {
    long first = next(head(ACTIVE));
    int seen = 0;
    for (long node = prev(head(ACTIVE)); node != head(ACTIVE); ) {
      long before = prev(node);
      move(node, marked(node) ? ACTIVE : INACTIVE);
      if (++seen == scans || node == first) {
        break;
      }
      node = before;
    }
  }

  private void rotateInactive() {
    long inactive = head(INACTIVE);
    if (empty(INACTIVE)) {
      return;
    }
    long last = next(nextInactiveRotation);
    if (last == inactive) {
      last = next(last);
    }
    long at = nextInactiveRotation;
    long following = inactive;
    int seen = 0;
    while (seen < scans) {
      if (at == inactive) {
        at = prev(at);
        continue;
      }
      following = prev(at);
      if (marked(at)) {
        move(at, ACTIVE);
      }
      if (at == last) {
        break;
      }
      at = following;
      seen++;
    }
    nextInactiveRotation = following;
  }

  private void shrink(int wanted, int freeList) {
    if (shrinkInactive(wanted, freeList) != 0) {
      return;
    }
    int victim = empty(INACTIVE) ? ACTIVE : INACTIVE;
    for (long node = prev(head(victim)); node != head(victim); ) {
      long before = prev(node);
      if (unlink.test(node)) {
        moveToFree(node, freeList);
        return;
      }
      node = before;
    }
  }

  private int shrinkInactive(int wanted, int freeList) {
    int shrunk = 0;
    int seen = 0;
    for (long node = prev(head(INACTIVE)); node != head(INACTIVE); ) {
      long before = prev(node);
      if (marked(node)) {
        move(node, ACTIVE);
      } else if (unlink.test(node)) {
        moveToFree(node, freeList);
        if (++shrunk == wanted) {
          break;
        }
      }
      if (++seen == scans) {
        break;
      }
      node = before;
    }
    return shrunk;
  }

  private void moveToFree(long node, int freeList) {
    stepRotationBack(node);
    uncount(type(node));
    setType(node, freeList);
    relink(node, freeList);
  }

  private void move(long node, int target) {
    if (type(node) != target) {
      uncount(type(node));
      if (target <= INACTIVE) {
        counts[target]++;
      }
      setType(node, target);
    }
    clear(node);
    stepRotationBack(node);
    relink(node, target);
  }

  private void uncount(int type) {
    if (type <= INACTIVE) {
      counts[type]--;
    }
  }

  private void stepRotationBack(long node) {
    if (node == nextInactiveRotation) {
      nextInactiveRotation = prev(node);
    }
  }

  private void relink(long node, int list) {
    remove(node);
    insert(node, list);
  }

  private void remove(long node) {
    long before = prev(node);
    long after = next(node);
    memory.writeLong(before, after);
    memory.writeLong(after + PREV, before);
  }

  private void insert(long node, int list) {
    long head = head(list);
    long after = next(head);
    memory.writeLong(node, after);
    memory.writeLong(node + PREV, head);
    memory.writeLong(head, node);
    memory.writeLong(after + PREV, node);
  }

  private long head(int list) {
    return heads + list * 16L;
  }

  private boolean empty(int list) {
    return next(head(list)) == head(list);
  }

  private long next(long node) {
    return memory.readLong(node);
  }

  private long prev(long node) {
    return memory.readLong(node + PREV);
  }

  private boolean marked(long node) {
    return memory.readByte(node + REF) != 0;
  }

  private void clear(long node) {
    memory.writeByte(node + REF, (byte) 0);
  }

  private int type(long node) {
    return memory.readByte(node + TYPE);
  }

  private void setType(long node, int type) {
    memory.writeByte(node + TYPE, (byte) type);
  }
}
