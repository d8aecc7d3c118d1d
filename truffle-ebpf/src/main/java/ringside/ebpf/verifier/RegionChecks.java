package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;

/** Whether an access stays within a region of known size. */
final class RegionChecks {
  private final VerifierEnv env;

  RegionChecks(VerifierEnv env) {
    this.env = env;
  }

  void plain(int regno, long off, int size, int limit, boolean zeroAllowed) throws VerifierReject {
    boolean sizeOk = size > 0 || (size == 0 && zeroAllowed);
    int at = (int) off;
    if (at >= 0 && sizeOk && (long) at + size <= (limit & 0xffff_ffffL)) {
      return;
    }
    RegState r = env.reg(regno);
    switch (r.type) {
      case RegType.PTR_TO_MAP_KEY ->
          throw env.reject(
              EACCES, "invalid access to map key, key_size=%d off=%d size=%d", limit, at, size);
      case RegType.PTR_TO_MAP_VALUE ->
          throw env.reject(
              EACCES, "invalid access to map value, value_size=%d off=%d size=%d", limit, at, size);
      case RegType.PTR_TO_PACKET, RegType.PTR_TO_PACKET_META, RegType.PTR_TO_PACKET_END ->
          throw env.reject(
              EACCES,
              "invalid access to packet, off=%d size=%d, R%d(id=%d,off=%d,r=%d)",
              at,
              size,
              regno,
              r.id,
              at,
              limit);
      default ->
          throw env.reject(
              EACCES,
              "invalid access to memory, mem_size=%s off=%d size=%d",
              Integer.toUnsignedString(limit),
              at,
              size);
    }
  }

  /** An access to a region of known size, at an offset that may vary. */
  void check(int regno, int off, int size, int limit, boolean zeroAllowed) throws VerifierReject {
    RegState r = env.reg(regno);
    if (r.smin < 0
        && (r.smin == Long.MIN_VALUE || off + r.smin != (int) (off + r.smin) || off + r.smin < 0)) {
      throw negative(regno);
    }
    try {
      plain(regno, r.smin + off, size, limit, zeroAllowed);
    } catch (VerifierReject e) {
      throw env.reject(e.errno, "R%d min value is outside of the allowed memory range", regno);
    }
    if (Long.compareUnsigned(r.umax, AluChecks.MAX_VAR_OFF) >= 0) {
      throw env.reject(
          EACCES, "R%d unbounded memory access, make sure to bounds check any such access", regno);
    }
    try {
      plain(regno, r.umax + off, size, limit, zeroAllowed);
    } catch (VerifierReject e) {
      throw env.reject(e.errno, "R%d max value is outside of the allowed memory range", regno);
    }
  }

  VerifierReject negative(int regno) {
    return env.reject(
        EACCES,
        "R%d min value is negative, either use unsigned index or do a if (index >=0) check.",
        regno);
  }
}
