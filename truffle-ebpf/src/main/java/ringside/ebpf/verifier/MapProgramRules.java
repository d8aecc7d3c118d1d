package ringside.ebpf.verifier;

import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/** Which maps a program of some type may refer to at all. */
final class MapProgramRules {
  private static final int MAX_USED_MAPS = 64;

  private MapProgramRules() {}

  /** Notes that the program uses a map. */
  static void check(VerifierEnv env, MapDescriptor map) throws VerifierReject {
    for (MapDescriptor used : env.usedMaps) {
      if (RegState.sameMap(used, map)) {
        return;
      }
    }
    if (env.usedMaps.size() >= MAX_USED_MAPS) {
      throw env.reject(
          VerifierReject.E2BIG,
          "The total number of maps per program has reached the limit of %d",
          MAX_USED_MAPS);
    }
    if (map.type() == MapType.STRUCT_OPS) {
      throw env.reject(VerifierReject.EINVAL, "bpf_struct_ops map cannot be used in prog");
    }
    if (env.sleepable && !map.type().forSleepable()) {
      throw env.reject(
          VerifierReject.EINVAL,
          "Sleepable programs can only use array, hash, ringbuf and local storage maps");
    }
    env.usedMaps.add(map);
  }
}
