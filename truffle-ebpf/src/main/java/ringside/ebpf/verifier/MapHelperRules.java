package ringside.ebpf.verifier;

import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/** Which maps a helper takes, and which helpers take a map. */
final class MapHelperRules {
  private MapHelperRules() {}

  static void check(VerifierEnv env, MapDescriptor map, int id) throws VerifierReject {
    if (mapTakes(env, map.type(), id) && helperTakes(map.type(), id)) {
      return;
    }
    throw env.reject(
        VerifierReject.EINVAL,
        "cannot pass map_type %d into func %s#%d",
        map.type().id(),
        HelperCatalog.name(id),
        id);
  }

  private static boolean mapTakes(VerifierEnv env, MapType type, int id) {
    return switch (type) {
      case PROG_ARRAY -> id == Helpers.TAIL_CALL;
      case PERF_EVENT_ARRAY -> perfEvent(id);
      case RINGBUF -> ringbuf(id);
      case USER_RINGBUF -> id == Helpers.USER_RINGBUF_DRAIN;
      case STACK_TRACE -> id == Helpers.GET_STACKID;
      case CGROUP_ARRAY ->
          id == Helpers.SKB_UNDER_CGROUP || id == Helpers.CURRENT_TASK_UNDER_CGROUP;
      case CGROUP_STORAGE, PERCPU_CGROUP_STORAGE -> id == Helpers.GET_LOCAL_STORAGE;
      case DEVMAP, DEVMAP_HASH, XSKMAP ->
          id == Helpers.REDIRECT_MAP || id == Helpers.MAP_LOOKUP_ELEM;
      case CPUMAP -> id == Helpers.REDIRECT_MAP;
      case ARRAY_OF_MAPS, HASH_OF_MAPS -> id == Helpers.MAP_LOOKUP_ELEM;
      case SOCKMAP ->
          id == Helpers.SK_REDIRECT_MAP
              || id == Helpers.SOCK_MAP_UPDATE
              || id == Helpers.MSG_REDIRECT_MAP
              || socketMap(env, id);
      case SOCKHASH ->
          id == Helpers.SK_REDIRECT_HASH
              || id == Helpers.SOCK_HASH_UPDATE
              || id == Helpers.MSG_REDIRECT_HASH
              || socketMap(env, id);
      case REUSEPORT_SOCKARRAY -> id == Helpers.SK_SELECT_REUSEPORT;
      case QUEUE, STACK ->
          id == Helpers.MAP_PEEK_ELEM || id == Helpers.MAP_POP_ELEM || id == Helpers.MAP_PUSH_ELEM;
      case SK_STORAGE -> id == Helpers.SK_STORAGE_GET || id == Helpers.SK_STORAGE_DELETE;
      case INODE_STORAGE -> id == Helpers.INODE_STORAGE_GET || id == Helpers.INODE_STORAGE_GET + 1;
      case TASK_STORAGE -> id == Helpers.TASK_STORAGE_GET || id == Helpers.TASK_STORAGE_DELETE;
      case CGRP_STORAGE -> id == 210 || id == 211;
      case BLOOM_FILTER -> id == Helpers.MAP_PEEK_ELEM || id == Helpers.MAP_PUSH_ELEM;
      default -> true;
    };
  }

  private static boolean socketMap(VerifierEnv env, int id) {
    if (id == Helpers.SK_SELECT_REUSEPORT || id == Helpers.MAP_LOOKUP_ELEM) {
      return true;
    }
    if (id != Helpers.MAP_UPDATE_ELEM && id != Helpers.MAP_DELETE_ELEM) {
      return false;
    }
    ProgramType type = env.type;
    boolean safe =
        switch (type) {
          case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, XDP, SK_REUSEPORT, FLOW_DISSECTOR, SK_LOOKUP ->
              true;
          case SOCK_OPS -> id == Helpers.MAP_DELETE_ELEM;
          default -> false;
        };
    if (!safe) {
      env.complain("cannot update sockmap in this context");
    }
    return safe;
  }

  private static boolean perfEvent(int id) {
    return id == Helpers.PERF_EVENT_READ
        || id == Helpers.PERF_EVENT_OUTPUT
        || id == Helpers.SKB_OUTPUT
        || id == Helpers.PERF_EVENT_READ_VALUE
        || id == Helpers.XDP_OUTPUT;
  }

  private static boolean ringbuf(int id) {
    return id == Helpers.RINGBUF_OUTPUT
        || id == Helpers.RINGBUF_RESERVE
        || id == Helpers.RINGBUF_QUERY
        || (id >= 198 && id <= 200);
  }

  private static boolean helperTakes(MapType type, int id) {
    if (perfEvent(id)) {
      return type == MapType.PERF_EVENT_ARRAY;
    }
    if (ringbuf(id)) {
      return type == MapType.RINGBUF;
    }
    boolean percpu =
        type == MapType.PERCPU_ARRAY
            || type == MapType.PERCPU_HASH
            || type == MapType.LRU_PERCPU_HASH;
    boolean queue = type == MapType.QUEUE || type == MapType.STACK;
    return switch (id) {
      case Helpers.TAIL_CALL -> type == MapType.PROG_ARRAY;
      case Helpers.USER_RINGBUF_DRAIN -> type == MapType.USER_RINGBUF;
      case Helpers.GET_STACKID -> type == MapType.STACK_TRACE;
      case Helpers.CURRENT_TASK_UNDER_CGROUP, Helpers.SKB_UNDER_CGROUP ->
          type == MapType.CGROUP_ARRAY;
      case Helpers.REDIRECT_MAP ->
          type == MapType.DEVMAP
              || type == MapType.DEVMAP_HASH
              || type == MapType.CPUMAP
              || type == MapType.XSKMAP;
      case Helpers.SK_REDIRECT_MAP, Helpers.MSG_REDIRECT_MAP, Helpers.SOCK_MAP_UPDATE ->
          type == MapType.SOCKMAP;
      case Helpers.SK_REDIRECT_HASH, Helpers.MSG_REDIRECT_HASH, Helpers.SOCK_HASH_UPDATE ->
          type == MapType.SOCKHASH;
      case Helpers.GET_LOCAL_STORAGE ->
          type == MapType.CGROUP_STORAGE || type == MapType.PERCPU_CGROUP_STORAGE;
      case Helpers.SK_SELECT_REUSEPORT ->
          type == MapType.REUSEPORT_SOCKARRAY
              || type == MapType.SOCKMAP
              || type == MapType.SOCKHASH;
      case Helpers.MAP_POP_ELEM -> queue;
      case Helpers.MAP_PEEK_ELEM, Helpers.MAP_PUSH_ELEM -> queue || type == MapType.BLOOM_FILTER;
      case Helpers.MAP_LOOKUP_PERCPU_ELEM -> percpu;
      case Helpers.SK_STORAGE_GET, Helpers.SK_STORAGE_DELETE -> type == MapType.SK_STORAGE;
      case Helpers.TASK_STORAGE_GET, Helpers.TASK_STORAGE_DELETE -> type == MapType.TASK_STORAGE;
      default -> true;
    };
  }
}
