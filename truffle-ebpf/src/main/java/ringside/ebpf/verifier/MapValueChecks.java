package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;

import ringside.ebpf.map.BtfField;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;

/** Accesses to map values: how far they reach, and which special fields they may touch. */
final class MapValueChecks {
  private final VerifierEnv env;
  private final RegionChecks regions;

  MapValueChecks(VerifierEnv env, RegionChecks regions) {
    this.env = env;
    this.regions = regions;
  }

  /**
   * An access to a map value: within it, and not to special fields ({@code check_map_access}).
   *
   * @param direct whether by a load or store, not by a helper
   */
  void check(int regno, int off, int size, boolean zeroAllowed, boolean direct)
      throws VerifierReject {
    RegState r = env.reg(regno);
    MapDescriptor map = r.map;
    if (map == null) {
      throw env.bug("map value without map");
    }
    regions.check(regno, off, size, map.valueSize(), zeroAllowed);
    BtfRecord record = map.record();
    if (record == null) {
      return;
    }
    for (BtfField f : record.fields()) {
      boolean overlaps =
          r.smin + off < f.end() && Long.compareUnsigned(f.offset(), r.umax + off + size) < 0;
      if (overlaps) {
        specialField(r, f, off, size, direct);
      }
    }
  }

  private void specialField(RegState r, BtfField f, int off, int size, boolean direct)
      throws VerifierReject {
    if (!f.type().isKptr() && f.type() != BtfFieldType.BPF_UPTR) {
      throw env.reject(EACCES, "%s cannot be accessed directly by load/store", f.type().label());
    }
    String name = f.type().isKptr() ? "kptr" : "uptr";
    if (!direct) {
      throw env.reject(EACCES, "%s cannot be accessed indirectly by helper", name);
    }
    if (!r.varOff.isConst()) {
      throw env.reject(EACCES, "%s access cannot have variable offset", name);
    }
    if (f.offset() != off + r.varOff.value()) {
      throw env.reject(
          EACCES,
          "%s access misaligned expected=%d off=%d",
          name,
          f.offset(),
          off + r.varOff.value());
    }
    if (size != 8) {
      throw env.reject(EACCES, "%s access size must be BPF_DW", name);
    }
  }
}
