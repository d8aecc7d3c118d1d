package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.kfunc.Kfunc;
import ringside.ebpf.kfunc.KfuncFlag;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** The kernel functions that a program calls, by their ids in the kernel's BTF. */
final class KfuncTable {
  private static final int EPROTO = 71;

  /**
   * A kernel function with its prototype.
   *
   * @param kfunc null where it is none that programs of this type may call
   */
  record Entry(int id, String name, BtfType.FuncProto proto, @Nullable Kfunc kfunc) {
    boolean has(KfuncFlag flag) {
      return kfunc != null && kfunc.has(flag);
    }

    /** Runs a function of the program before it returns. */
    boolean callsBack() {
      return name.equals("bpf_rbtree_add_impl");
    }

    /** Has a function of the program run some time later. */
    boolean callsLater() {
      return switch (name) {
        case "bpf_wq_set_callback_impl",
            "bpf_task_work_schedule_signal_impl",
            "bpf_task_work_schedule_resume_impl" ->
            true;
        default -> false;
      };
    }

    boolean changesPackets() {
      return name.equals("bpf_xdp_pull_data");
    }

    List<BtfType.Parameter> parameters() {
      return proto.parameters();
    }
  }

  private final VerifierEnv env;
  private final Map<Integer, Entry> entries = new HashMap<>();

  KfuncTable(VerifierEnv env) {
    this.env = env;
  }

  /** Takes up a call while the program's functions are listed ({@code add_kfunc_call}). */
  void add(Insn call) throws VerifierReject {
    Btf btf = env.kernelBtf;
    if (btf == null) {
      throw env.reject(
          EINVAL, "calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF");
    }
    if (!env.gplCompatible) {
      throw env.reject(EINVAL, "cannot call kernel function from non-GPL compatible program");
    }
    int id = call.imm();
    if (id == 0 && call.off() == 0) {
      return;
    }
    if (call.off() < 0) {
      throw env.reject(EINVAL, "negative offset disallowed for kernel module function call");
    }
    if (call.off() > 0) {
      throw env.reject(EPROTO, "kfunc offset > 0 without fd_array is invalid");
    }
    if (id < 0
        || id >= btf.types().size()
        || !(btf.type(id) instanceof BtfType.Func func)
        || !(btf.type(func.type()) instanceof BtfType.FuncProto proto)) {
      throw env.reject(EINVAL, "kernel btf_id %s is not a function", Integer.toUnsignedString(id));
    }
    Kfunc kfunc = env.input.types().kfuncs().find(func.name());
    boolean allowed = kfunc != null && kfunc.allows(env.type);
    entries.put(id, new Entry(id, func.name(), proto, allowed ? kfunc : null));
  }

  /** The function that a call goes to; null where the call has none (id 0). */
  @Nullable Entry find(Insn call) {
    return entries.get(call.imm());
  }

  /** The name to print for a call. */
  String nameOf(Insn call) {
    Entry entry = find(call);
    return entry == null ? "kernel-function" : entry.name();
  }
}
