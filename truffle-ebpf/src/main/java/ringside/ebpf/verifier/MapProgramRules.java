package ringside.ebpf.verifier;

import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/** Which maps a program of some type may refer to at all. */
final class MapProgramRules {
  private static final int MAX_USED_MAPS = 64;
  private static final int EBUSY = 16;

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
    checkFields(env, map);
    if (map.type() == MapType.STRUCT_OPS) {
      throw env.reject(VerifierReject.EINVAL, "bpf_struct_ops map cannot be used in prog");
    }
    if (env.sleepable && !map.type().forSleepable()) {
      throw env.reject(
          VerifierReject.EINVAL,
          "Sleepable programs can only use array, hash, ringbuf and local storage maps");
    }
    if (map.type() == MapType.ARENA) {
      useArena(env, map);
    }
    env.usedMaps.add(map);
  }

  /** Probes may run anywhere, so that what they lock might be locked already. */
  private static void checkFields(VerifierEnv env, MapDescriptor map) throws VerifierReject {
    BtfRecord record = map.record();
    if (record == null) {
      return;
    }
    boolean probe =
        switch (env.type) {
          case KPROBE, TRACEPOINT, PERF_EVENT, RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE -> true;
          default -> false;
        };
    if (probe && (record.mask() & BtfFieldType.BPF_GRAPH_ROOT) != 0) {
      throw env.reject(
          VerifierReject.EINVAL, "tracing progs cannot use bpf_{list_head,rb_root} yet");
    }
    if (record.has(BtfFieldType.BPF_SPIN_LOCK)) {
      if (env.type == ProgramType.SOCKET_FILTER) {
        throw env.reject(VerifierReject.EINVAL, "socket filter progs cannot use bpf_spin_lock yet");
      }
      if (probe) {
        throw env.reject(VerifierReject.EINVAL, "tracing progs cannot use bpf_spin_lock yet");
      }
    }
    if (probe && record.has(BtfFieldType.BPF_TIMER)) {
      throw env.reject(VerifierReject.EINVAL, "tracing progs cannot use bpf_timer yet");
    }
    if (probe && record.has(BtfFieldType.BPF_WORKQUEUE)) {
      throw env.reject(VerifierReject.EINVAL, "tracing progs cannot use bpf_wq yet");
    }
  }

  private static void useArena(VerifierEnv env, MapDescriptor map) throws VerifierReject {
    if (env.arena != null) {
      throw env.reject(EBUSY, "Only one arena per program");
    }
    if (!env.allowPtrLeaks || !env.bpfCapable) {
      throw env.reject(VerifierReject.EPERM, "CAP_BPF and CAP_PERFMON are required to use arena");
    }
    env.arena = map;
  }
}
