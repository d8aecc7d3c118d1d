package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.kfunc.KfuncFlag;
import ringside.ebpf.map.BtfField;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;

/** What a kernel function leaves in r0. */
final class KfuncReturns {
  private static final int BPF_GLOBAL_PERCPU_MA_MAX_SIZE = 512;

  private final VerifierEnv env;
  private final References references;
  private final GraphNodes graph;
  private final KfuncArgs args;

  KfuncReturns(VerifierEnv env, References references, GraphNodes graph, KfuncArgs args) {
    this.env = env;
    this.references = references;
    this.graph = graph;
    this.args = args;
  }

  void set(KfuncCall call, boolean takesLock) throws VerifierReject {
    Btf btf = env.kernelBtf;
    if (btf == null) {
      throw new IllegalStateException("no BTF of the kernel");
    }
    BtfType type = btf.stripped(call.entry.proto().type());
    boolean struct =
        type instanceof BtfType.Ptr p && btf.stripped(p.type()) instanceof BtfType.Composite;
    if (call.entry.has(KfuncFlag.KF_ACQUIRE) && !struct && !allocates(call)) {
      throw env.reject(EINVAL, "acquire kernel function does not return PTR_TO_BTF_ID");
    }
    RegState r0 = env.reg(0);
    if (BtfWords.isInteger(type)) {
      env.markUnknown(r0);
      if (takesLock) {
        env.markConstZero(r0);
      }
      return;
    }
    if (!(type instanceof BtfType.Ptr pointer)) {
      if (call.is("bpf_obj_drop_impl") || call.is("bpf_percpu_obj_drop_impl")) {
        env.aux().structType = call.argBtfId;
      }
      return;
    }
    int targetId = btf.strip(pointer.type());
    BtfType target = btf.type(targetId);
    if (!special(call, r0, btf, target)) {
      plain(call, r0, btf, targetId, target);
    }
    if (r0.isScalar()) {
      return;
    }
    if (call.returnsNull()) {
      r0.type |= RegType.PTR_MAYBE_NULL;
      r0.id = ++env.idGen;
    }
    boolean node = target.name().equals("bpf_rb_node") || target.name().equals("bpf_list_node");
    if (call.entry.has(KfuncFlag.KF_ACQUIRE)) {
      int id = references.acquire();
      if (call.returnsNull()) {
        r0.id = id;
      }
      r0.refObjId = id;
    } else if (node) {
      graph.setNonOwning(r0);
    }
    if (r0.id == 0 && references.mayHoldLock(r0)) {
      r0.id = ++env.idGen;
    }
  }

  private static boolean allocates(KfuncCall call) {
    return call.is("bpf_obj_new_impl")
        || call.is("bpf_percpu_obj_new_impl")
        || call.is("bpf_refcount_acquire_impl");
  }

  private static void pointer(RegState r, int type, @Nullable Btf btf, int id) {
    r.markKnown(0);
    r.type = type;
    r.btf = btf;
    r.btfId = id;
  }

  /** Functions whose type of return is not that of the prototype ({@code special_kfunc_set}). */
  private boolean special(KfuncCall call, RegState r0, Btf btf, BtfType target)
      throws VerifierReject {
    switch (call.entry.name()) {
      case "bpf_obj_new_impl", "bpf_percpu_obj_new_impl" -> allocate(call, r0);
      case "bpf_refcount_acquire_impl" -> {
        pointer(r0, RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC, call.argBtf, call.argBtfId);
        env.aux().structType = call.argBtfId;
      }
      case "bpf_cast_to_kern_ctx" -> {
        String name = KfuncArgs.kernelContext(env.type);
        int id = btf.find(name, BtfType.Struct.class).orElse(0);
        if (id == 0) {
          throw new VerifierReject(EINVAL, "");
        }
        pointer(r0, RegType.PTR_TO_BTF_ID | RegType.PTR_TRUSTED, btf, id);
      }
      case "bpf_rdonly_cast" -> cast(call, r0, btf);
      case "bpf_dynptr_slice", "bpf_dynptr_slice_rdwr" -> slice(call, r0);
      default -> {
        BtfField root = call.root;
        if (root == null
            || !(target.name().equals("bpf_rb_node") || target.name().equals("bpf_list_node"))) {
          return false;
        }
        graph.markNode(r0, call);
      }
    }
    return true;
  }

  private void allocate(KfuncCall call, RegState r0) throws VerifierReject {
    if (call.constant >>> 32 != 0) {
      throw env.reject(EINVAL, "local type ID argument must be in range [0, U32_MAX]");
    }
    Btf program = env.programBtf;
    if (program == null) {
      throw env.reject(EINVAL, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF");
    }
    int id = (int) call.constant;
    if (id < 0
        || id >= program.types().size()
        || !(program.type(id) instanceof BtfType.Struct struct)) {
      throw env.reject(
          EINVAL, "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct");
    }
    boolean percpu = call.is("bpf_percpu_obj_new_impl");
    if (percpu) {
      if (struct.size() > BPF_GLOBAL_PERCPU_MA_MAX_SIZE) {
        throw env.reject(
            EINVAL,
            "bpf_percpu_obj_new type size (%d) is greater than %d",
            struct.size(),
            BPF_GLOBAL_PERCPU_MA_MAX_SIZE);
      }
      if (!BtfMatch.isScalarStruct(program, struct, 0)) {
        throw env.reject(
            EINVAL, "bpf_percpu_obj_new type ID argument must be of a struct of scalars");
      }
      if (env.structRecord(program, id) != null) {
        throw env.reject(
            EINVAL, "bpf_percpu_obj_new type ID argument must not contain special fields");
      }
    }
    int type = RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC | (percpu ? RegType.MEM_PERCPU : 0);
    pointer(r0, type, program, id);
    env.aux().structType = id;
  }

  private void cast(KfuncCall call, RegState r0, Btf btf) throws VerifierReject {
    int id = (int) call.constant;
    if (call.constant != id || id < 0 || id >= btf.types().size()) {
      throw env.reject(EINVAL, "Unknown type ID %d passed to kfunc bpf_rdonly_cast", call.constant);
    }
    BtfType t = btf.type(id);
    if (t instanceof BtfType.Composite) {
      pointer(r0, RegType.PTR_TO_BTF_ID | RegType.PTR_UNTRUSTED, btf, id);
    } else if (t instanceof BtfType.VoidType) {
      pointer(r0, RegType.PTR_TO_MEM | RegType.MEM_RDONLY | RegType.PTR_UNTRUSTED, null, 0);
    } else {
      throw env.reject(
          EINVAL, "kfunc bpf_rdonly_cast type ID argument must be of a struct or void");
    }
  }

  private void slice(KfuncCall call, RegState r0) throws VerifierReject {
    String kind = call.dynptrKind;
    if (!call.constantFound || kind == null) {
      throw env.bug("bpf_dynptr_slice(_rdwr) no constant size");
    }
    boolean writable = call.is("bpf_dynptr_slice_rdwr");
    if (writable && !args.mayWritePackets()) {
      throw env.reject(EINVAL, "the prog does not allow writes to packet data");
    }
    int type = RegType.PTR_TO_MEM | Dynptrs.sliceFlag(kind);
    pointer(r0, writable ? type : type | RegType.MEM_RDONLY, null, 0);
    r0.memSize = (int) call.constant;
    r0.dynptrId = call.dynptrId;
  }

  private void plain(KfuncCall call, RegState r0, Btf btf, int targetId, BtfType target)
      throws VerifierReject {
    if (target instanceof BtfType.VoidType) {
      env.markUnknown(r0);
      return;
    }
    if (target instanceof BtfType.Composite) {
      int trust = 0;
      if (call.entry.has(KfuncFlag.KF_ITER_NEXT)) {
        RegState iterator = call.iterator;
        boolean rcu = iterator != null && (iterator.type & RegType.MEM_RCU) != 0;
        trust = rcu ? RegType.MEM_RCU : RegType.PTR_TRUSTED;
      }
      pointer(r0, RegType.PTR_TO_BTF_ID | trust, btf, targetId);
      return;
    }
    long size = call.returnSize;
    boolean readOnly = call.returnReadOnly;
    if (call.is("bpf_session_cookie")) {
      size = 8;
      readOnly = false;
    }
    if (size == 0) {
      try {
        size = btf.sizeOf(targetId);
        readOnly = true;
      } catch (BtfException e) {
        throw env.reject(
            EINVAL,
            "kernel function %s returns pointer type %s %s is not supported",
            call.entry.name(),
            BtfWords.kind(target),
            target.name());
      }
    }
    pointer(r0, RegType.PTR_TO_MEM | (readOnly ? RegType.MEM_RDONLY : 0), null, 0);
    r0.memSize = (int) size;
    // So that it cannot be read after what it belongs to was released.
    r0.refObjId = call.refObjId;
  }
}
