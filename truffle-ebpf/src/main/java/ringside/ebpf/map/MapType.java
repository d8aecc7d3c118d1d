package ringside.ebpf.map;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The kernel's map types, {@code enum bpf_map_type}; with its ids. */
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

  /** Whether each CPU has a value of its own behind every key. */
  public boolean perCpu() {
    return this == PERCPU_HASH || this == PERCPU_ARRAY || this == LRU_PERCPU_HASH;
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
