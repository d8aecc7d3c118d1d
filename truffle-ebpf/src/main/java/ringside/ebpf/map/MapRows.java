package ringside.ebpf.map;

import static java.util.Map.entry;
import static ringside.ebpf.map.MapRow.missing;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import ringside.ebpf.map.MapRow.Privilege;

/** One row for each map type; a new type is its class and its row here. */
final class MapRows {
  private static final Map<MapType, MapRow> ROWS =
      Map.ofEntries(
          entry(MapType.UNSPEC, missing("a type")),
          entry(MapType.HASH, MapRow.of(HashMap::new).fields(Fields.ALL).forSleepable()),
          entry(
              MapType.ARRAY,
              MapRow.of(ArrayMap::new).fields(Fields.ALL).forSleepable().btf(BtfRule.ARRAY)),
          entry(MapType.PROG_ARRAY, MapRow.of(FdArrayMap::new).helpers(Set.of(12), Set.of())),
          entry(
              MapType.PERF_EVENT_ARRAY,
              MapRow.of(FdArrayMap::new)
                  .helpers(Set.of(22, 25, 55, 111, 121), Set.of())
                  .btf(BtfRule.NONE)),
          entry(
              MapType.PERCPU_HASH,
              MapRow.of(HashMap::new)
                  .helpers(Set.of(195), null)
                  .fields(Fields.POINTERS)
                  .forSleepable()),
          entry(
              MapType.PERCPU_ARRAY,
              MapRow.of(ArrayMap::new)
                  .helpers(Set.of(195), null)
                  .fields(Fields.POINTERS)
                  .forSleepable()
                  .btf(BtfRule.ARRAY)),
          entry(
              MapType.STACK_TRACE,
              MapRow.of(StackTraceMap::new)
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(27), Set.of())
                  .btf(BtfRule.NONE)),
          entry(
              MapType.CGROUP_ARRAY,
              missing("cgroups").helpers(Set.of(33, 37), Set.of()).btf(BtfRule.NONE)),
          entry(
              MapType.LRU_HASH,
              MapRow.of(HashMap::new).needs(Privilege.CAP_BPF).fields(Fields.LRU).forSleepable()),
          entry(
              MapType.LRU_PERCPU_HASH,
              MapRow.of(HashMap::new)
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(195), null)
                  .fields(Fields.POINTERS)
                  .forSleepable()),
          entry(
              MapType.LPM_TRIE,
              MapRow.of(LpmTrieMap::new).needs(Privilege.CAP_BPF).btf(BtfRule.STRUCT_KEY)),
          entry(
              MapType.ARRAY_OF_MAPS,
              MapRow.of(FdArrayMap::new)
                  .helpers(Set.of(), Set.of(1))
                  .forSleepable()
                  .btf(BtfRule.NONE)),
          entry(
              MapType.HASH_OF_MAPS,
              MapRow.of(HashMap::new)
                  .helpers(Set.of(), Set.of(1))
                  .forSleepable()
                  .btf(BtfRule.NONE)),
          entry(
              MapType.DEVMAP,
              MapRow.of(DevMap::new)
                  .needs(Privilege.CAP_NET_ADMIN)
                  .helpers(Set.of(51), Set.of(1))
                  .btf(BtfRule.NONE)),
          entry(
              MapType.SOCKMAP,
              missing("sockets")
                  .needs(Privilege.CAP_NET_ADMIN)
                  .helpers(Set.of(52, 53, 60, 82), Set.of(1, 2, 3))
                  .btf(BtfRule.NONE)),
          entry(
              MapType.CPUMAP,
              MapRow.of(DevMap::new)
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(51), Set.of())
                  .btf(BtfRule.NONE)),
          entry(
              MapType.XSKMAP,
              missing("sockets")
                  .needs(Privilege.CAP_NET_ADMIN)
                  .helpers(Set.of(51), Set.of(1))
                  .btf(BtfRule.NONE)),
          entry(
              MapType.SOCKHASH,
              missing("sockets")
                  .needs(Privilege.CAP_NET_ADMIN)
                  .helpers(Set.of(70, 71, 72, 82), Set.of(1, 2, 3))
                  .btf(BtfRule.NONE)),
          entry(
              MapType.CGROUP_STORAGE,
              missing("cgroups").helpers(Set.of(81), Set.of()).fields(Fields.LOCKS)),
          entry(
              MapType.REUSEPORT_SOCKARRAY,
              missing("sockets").needs(Privilege.CAP_BPF).helpers(Set.of(82), Set.of())),
          entry(MapType.PERCPU_CGROUP_STORAGE, missing("cgroups").helpers(Set.of(81), Set.of())),
          entry(
              MapType.QUEUE,
              MapRow.of(QueueStackMap::new)
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(87, 88, 89), Set.of())
                  .forSleepable()),
          entry(
              MapType.STACK,
              MapRow.of(QueueStackMap::new)
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(87, 88, 89), Set.of())
                  .forSleepable()),
          entry(
              MapType.SK_STORAGE,
              missing("sockets")
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(107, 108), Set.of(194))
                  .fields(Fields.STORAGE)
                  .forSleepable()
                  .btf(BtfRule.INT_KEY)),
          entry(
              MapType.DEVMAP_HASH,
              MapRow.of(DevMap::new)
                  .needs(Privilege.CAP_NET_ADMIN)
                  .helpers(Set.of(51), Set.of(1))
                  .btf(BtfRule.NONE)),
          entry(MapType.STRUCT_OPS, missing("struct_ops").needs(Privilege.CAP_BPF)),
          entry(
              MapType.RINGBUF,
              MapRow.of(RingbufMap::new)
                  .helpers(Set.of(130, 131, 134, 198, 199, 200), Set.of())
                  .forSleepable()),
          entry(
              MapType.INODE_STORAGE,
              missing("inodes")
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(145, 146), Set.of(194))
                  .fields(Fields.STORAGE)
                  .forSleepable()
                  .btf(BtfRule.INT_KEY)),
          entry(
              MapType.TASK_STORAGE,
              MapRow.of(TaskStorageMap::new)
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(156, 157), Set.of(194))
                  .fields(Fields.STORAGE | BtfFieldType.BPF_UPTR.bit())
                  .forSleepable()
                  .btf(BtfRule.INT_KEY)),
          entry(
              MapType.BLOOM_FILTER,
              MapRow.of(BloomFilterMap::new)
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(87, 89), Set.of())
                  .btf(BtfRule.KEYLESS)),
          entry(
              MapType.USER_RINGBUF,
              MapRow.of(RingbufMap::new).helpers(Set.of(209), Set.of()).forSleepable()),
          entry(
              MapType.CGRP_STORAGE,
              missing("cgroups")
                  .needs(Privilege.CAP_BPF)
                  .helpers(Set.of(210, 211), Set.of(194))
                  .fields(Fields.STORAGE)
                  .forSleepable()
                  .btf(BtfRule.INT_KEY)),
          entry(
              MapType.ARENA,
              MapRow.of(ArenaMap::new).needs(Privilege.CAP_BPF).forSleepable().btf(BtfRule.ANY)));

  private MapRows() {}

  static MapRow of(MapType type) {
    return Objects.requireNonNull(ROWS.get(type));
  }

  /** The special fields that values of the types may hold, {@code map_check_btf}. */
  private static final class Fields {
    static final int LOCKS =
        BtfFieldType.BPF_SPIN_LOCK.bit() | BtfFieldType.BPF_RES_SPIN_LOCK.bit();
    static final int POINTERS = BtfFieldType.BPF_KPTR | BtfFieldType.BPF_REFCOUNT.bit();
    static final int STORAGE = LOCKS | POINTERS;
    static final int LRU =
        POINTERS
            | BtfFieldType.BPF_GRAPH_ROOT
            | BtfFieldType.BPF_TIMER.bit()
            | BtfFieldType.BPF_WORKQUEUE.bit()
            | BtfFieldType.BPF_TASK_WORK.bit();
    static final int ALL = LRU | LOCKS;
  }
}
