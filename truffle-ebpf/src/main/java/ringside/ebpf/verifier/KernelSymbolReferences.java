package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;
import static ringside.ebpf.verifier.VerifierReject.ENOENT;

import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;

/** Kernel variables and functions whose address a program loads by BTF id. */
final class KernelSymbolReferences {
  private static final String PER_CPU = ".data..percpu";

  private KernelSymbolReferences() {}

  /** Says what a reference points to ({@code check_pseudo_btf_id}). */
  static void resolve(VerifierEnv env, InsnAux aux, int id, int btfFd) throws VerifierReject {
    if (btfFd != 0) {
      throw env.reject(EINVAL, "invalid module BTF object FD specified.");
    }
    Btf btf = env.kernelBtf;
    if (btf == null) {
      throw env.reject(
          EINVAL,
          "kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.");
    }
    if (id <= 0 || id >= btf.types().size()) {
      throw env.reject(ENOENT, "ldimm64 insn specifies invalid btf_id %d.", id);
    }
    switch (btf.type(id)) {
      case BtfType.Func f -> aux.btfVarType = RegType.PTR_TO_MEM | RegType.MEM_RDONLY;
      case BtfType.Var v -> variable(env, aux, btf, id, v);
      default ->
          throw env.reject(EINVAL, "pseudo btf_id %d in ldimm64 isn't KIND_VAR or KIND_FUNC", id);
    }
  }

  private static void variable(VerifierEnv env, InsnAux aux, Btf btf, int id, BtfType.Var v)
      throws VerifierReject {
    int target = btf.strip(v.type());
    if (isPerCpu(btf, id)) {
      aux.btfVarType = RegType.PTR_TO_BTF_ID | RegType.MEM_PERCPU;
      aux.btfVarId = v.type();
    } else if (btf.type(target) instanceof BtfType.Composite) {
      aux.btfVarType = RegType.PTR_TO_BTF_ID;
      aux.btfVarId = target;
    } else {
      aux.btfVarType = RegType.PTR_TO_MEM | RegType.MEM_RDONLY;
      try {
        aux.btfVarSize = (int) btf.sizeOf(target);
      } catch (BtfException e) {
        throw env.reject(
            EINVAL,
            "ldimm64 unable to resolve the size of type '%s': %d",
            BtfWords.name(btf.type(target)),
            -EINVAL);
      }
    }
  }

  private static boolean isPerCpu(Btf btf, int variable) {
    for (BtfType t : btf.types()) {
      if (t instanceof BtfType.Datasec section && section.name().equals(PER_CPU)) {
        return section.variables().stream().anyMatch(v -> v.type() == variable);
      }
    }
    return false;
  }
}
