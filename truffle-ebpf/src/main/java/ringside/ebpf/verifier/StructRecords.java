package ringside.ebpf.verifier;

import java.util.Map;
import java.util.Set;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapException;
import ringside.format.btf.Btf;

/** The special fields of a program's own structs, by type id. */
final class StructRecords {
  /** Kernel structs with a destructor, which a kptr may therefore own. */
  private static final Set<String> DESTRUCTIBLE =
      Set.of(
          "task_struct",
          "cgroup",
          "bpf_cpumask",
          "bpf_crypto_ctx",
          "prog_test_ref_kfunc",
          "prog_test_member");

  private StructRecords() {}

  /** Empty where the kernel would have refused the BTF. */
  static Map<Integer, BtfRecord> of(Btf program, Btf kernel) {
    BtfRecord.KernelStructs structs =
        new BtfRecord.KernelStructs() {
          @Override
          public Btf btf() {
            return kernel;
          }

          @Override
          public Set<String> destructible() {
            return DESTRUCTIBLE;
          }
        };
    try {
      return BtfRecord.structs(program, structs);
    } catch (MapException e) {
      return Map.of();
    }
  }
}
