package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import ringside.ebpf.map.BtfField;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.format.btf.BtfType;

/**
 * Lists and trees of allocated objects: who owns an object, and which pointers die with a lock.
 *
 * <p>Adding an object to a collection turns the owning pointer into one that may be used while the
 * collection's lock is held.
 */
final class GraphNodes {
  private final VerifierEnv env;
  private final References references;
  private final BtfPointers pointers;
  private final Locks locks;

  GraphNodes(VerifierEnv env, References references, BtfPointers pointers, Locks locks) {
    this.env = env;
    this.references = references;
    this.pointers = pointers;
    this.locks = locks;
  }

  /** Whether a kernel function works on lists or trees. */
  static boolean isApi(String kfunc) {
    return isList(kfunc) || isTree(kfunc) || kfunc.equals("bpf_refcount_acquire_impl");
  }

  private static boolean isList(String kfunc) {
    return kfunc.startsWith("bpf_list_");
  }

  private static boolean isTree(String kfunc) {
    return kfunc.startsWith("bpf_rbtree_");
  }

  /** Whether a kernel function takes an object into a collection. */
  static boolean adds(String kfunc) {
    return kfunc.equals("bpf_list_push_front_impl")
        || kfunc.equals("bpf_list_push_back_impl")
        || kfunc.equals("bpf_rbtree_add_impl");
  }

  private void owned(int arg, RegState r) throws VerifierReject {
    if (r.type != (RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC)) {
      throw env.reject(EINVAL, "arg#%d expected pointer to allocated object", arg);
    }
    if (r.refObjId == 0) {
      throw env.reject(EINVAL, "allocated object must be referenced");
    }
  }

  /** Checks an argument that is the head of a list or the root of a tree. */
  void root(int regno, KfuncCall call, BtfFieldType type) throws VerifierReject {
    RegState r = env.reg(regno);
    boolean alloc = r.type == (RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC);
    if (r.type != RegType.PTR_TO_MAP_VALUE && !alloc) {
      throw env.reject(
          EINVAL, "arg#%d expected pointer to map value or allocated object", regno - 1);
    }
    if (alloc && r.refObjId == 0) {
      throw env.reject(EINVAL, "allocated object must be referenced");
    }
    constantOffset(regno, r, type);
    int off = (int) (r.off + r.varOff.value());
    BtfRecord record = pointers.record(r);
    BtfField field = record == null ? null : record.find(off, type.bit());
    if (record == null || field == null) {
      throw env.reject(EINVAL, "%s not found at offset=%d", type.label(), off);
    }
    locks.requireLockOf(r, record.offsetOf(BtfFieldType.BPF_SPIN_LOCK), type.label());
    call.root = field;
  }

  private void constantOffset(int regno, RegState r, BtfFieldType type) throws VerifierReject {
    if (!r.varOff.isConst()) {
      throw env.reject(
          EINVAL,
          "R%d doesn't have constant offset. %s has to be at the constant offset",
          regno,
          type.label());
    }
  }

  /** Checks an argument that is a node of an object in, or for, a list. */
  void listNode(int regno, KfuncCall call) throws VerifierReject {
    owned(regno - 1, env.reg(regno));
    node(regno, call, BtfFieldType.BPF_LIST_HEAD, BtfFieldType.BPF_LIST_NODE);
  }

  /** Checks an argument that is a node of an object in, or for, a tree. */
  void treeNode(int regno, KfuncCall call) throws VerifierReject {
    RegState r = env.reg(regno);
    if (call.is("bpf_rbtree_add_impl")) {
      owned(regno - 1, r);
    } else {
      if (!BtfPointers.isNonOwning(r.type) && r.refObjId == 0) {
        throw env.reject(
            EINVAL,
            "%s can only take non-owning or refcounted bpf_rb_node pointer",
            call.entry.name());
      }
      if (inTreeCallback()) {
        throw env.reject(EINVAL, "%s not allowed in rbtree cb", call.entry.name());
      }
    }
    node(regno, call, BtfFieldType.BPF_RB_ROOT, BtfFieldType.BPF_RB_NODE);
  }

  private void node(int regno, KfuncCall call, BtfFieldType head, BtfFieldType node)
      throws VerifierReject {
    RegState r = env.reg(regno);
    constantOffset(regno, r, node);
    int off = (int) (r.off + r.varOff.value());
    BtfRecord record = pointers.record(r);
    if (record == null || record.find(off, node.bit()) == null) {
      throw env.reject(EINVAL, "%s not found at offset=%d", node.label(), off);
    }
    BtfField.GraphRoot root = rootOf(call);
    BtfType held = root.btf().type(root.valueTypeId());
    if (!BtfMatch.same(BtfPointers.btf(r), r.btfId, root.btf(), root.valueTypeId())) {
      throw env.reject(
          EINVAL,
          "operation on %s expects arg#1 %s at offset=%d in struct %s, but arg is at offset=%d in"
              + " struct %s",
          head.label(),
          node.label(),
          root.nodeOffset(),
          held.name(),
          off,
          BtfPointers.structName(r));
    }
    call.argBtf = r.btf;
    call.argBtfId = r.btfId;
    if (off != root.nodeOffset()) {
      throw env.reject(
          EINVAL,
          "arg#1 offset=%d, but expected %s at offset=%d in struct %s",
          off,
          node.label(),
          root.nodeOffset(),
          held.name());
    }
  }

  private static BtfField.GraphRoot rootOf(KfuncCall call) {
    BtfField field = call.root;
    BtfField.GraphRoot root = field == null ? null : field.root();
    if (root == null) {
      throw new IllegalStateException("collection without contents");
    }
    return root;
  }

  /** Whether the path is in the comparison function that a tree calls back. */
  boolean inTreeCallback() {
    VerifierState st = env.state;
    for (int i = st.curframe; i > 0; i--) {
      FuncState f = st.frame(i);
      if (f.inCallback) {
        KfuncTable.Entry entry =
            Program.isKfuncCall(env.program.insn(f.callsite))
                ? env.kfuncs.find(env.program.insn(f.callsite))
                : null;
        if (entry != null && entry.callsBack()) {
          return true;
        }
      }
    }
    return false;
  }

  /** After an object was added: its owner's pointers are good while the lock is held. */
  void convertOwner() throws VerifierReject {
    int ref = env.reg(2).refObjId;
    if (ref == 0 || !references.holds(env.state, ref)) {
      throw env.bug("ref state missing for ref_obj_id");
    }
    env.state.eachReg(r -> {
      if (r.refObjId == ref) {
        r.refObjId = 0;
        setNonOwning(r);
      }
    });
    references.release(ref);
  }

  /** Makes a pointer one that does not own ({@code ref_set_non_owning}). */
  void setNonOwning(RegState r) {
    BtfRecord record = pointers.record(r);
    r.type |= RegType.NON_OWN_REF;
    if (record != null && record.has(BtfFieldType.BPF_REFCOUNT)) {
      r.type |= RegType.MEM_RCU;
    }
  }

  /** Makes a register a pointer to the node of an object out of a collection. */
  void markNode(RegState r, KfuncCall call) {
    markNode(r, rootOf(call));
  }

  private static void markNode(RegState r, BtfField.GraphRoot root) {
    r.markKnown(0);
    r.type = RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC;
    r.btf = root.btf();
    r.btfId = root.valueTypeId();
    r.off = root.nodeOffset();
  }

  /** The arguments of the comparison function of a tree. */
  void setComparisonArguments(FuncState callee, KfuncCall call) {
    for (int i = 1; i <= 2; i++) {
      markNode(callee.regs[i], rootOf(call));
      setNonOwning(callee.regs[i]);
    }
    for (int i = 3; i <= 5; i++) {
      callee.regs[i].markNotInit();
    }
  }
}
