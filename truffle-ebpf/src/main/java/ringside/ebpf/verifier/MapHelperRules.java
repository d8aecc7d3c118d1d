package ringside.ebpf.verifier;

import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/** Which maps a helper takes, and which helpers take a map. */
final class MapHelperRules {
  private MapHelperRules() {}

  static void check(VerifierEnv env, MapDescriptor map, int id) throws VerifierReject {
    if (map.type().takesHelper(id) && programTakes(env, map.type(), id)) {
      return;
    }
    throw env.reject(
        VerifierReject.EINVAL,
        "cannot pass map_type %d into func %s#%d",
        map.type().id(),
        HelperCatalog.name(id),
        id);
  }

  /** Socket maps are written only where the socket cannot be going away meanwhile. */
  private static boolean programTakes(VerifierEnv env, MapType map, int id) {
    boolean sockets = map == MapType.SOCKMAP || map == MapType.SOCKHASH;
    if (!sockets || (id != Helpers.MAP_UPDATE_ELEM && id != Helpers.MAP_DELETE_ELEM)) {
      return true;
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
}
