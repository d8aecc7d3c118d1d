package ringside.ebpf.map;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's map types, {@code enum bpf_map_type}; with their ids; {@link MapRows} has the
 * properties.
 *
 * <p>Everything that the verifier, bpf(2) and tools must know of a type they ask here.
 */
public enum MapType {
  UNSPEC(0),
  HASH(1),
  ARRAY(2),
  PROG_ARRAY(3),
  PERF_EVENT_ARRAY(4),
  PERCPU_HASH(5),
  PERCPU_ARRAY(6),
  STACK_TRACE(7),
  CGROUP_ARRAY(8),
  LRU_HASH(9),
  LRU_PERCPU_HASH(10),
  LPM_TRIE(11),
  ARRAY_OF_MAPS(12),
  HASH_OF_MAPS(13),
  DEVMAP(14),
  SOCKMAP(15),
  CPUMAP(16),
  XSKMAP(17),
  SOCKHASH(18),
  CGROUP_STORAGE(19),
  REUSEPORT_SOCKARRAY(20),
  PERCPU_CGROUP_STORAGE(21),
  QUEUE(22),
  STACK(23),
  SK_STORAGE(24),
  DEVMAP_HASH(25),
  STRUCT_OPS(26),
  RINGBUF(27),
  INODE_STORAGE(28),
  TASK_STORAGE(29),
  BLOOM_FILTER(30),
  USER_RINGBUF(31),
  CGRP_STORAGE(32),
  ARENA(33);

  private final int id;

  MapType(int id) {
    this.id = id;
  }

  /** The id in {@code bpf_attr.map_type}. */
  public int id() {
    return id;
  }

  /** The name that bpftool gives it, e.g. {@code percpu_hash}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether maps of the type can be created here. */
  public boolean exists() {
    return row().factory() != null;
  }

  /** Whether each CPU has a value of its own behind every key. */
  public boolean perCpu() {
    return this == PERCPU_HASH || this == PERCPU_ARRAY || this == LRU_PERCPU_HASH;
  }

  /** Whether values are maps. */
  public boolean holdsMaps() {
    return this == ARRAY_OF_MAPS || this == HASH_OF_MAPS;
  }

  /**
   * Whether user space sees ids or descriptors of what programs see as pointers: maps of maps,
   * programs, events.
   */
  public boolean holdsDescriptors() {
    return holdsMaps() || this == PROG_ARRAY || this == PERF_EVENT_ARRAY || this == CGROUP_ARRAY;
  }

  /** Whether sleepable programs may use it. */
  public boolean forSleepable() {
    return row().sleepable();
  }

  /** The special fields that values may hold, a mask of {@link BtfFieldType#bit}. */
  public int allowedFields() {
    return row().fields();
  }

  /** Whether {@code map_extra} means something to it. */
  public boolean takesExtra() {
    return this == BLOOM_FILTER || this == ARENA;
  }

  /** Whether an instruction may refer to its values ({@code map_direct_value_addr}). */
  public boolean hasDirectValues() {
    return this == ARRAY || this == ARENA;
  }

  /**
   * Whether a helper that takes a map takes one of this type ({@code
   * check_map_func_compatibility}); what also depends on the program's type is the verifier's.
   *
   * @param helper {@code BPF_FUNC_*}
   */
  public boolean takesHelper(int helper) {
    if (row().own().contains(helper)) {
      return true;
    }
    for (MapType type : values()) {
      if (type.row().own().contains(helper)) {
        return false;
      }
    }
    Set<Integer> general = row().general();
    return general == null || general.contains(helper);
  }

  MapRow row() {
    return MapRows.of(this);
  }

  /** The type with an id, or null. */
  public static @Nullable MapType byId(int id) {
    for (MapType type : values()) {
      if (type.id == id) {
        return type;
      }
    }
    return null;
  }

  /** The type with a label or a decimal id, or null. */
  public static @Nullable MapType byLabel(String label) {
    for (MapType type : values()) {
      if (type.label().equals(label)) {
        return type;
      }
    }
    return label.matches("[0-9]{1,4}") ? byId(Integer.parseInt(label)) : null;
  }
}
