package ringside.ebpf.verifier;

import ringside.ebpf.map.MapType;

/** The kernel structs behind map pointers: {@code bpf_map_ops.map_btf_id}. */
final class MapStructs {
  private MapStructs() {}

  /** The struct's name; empty where the kernel does not tell the verifier. */
  static String name(MapType type) {
    return switch (type) {
      case ARRAY, PERCPU_ARRAY, PROG_ARRAY, PERF_EVENT_ARRAY, CGROUP_ARRAY, ARRAY_OF_MAPS ->
          "bpf_array";
      case HASH, LRU_HASH, PERCPU_HASH, LRU_PERCPU_HASH, HASH_OF_MAPS -> "bpf_htab";
      case LPM_TRIE -> "lpm_trie";
      case STACK_TRACE -> "bpf_stack_map";
      case QUEUE, STACK -> "bpf_queue_stack";
      case DEVMAP, DEVMAP_HASH -> "bpf_dtab";
      case CPUMAP -> "bpf_cpu_map";
      case XSKMAP -> "xsk_map";
      case SOCKMAP -> "bpf_stab";
      case SOCKHASH -> "bpf_shtab";
      case RINGBUF, USER_RINGBUF -> "bpf_ringbuf_map";
      case INODE_STORAGE, SK_STORAGE, TASK_STORAGE, CGRP_STORAGE -> "bpf_local_storage_map";
      case CGROUP_STORAGE, PERCPU_CGROUP_STORAGE -> "bpf_cgroup_storage_map";
      case REUSEPORT_SOCKARRAY -> "reuseport_array";
      case BLOOM_FILTER -> "bpf_bloom_filter";
      case STRUCT_OPS -> "bpf_struct_ops_map";
      case ARENA -> "bpf_arena";
      default -> "";
    };
  }
}
