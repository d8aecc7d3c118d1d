package ringside.ebpf.map;

import org.jspecify.annotations.Nullable;

/** The kinds of special fields in values and allocated objects: {@code enum btf_field_type}. */
public enum BtfFieldType {
  BPF_SPIN_LOCK(1, "bpf_spin_lock", 4, 4),
  BPF_TIMER(1 << 1, "bpf_timer", 16, 8),
  BPF_KPTR_UNREF(1 << 2, "kptr", 8, 8),
  BPF_KPTR_REF(1 << 3, "kptr", 8, 8),
  BPF_KPTR_PERCPU(1 << 4, "percpu_kptr", 8, 8),
  BPF_LIST_HEAD(1 << 5, "bpf_list_head", 16, 8),
  BPF_LIST_NODE(1 << 6, "bpf_list_node", 24, 8),
  BPF_RB_ROOT(1 << 7, "bpf_rb_root", 16, 8),
  BPF_RB_NODE(1 << 8, "bpf_rb_node", 32, 8),
  BPF_REFCOUNT(1 << 9, "bpf_refcount", 4, 4),
  BPF_WORKQUEUE(1 << 10, "bpf_wq", 16, 8),
  BPF_UPTR(1 << 11, "uptr", 8, 8),
  BPF_RES_SPIN_LOCK(1 << 12, "bpf_res_spin_lock", 4, 4),
  BPF_TASK_WORK(1 << 13, "bpf_task_work", 8, 8);

  /** {@code BPF_KPTR}: any pointer that a value may hold. */
  public static final int BPF_KPTR = BPF_KPTR_UNREF.bit | BPF_KPTR_REF.bit | BPF_KPTR_PERCPU.bit;

  /** {@code BPF_GRAPH_ROOT}: what lists and trees hang on. */
  public static final int BPF_GRAPH_ROOT = BPF_LIST_HEAD.bit | BPF_RB_ROOT.bit;

  /** {@code BPF_GRAPH_NODE}: what makes an object fit into a list or tree. */
  public static final int BPF_GRAPH_NODE = BPF_LIST_NODE.bit | BPF_RB_NODE.bit;

  private final int bit;
  private final String label;
  private final int size;
  private final int align;

  BtfFieldType(int bit, String label, int size, int align) {
    this.bit = bit;
    this.label = label;
    this.size = size;
    this.align = align;
  }

  /** Its bit in masks of field types. */
  public int bit() {
    return bit;
  }

  /** What the verifier's messages call it ({@code btf_field_type_name}). */
  public String label() {
    return label;
  }

  /** Bytes. */
  public int size() {
    return size;
  }

  /** Bytes. */
  public int align() {
    return align;
  }

  /** Whether it is a kptr of any kind. */
  public boolean isKptr() {
    return (bit & BPF_KPTR) != 0;
  }

  /** Whether it is recognised by its struct's name, not by a type tag on a pointer. */
  boolean isNamedStruct() {
    return (bit & (BPF_KPTR | BPF_UPTR.bit)) == 0;
  }

  /** Whether a value may have one only. */
  boolean isSingle() {
    return isNamedStruct() && (bit & (BPF_GRAPH_ROOT | BPF_GRAPH_NODE)) == 0;
  }

  /** Whether arrays of it are looked through. */
  boolean repeats() {
    return (bit & (BPF_KPTR | BPF_UPTR.bit | BPF_GRAPH_ROOT)) != 0;
  }

  /** The type that a struct's name stands for, or null. */
  static @Nullable BtfFieldType ofStruct(String name) {
    for (BtfFieldType type : values()) {
      if (type.isNamedStruct() && type.label.equals(name)) {
        return type;
      }
    }
    return null;
  }
}
