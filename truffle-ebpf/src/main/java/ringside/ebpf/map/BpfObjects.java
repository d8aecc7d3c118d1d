package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;

/**
 * Objects of {@code bpf_obj_new}, and the lists, trees and kptrs that own them ({@code
 * kernel/bpf/helpers.c}).
 *
 * <p>Nodes and roots lie in simulated memory with the kernel's layout: {@code bpf_list_node_kern}
 * is a {@code list_head} and an owner, {@code bpf_rb_node_kern} an {@code rb_node} and an owner.
 */
public final class BpfObjects {
  private static final int LIST_OWNER = 16;
  private static final int RB_OWNER = 24;

  private final MapRuntime runtime;
  private final Memory memory;
  private final RbTree trees;
  private final Map<Btf, Map<Integer, BtfRecord>> records = new WeakHashMap<>();

  BpfObjects(MapRuntime runtime) {
    this.runtime = runtime;
    this.memory = runtime.core().memory();
    this.trees = new RbTree(memory);
  }

  /** Calls {@code less} of {@code bpf_rbtree_add} with two nodes. */
  @FunctionalInterface
  public interface Less {
    /** Whether the first goes before the second. */
    boolean test(long a, long b);
  }

  /** The special fields of a program's struct, or null where it has none or is the kernel's. */
  @TruffleBoundary
  public @Nullable BtfRecord recordOf(Btf btf, int typeId) {
    return records.computeIfAbsent(btf, this::structs).get(typeId);
  }

  private Map<Integer, BtfRecord> structs(Btf btf) {
    try {
      return BtfRecord.structs(btf, runtime);
    } catch (MapException e) {
      return Map.of();
    }
  }

  /**
   * {@code bpf_obj_new_impl} and its per-CPU form.
   *
   * @param record the struct's special fields, or null
   * @return the object's address, or 0 where memory is short
   */
  @TruffleBoundary
  public long allocate(long size, @Nullable BtfRecord record) {
    long object = runtime.core().slab().kmalloc(size, Gfp.ATOMIC | Gfp.ZERO | Gfp.NOWARN);
    if (object != 0 && record != null) {
      initialise(record, object);
    }
    return object;
  }

  /** {@code bpf_obj_init}: gives special fields of fresh memory their first state. */
  private void initialise(BtfRecord record, long object) {
    for (BtfField field : record.fields()) {
      long at = object + field.offset();
      switch (field.type()) {
        case BPF_REFCOUNT -> memory.writeInt(at, 1);
        case BPF_RB_NODE -> memory.writeLong(at, at);
        case BPF_LIST_HEAD, BPF_LIST_NODE -> initialiseList(at);
        default -> {
          // zero is their first state
        }
      }
    }
  }

  private void initialiseList(long head) {
    memory.writeLong(head, head);
    memory.writeLong(head + 8, head);
  }

  /** {@code bpf_obj_drop_impl}: gives up one reference; the last one frees the object. */
  @TruffleBoundary
  public void drop(long object, @Nullable BtfRecord record) {
    if (record != null) {
      int refcount = record.offsetOf(BtfFieldType.BPF_REFCOUNT);
      if (refcount >= 0) {
        int left = memory.readInt(object + refcount) - 1;
        memory.writeInt(object + refcount, left);
        if (left != 0) {
          return;
        }
      }
      freeFields(record, object);
    }
    runtime.core().slab().kfree(object);
  }

  /**
   * {@code bpf_refcount_acquire_impl}: takes another reference.
   *
   * @return the object, or 0 where its count was 0 already
   */
  @TruffleBoundary
  public long acquire(long object, BtfRecord record) {
    long refcount = object + record.offsetOf(BtfFieldType.BPF_REFCOUNT);
    int count = memory.readInt(refcount);
    if (count == 0) {
      return 0;
    }
    memory.writeInt(refcount, count + 1);
    return object;
  }

  /**
   * {@code bpf_kptr_xchg}: puts a pointer, which may be 0, into a value; returns what was there.
   */
  public long exchange(long field, long pointer) {
    return memory.getAndSetLong(field, pointer);
  }

  // --- lists ---

  /**
   * {@code bpf_list_push_front_impl} and {@code _back_impl}.
   *
   * @param record the object's special fields
   * @param nodeOffset where the node lies in the object
   * @return 0, or {@code -EINVAL} where it is in a list already: the reference is dropped
   */
  @TruffleBoundary
  public long push(long head, long node, boolean tail, @Nullable BtfRecord record, int nodeOffset) {
    ready(head);
    if (memory.readLong(node + LIST_OWNER) != 0) {
      drop(node - nodeOffset, record);
      return -Errno.EINVAL;
    }
    long before = tail ? memory.readLong(head + 8) : head;
    long after = tail ? head : memory.readLong(head);
    link(before, node);
    link(node, after);
    memory.writeLong(node + LIST_OWNER, head);
    return 0;
  }

  /** {@code bpf_list_pop_front} and {@code _back}: the node, or 0. */
  @TruffleBoundary
  public long pop(long head, boolean tail) {
    long node = end(head, tail);
    if (node == 0 || memory.readLong(node + LIST_OWNER) != head) {
      return 0;
    }
    link(memory.readLong(node + 8), memory.readLong(node));
    initialiseList(node);
    memory.writeLong(node + LIST_OWNER, 0);
    return node;
  }

  /** {@code bpf_list_front} and {@code _back}: the node, or 0. */
  @TruffleBoundary
  public long end(long head, boolean tail) {
    ready(head);
    long node = memory.readLong(tail ? head + 8 : head);
    return node == head ? 0 : node;
  }

  private void link(long before, long after) {
    memory.writeLong(before, after);
    memory.writeLong(after + 8, before);
  }

  /** A head in a map value starts as zeroes. */
  private void ready(long head) {
    if (memory.readLong(head) == 0) {
      initialiseList(head);
    }
  }

  // --- trees ---

  /**
   * {@code bpf_rbtree_add_impl}.
   *
   * @return 0, or {@code -EINVAL} where it is in a tree already: the reference is dropped
   */
  @TruffleBoundary
  public long insert(long root, long node, Less less, @Nullable BtfRecord record, int nodeOffset) {
    if (memory.readLong(node + RB_OWNER) != 0) {
      drop(node - nodeOffset, record);
      return -Errno.EINVAL;
    }
    memory.writeLong(node + RB_OWNER, root);
    trees.insert(root, node, less::test);
    return 0;
  }

  /** {@code bpf_rbtree_remove}: the node, or 0 where it is not in that tree. */
  @TruffleBoundary
  public long remove(long root, long node) {
    if (memory.readLong(node + RB_OWNER) != root) {
      return 0;
    }
    trees.erase(root, node);
    memory.writeLong(node, node);
    memory.writeLong(node + RB_OWNER, 0);
    return node;
  }

  /** {@code bpf_rbtree_first}: the leftmost node, or 0. */
  @TruffleBoundary
  public long first(long root) {
    return trees.first(root);
  }

  /** {@code bpf_rbtree_root}: the top node, or 0. */
  @TruffleBoundary
  public long top(long root) {
    return trees.top(root);
  }

  /** {@code bpf_rbtree_left} and {@code _right}: the child, or 0 where the tree is another's. */
  @TruffleBoundary
  public long child(long root, long node, boolean left) {
    if (memory.readLong(node + RB_OWNER) != root) {
      return 0;
    }
    return left ? trees.left(node) : trees.right(node);
  }

  // --- what dies with a value ---

  /** {@code bpf_obj_free_fields}. */
  @TruffleBoundary
  void freeFields(BtfRecord record, long object) {
    for (BtfField field : record.fields()) {
      long at = object + field.offset();
      switch (field.type()) {
        case BPF_TIMER, BPF_WORKQUEUE, BPF_TASK_WORK -> runtime.callbacks().cancelAndFree(at);
        case BPF_KPTR_UNREF, BPF_UPTR -> memory.writeLong(at, 0);
        case BPF_KPTR_REF, BPF_KPTR_PERCPU -> dropKptr(field, exchange(at, 0));
        case BPF_LIST_HEAD -> drainList(field, at);
        case BPF_RB_ROOT -> drainTree(field, at);
        default -> {
          // locks, nodes and counts own nothing
        }
      }
    }
  }

  /** Stops timers and work: what {@code map_release_uref} frees, and nothing else. */
  @TruffleBoundary
  void cancel(BtfRecord record, long object) {
    for (BtfField field : record.fields()) {
      switch (field.type()) {
        case BPF_TIMER, BPF_WORKQUEUE, BPF_TASK_WORK ->
            runtime.callbacks().cancelAndFree(object + field.offset());
        default -> {
          // stays until the value goes
        }
      }
    }
  }

  private void dropKptr(BtfField field, long object) {
    BtfField.Kptr kptr = field.kptr();
    if (object == 0 || kptr == null) {
      return;
    }
    if (kptr.kernel()) {
      runtime.destroy(kptr.name(), object);
    } else {
      drop(object, recordOf(kptr.btf(), kptr.typeId()));
    }
  }

  private void drainList(BtfField field, long head) {
    BtfField.GraphRoot root = field.root();
    if (root == null || memory.readLong(head) == 0) {
      return;
    }
    BtfRecord record = recordOf(root.btf(), root.valueTypeId());
    for (long node = pop(head, false); node != 0; node = pop(head, false)) {
      drop(node - root.nodeOffset(), record);
    }
  }

  private void drainTree(BtfField field, long tree) {
    BtfField.GraphRoot root = field.root();
    if (root == null) {
      return;
    }
    BtfRecord record = recordOf(root.btf(), root.valueTypeId());
    for (long node = first(tree); node != 0; node = first(tree)) {
      remove(tree, node);
      drop(node - root.nodeOffset(), record);
    }
  }
}
