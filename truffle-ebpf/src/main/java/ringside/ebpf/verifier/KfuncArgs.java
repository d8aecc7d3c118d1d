package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EFAULT;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.ArgType;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.kfunc.KfuncFlag;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;

/**
 * Checks the arguments of a call of a kernel function against its C prototype ({@code
 * check_kfunc_args}).
 */
final class KfuncArgs {
  private static final int MAX_ARGS = 5;

  /** What a pointer parameter asks for. */
  private enum Kind {
    NULL,
    CTX,
    ALLOC_BTF_ID,
    REFCOUNTED_KPTR,
    DYNPTR,
    ITER,
    LIST_HEAD,
    LIST_NODE,
    RB_ROOT,
    RB_NODE,
    CONST_STR,
    MAP,
    WORKQUEUE,
    TASK_WORK,
    IRQ_FLAG,
    RES_SPIN_LOCK,
    BTF_ID,
    CALLBACK,
    MEM_SIZE,
    MEM
  }

  private final VerifierEnv env;
  private final HelperArgs helperArgs;
  private final MemoryChecks memory;
  private final Precision precision;
  private final References references;
  private final BtfPointers pointers;
  private final Dynptrs dynptrs;
  private final Iterators iterators;
  private final Locks locks;
  private final GraphNodes graph;

  KfuncArgs(
      VerifierEnv env,
      HelperArgs helperArgs,
      MemoryChecks memory,
      Precision precision,
      References references,
      BtfPointers pointers,
      Dynptrs dynptrs,
      Iterators iterators,
      Locks locks,
      GraphNodes graph) {
    this.env = env;
    this.helperArgs = helperArgs;
    this.memory = memory;
    this.precision = precision;
    this.references = references;
    this.pointers = pointers;
    this.dynptrs = dynptrs;
    this.iterators = iterators;
    this.locks = locks;
    this.graph = graph;
  }

  private Btf btf() {
    Btf kernel = env.kernelBtf;
    if (kernel == null) {
      throw new IllegalStateException("no BTF of the kernel");
    }
    return kernel;
  }

  void check(KfuncCall call) throws VerifierReject {
    List<KfuncParameter> parameters = new ArrayList<>();
    for (BtfType.Parameter p : call.entry.parameters()) {
      parameters.add(KfuncParameter.of(btf(), p));
    }
    if (parameters.size() > MAX_ARGS) {
      throw env.reject(
          EINVAL, "Function %s has %d > %d args", call.entry.name(), parameters.size(), MAX_ARGS);
    }
    for (int i = 0; i < parameters.size(); i++) {
      KfuncParameter p = parameters.get(i);
      if (p.suffix("__ign") || p.suffix("__prog")) {
        continue;
      }
      if (p.isScalar()) {
        scalar(i, p, call);
      } else if (p.type() instanceof BtfType.Ptr) {
        i += pointer(i, p, parameters, call);
      } else {
        throw env.reject(EINVAL, "Unrecognized arg#%d type %s", i, BtfWords.kind(p.type()));
      }
    }
    if (call.entry.has(KfuncFlag.KF_RELEASE) && call.releaseReg == 0) {
      throw env.reject(
          EINVAL, "release kernel function %s expects refcounted PTR_TO_BTF_ID", call.entry.name());
    }
  }

  private void scalar(int i, KfuncParameter p, KfuncCall call) throws VerifierReject {
    int regno = i + 1;
    RegState r = env.reg(regno);
    if (!r.isScalar()) {
      throw env.reject(EINVAL, "R%d is not a scalar", regno);
    }
    boolean readOnly = p.name().equals("rdonly_buf_size");
    if (p.suffix("__k")) {
      constant(regno, r, call);
    } else if (readOnly || p.name().equals("rdwr_buf_size")) {
      call.returnReadOnly |= readOnly;
      if (call.returnSize != 0) {
        throw env.reject(EINVAL, "2 or more rdonly/rdwr_buf_size parameters for kfunc");
      }
      if (!r.varOff.isConst()) {
        throw env.reject(EINVAL, "R%d is not a const", regno);
      }
      call.returnSize = r.varOff.value();
      if (call.returnSize >>> 32 != 0) {
        throw env.reject(EINVAL, "R%d rdonly/rdwr_buf_size exceeds u32 max", regno);
      }
      precision.mark(regno);
    }
  }

  private void constant(int regno, RegState r, KfuncCall call) throws VerifierReject {
    if (call.constantFound) {
      throw env.bug("only one constant argument permitted");
    }
    if (!r.varOff.isConst()) {
      throw env.reject(EINVAL, "R%d must be a known constant", regno);
    }
    precision.mark(regno);
    call.constantFound = true;
    call.constant = r.varOff.value();
  }

  private static boolean isNull(RegState r) {
    return r.isScalar() && r.varOff.equalsConst(0);
  }

  /** Checks a pointer argument and returns how many parameters after it are done too. */
  private int pointer(int i, KfuncParameter p, List<KfuncParameter> all, KfuncCall call)
      throws VerifierReject {
    int regno = i + 1;
    RegState r = env.reg(regno);
    boolean trusted =
        call.entry.has(KfuncFlag.KF_TRUSTED_ARGS) || call.entry.has(KfuncFlag.KF_RELEASE);
    boolean rcu = call.entry.has(KfuncFlag.KF_RCU);
    // A pointer that is null for sure is refused even where the flags ask for nothing.
    boolean mayBeNull =
        isNull(r)
            || (RegType.mayBeNull(r.type)
                && (trusted || rcu || RegType.base(r.type) == RegType.PTR_TO_BTF_ID));
    if (mayBeNull && !p.suffix("__nullable") && !p.suffix("__opt")) {
      throw env.reject(EACCES, "Possibly NULL pointer passed to trusted arg%d", i);
    }
    boolean releases = call.entry.has(KfuncFlag.KF_RELEASE);
    if (r.refObjId != 0) {
      if (releases && call.refObjId != 0) {
        throw env.reject(
            EFAULT,
            "more than one arg with ref_obj_id R%d %d %d",
            regno,
            r.refObjId,
            call.refObjId);
      }
      call.refObjId = r.refObjId;
      if (releases) {
        call.releaseReg = regno;
      }
    }
    Kind kind = kind(i, p, all, call, r);
    if (kind == Kind.NULL) {
      return 0;
    }
    if (kind == Kind.MAP) {
      if (r.map == null && RegType.base(r.type) != RegType.PTR_TO_BTF_ID) {
        throw env.reject(EINVAL, "pointer in R%d isn't map pointer", regno);
      }
      noteMap(r, call);
    }
    boolean btfArgument = kind == Kind.MAP || kind == Kind.ALLOC_BTF_ID || kind == Kind.BTF_ID;
    if (btfArgument && (trusted || rcu) && !pointers.isTrusted(r)) {
      if (!rcu) {
        throw env.reject(EINVAL, "R%d must be referenced or trusted", regno);
      }
      if (!BtfPointers.isRcu(r)) {
        throw env.reject(EINVAL, "R%d must be a rcu pointer", regno);
      }
    }
    helperArgs.checkOffset(
        regno,
        r,
        releases && r.refObjId != 0
            ? ArgType.ARG_PTR_TO_BTF_ID_OR_NULL_OBJ_RELEASE
            : ArgType.ARG_DONTCARE);
    return value(kind, i, p, all, call, r);
  }

  private Kind kind(int i, KfuncParameter p, List<KfuncParameter> all, KfuncCall call, RegState r)
      throws VerifierReject {
    BtfType.Ptr pointer = (BtfType.Ptr) p.type();
    if (call.is("bpf_cast_to_kern_ctx")
        || ContextTypes.isContext(btf(), pointer.type(), env.type)) {
      return Kind.CTX;
    }
    if (p.suffix("__nullable") && isNull(r)) {
      return Kind.NULL;
    }
    Kind bySuffix =
        p.suffix("__alloc")
            ? Kind.ALLOC_BTF_ID
            : p.suffix("__refcounted_kptr") ? Kind.REFCOUNTED_KPTR : byStruct(i, p, call);
    if (bySuffix != null) {
      return bySuffix;
    }
    if (RegType.base(r.type) == RegType.PTR_TO_BTF_ID || env.kernelTypeOf(r.type) != null) {
      if (!(p.target() instanceof BtfType.Composite)) {
        throw env.reject(
            EINVAL,
            "kernel function %s args#%d pointer type %s %s is not supported",
            call.entry.name(),
            i,
            BtfWords.kind(p.target()),
            targetName(p));
      }
      return Kind.BTF_ID;
    }
    if (p.target() instanceof BtfType.FuncProto) {
      return Kind.CALLBACK;
    }
    boolean sized =
        i + 1 < all.size()
            && env.reg(i + 2).isScalar()
            && all.get(i + 1).isScalar()
            && (all.get(i + 1).suffix("__sz") || all.get(i + 1).suffix("__szk"));
    boolean plain = BtfWords.isInteger(p.target()) || BtfMatch.isScalarStruct(btf(), p.target(), 0);
    if (!plain && !(sized && p.target() instanceof BtfType.VoidType)) {
      throw env.reject(
          EINVAL,
          "arg#%d pointer type %s %s must point to %sscalar, or struct with scalar",
          i,
          BtfWords.kind(p.target()),
          targetName(p),
          sized ? "void, " : "");
    }
    return sized ? Kind.MEM_SIZE : Kind.MEM;
  }

  private static String targetName(KfuncParameter p) {
    return p.target() instanceof BtfType.VoidType ? "" : p.target().name();
  }

  private @Nullable Kind byStruct(int i, KfuncParameter p, KfuncCall call) {
    boolean iterates =
        call.entry.has(KfuncFlag.KF_ITER_NEW)
            || call.entry.has(KfuncFlag.KF_ITER_NEXT)
            || call.entry.has(KfuncFlag.KF_ITER_DESTROY);
    if (p.pointsTo("bpf_dynptr") || p.pointsTo("bpf_dynptr_kern")) {
      return Kind.DYNPTR;
    }
    if (iterates ? i == 0 : p.suffix("__iter")) {
      return Kind.ITER;
    }
    String struct = p.target() instanceof BtfType.Struct ? p.target().name() : "";
    return switch (struct) {
      case "bpf_list_head" -> Kind.LIST_HEAD;
      case "bpf_list_node" -> Kind.LIST_NODE;
      case "bpf_rb_root" -> Kind.RB_ROOT;
      case "bpf_rb_node" -> Kind.RB_NODE;
      case "bpf_wq" -> Kind.WORKQUEUE;
      case "bpf_task_work" -> Kind.TASK_WORK;
      case "bpf_res_spin_lock" -> Kind.RES_SPIN_LOCK;
      default ->
          p.suffix("__str")
              ? Kind.CONST_STR
              : p.suffix("__map") ? Kind.MAP : p.suffix("__irq_flag") ? Kind.IRQ_FLAG : null;
    };
  }

  private void noteMap(RegState r, KfuncCall call) throws VerifierReject {
    MapDescriptor map = r.map;
    if (map == null) {
      return;
    }
    MapDescriptor first = call.map;
    BtfRecord record = map.record();
    if (first != null && record != null) {
      boolean same = RegState.sameMap(first, map) && call.mapUid == r.mapUid;
      if (record.has(BtfFieldType.BPF_WORKQUEUE) && !same) {
        throw env.reject(
            EINVAL,
            "workqueue pointer in R1 map_uid=%d doesn't match map pointer in R2 map_uid=%d",
            call.mapUid,
            r.mapUid);
      }
      if (record.has(BtfFieldType.BPF_TASK_WORK) && !same) {
        throw env.reject(
            EINVAL,
            "bpf_task_work pointer in R2 map_uid=%d doesn't match map pointer in R3 map_uid=%d",
            call.mapUid,
            r.mapUid);
      }
    }
    call.map = map;
    call.mapUid = r.mapUid;
  }

  private int value(
      Kind kind, int i, KfuncParameter p, List<KfuncParameter> all, KfuncCall call, RegState r)
      throws VerifierReject {
    int regno = i + 1;
    switch (kind) {
      case CTX -> {
        if (r.type != RegType.PTR_TO_CTX) {
          throw env.reject(
              EINVAL, "arg#%d expected pointer to ctx, but got %s", i, RegType.name(r.type));
        }
      }
      case ALLOC_BTF_ID -> allocated(i, r, call);
      case DYNPTR -> dynptr(regno, p, call, r);
      case ITER -> {
        if (call.is("bpf_iter_css_task_new") && !cssTaskAllowed()) {
          throw env.reject(
              EINVAL, "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs");
        }
        iterators.argument(regno, btf(), call);
      }
      case LIST_HEAD -> graph.root(regno, call, BtfFieldType.BPF_LIST_HEAD);
      case RB_ROOT -> graph.root(regno, call, BtfFieldType.BPF_RB_ROOT);
      case LIST_NODE -> graph.listNode(regno, call);
      case RB_NODE -> graph.treeNode(regno, call);
      case MAP -> {
        kernelPointer(i, r);
        int id = btf().find("bpf_map", BtfType.Struct.class).orElse(0);
        kernelStruct(i, r, "bpf_map", id, call);
      }
      case BTF_ID -> {
        kernelPointer(i, r);
        kernelStruct(i, r, p.target().name(), p.targetId(), call);
      }
      case MEM -> memory(i, p, r);
      case MEM_SIZE -> {
        sized(i, p, all.get(i + 1), call, r);
        return 1;
      }
      case CALLBACK -> {
        if (r.type != RegType.PTR_TO_FUNC) {
          throw env.reject(EINVAL, "arg%d expected pointer to func", i);
        }
        call.subprogno = r.memSize;
      }
      case REFCOUNTED_KPTR -> refcounted(i, r, call);
      case CONST_STR -> {
        if (r.type != RegType.PTR_TO_MAP_VALUE) {
          throw env.reject(EINVAL, "arg#%d doesn't point to a const string", i);
        }
        helperArgs.constantString(regno, r);
      }
      case WORKQUEUE -> mapField(i, r, call, BtfFieldType.BPF_WORKQUEUE, "bpf_wq");
      case TASK_WORK -> mapField(i, r, call, BtfFieldType.BPF_TASK_WORK, "bpf_task_work");
      case IRQ_FLAG -> locks.irqFlag(regno, call);
      case RES_SPIN_LOCK -> {
        if (r.type != RegType.PTR_TO_MAP_VALUE
            && r.type != (RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC)) {
          throw env.reject(EINVAL, "arg#%d doesn't point to map value or allocated object", i);
        }
        boolean lock = !call.entry.name().contains("unlock");
        boolean irq = call.entry.name().contains("irq");
        locks.spin(regno, lock, irq ? RefState.Kind.RES_LOCK_IRQ : RefState.Kind.RES_LOCK);
      }
      case NULL -> {}
    }
    return 0;
  }

  private void kernelPointer(int i, RegState r) throws VerifierReject {
    boolean wrong =
        (RegType.base(r.type) != RegType.PTR_TO_BTF_ID
                || (BtfPointers.unsafeModifiers(r.type) && !BtfPointers.isRcu(r)))
            && env.kernelTypeOf(r.type) == null;
    if (wrong) {
      int plain = RegType.base(r.type) | (r.type & BtfPointers.TRUSTED_MODIFIERS);
      throw env.reject(
          EINVAL,
          "arg#%d is %s expected %s or socket",
          i,
          RegType.name(r.type),
          RegType.name(plain));
    }
  }

  private boolean cssTaskAllowed() {
    return switch (env.type) {
      case LSM -> true;
      case TRACING -> env.input.attachType() == AttachType.TRACE_ITER || env.state.inSleepable;
      default -> env.state.inSleepable;
    };
  }

  private void allocated(int i, RegState r, KfuncCall call) throws VerifierReject {
    if (r.type == (RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC)) {
      if (!call.is("bpf_obj_drop_impl")) {
        throw env.reject(EINVAL, "arg#%d expected for bpf_obj_drop_impl()", i);
      }
    } else if (r.type == (RegType.PTR_TO_BTF_ID | RegType.MEM_ALLOC | RegType.MEM_PERCPU)) {
      if (!call.is("bpf_percpu_obj_drop_impl")) {
        throw env.reject(EINVAL, "arg#%d expected for bpf_percpu_obj_drop_impl()", i);
      }
    } else {
      throw env.reject(EINVAL, "arg#%d expected pointer to allocated object", i);
    }
    if (r.refObjId == 0) {
      throw env.reject(EINVAL, "allocated object must be referenced");
    }
    call.argBtf = r.btf;
    call.argBtfId = r.btfId;
  }

  private void refcounted(int i, RegState r, KfuncCall call) throws VerifierReject {
    if (!BtfPointers.isAllocatedObject(r.type)) {
      throw env.reject(EINVAL, "arg#%d is neither owning or non-owning ref", i);
    }
    if (!BtfPointers.isNonOwning(r.type) && r.refObjId != 0) {
      call.owningRef = true;
    }
    BtfRecord record = pointers.record(r);
    if (record == null) {
      throw env.bug("Couldn't find btf_record");
    }
    if (!record.has(BtfFieldType.BPF_REFCOUNT)) {
      throw env.reject(EINVAL, "arg#%d doesn't point to a type with bpf_refcount field", i);
    }
    call.argBtf = r.btf;
    call.argBtfId = r.btfId;
  }

  private void dynptr(int regno, KfuncParameter p, KfuncCall call, RegState r)
      throws VerifierReject {
    boolean construct = p.suffix("__uninit");
    String kind = null;
    int cloneOf = 0;
    switch (call.entry.name()) {
      case "bpf_dynptr_from_skb" -> kind = Dynptrs.SKB;
      case "bpf_dynptr_from_xdp" -> kind = Dynptrs.XDP;
      case "bpf_dynptr_from_skb_meta" -> kind = Dynptrs.SKB_META;
      case "bpf_dynptr_clone" -> {
        if (construct) {
          kind = call.dynptrKind;
          cloneOf = call.dynptrRef;
        }
      }
      default -> {}
    }
    Dynptrs.Use use =
        construct
            ? Dynptrs.Use.CONSTRUCT
            : r.type == RegType.CONST_PTR_TO_DYNPTR ? Dynptrs.Use.READ : Dynptrs.Use.MUTATE;
    dynptrs.argument(regno, use, kind, cloneOf);
    if (!construct) {
      RegState main = dynptrs.main(r);
      call.dynptrId = main.id;
      call.dynptrKind = Dynptrs.kindOf(main);
      call.dynptrRef = main.refObjId;
    }
  }

  private void kernelStruct(int i, RegState r, String wanted, int wantedId, KfuncCall call)
      throws VerifierReject {
    Btf from = btf();
    int fromId;
    String own = env.kernelTypeOf(r.type);
    if (RegType.base(r.type) == RegType.PTR_TO_BTF_ID) {
      from = BtfPointers.btf(r);
      fromId = r.btfId;
    } else {
      fromId = from.find(own == null ? "" : own, BtfType.Struct.class).orElse(0);
    }
    boolean strict =
        (call.entry.has(KfuncFlag.KF_RELEASE) && r.refObjId != 0)
            || BtfMatch.nocastAlias(from, fromId, btf(), wantedId);
    fromId = from.strip(fromId);
    boolean same =
        BtfMatch.structs(
            env, from, fromId, r.off, btf(), wantedId, strict, !BtfPointers.isAlloc(r.type));
    String name = from.type(fromId).name();
    if (!same && !BtfMatch.isProjectionOf(wanted, name)) {
      throw env.reject(
          EINVAL,
          "kernel function %s args#%d expected pointer to %s %s but R%d has a pointer to %s %s",
          call.entry.name(),
          i,
          BtfWords.kind(btf().type(wantedId)),
          wanted,
          i + 1,
          BtfWords.kind(from.type(fromId)),
          BtfWords.name(from.type(fromId)));
    }
  }

  private void memory(int i, KfuncParameter p, RegState r) throws VerifierReject {
    int size;
    try {
      size = (int) btf().sizeOf(p.targetId());
    } catch (BtfException e) {
      throw env.reject(
          EINVAL,
          "arg#%d reference type('%s %s') size cannot be determined: %d",
          i,
          BtfWords.kind(p.target()),
          p.target().name(),
          -EINVAL);
    }
    helperArgs.readWrite(i + 1, r, size, references);
  }

  private void sized(int i, KfuncParameter p, KfuncParameter size, KfuncCall call, RegState r)
      throws VerifierReject {
    int sizeReg = i + 2;
    if (!isNull(r) || !p.suffix("__opt")) {
      try {
        helperArgs.readWriteSized(sizeReg, references);
      } catch (VerifierReject e) {
        throw env.reject(
            e.errno, "arg#%d arg#%d memory, len pair leads to invalid memory access", i, i + 1);
      }
    }
    if (size.suffix("__szk")) {
      RegState s = env.reg(sizeReg);
      if (call.constantFound) {
        throw env.bug("only one constant argument permitted");
      }
      if (!s.varOff.isConst()) {
        throw env.reject(EINVAL, "R%d must be a known constant", sizeReg);
      }
      call.constantFound = true;
      call.constant = s.varOff.value();
    }
  }

  private void mapField(int i, RegState r, KfuncCall call, BtfFieldType type, String struct)
      throws VerifierReject {
    MapDescriptor map = r.map;
    if (r.type != RegType.PTR_TO_MAP_VALUE || map == null) {
      throw env.reject(EINVAL, "arg#%d doesn't point to a map value", i);
    }
    helperArgs.mapField(i + 1, r, map, type, struct);
    call.map = map;
    call.mapUid = r.mapUid;
  }

  /** Whether programs of the type may write packets through slices of dynptrs. */
  boolean mayWritePackets() {
    return memory.mayAccessPacket(true);
  }

  /** The program type whose context the kernel's own struct stands for. */
  static String kernelContext(ProgramType type) {
    return switch (type) {
      case XDP -> "xdp_buff";
      case SOCKET_FILTER,
          SCHED_CLS,
          SCHED_ACT,
          CGROUP_SKB,
          LWT_IN,
          LWT_OUT,
          LWT_XMIT,
          LWT_SEG6LOCAL,
          SK_SKB ->
          "sk_buff";
      case CGROUP_SOCK -> "sock";
      case CGROUP_SOCK_ADDR -> "bpf_sock_addr_kern";
      case SOCK_OPS -> "bpf_sock_ops_kern";
      case SK_MSG -> "sk_msg";
      case FLOW_DISSECTOR -> "bpf_flow_dissector";
      case KPROBE -> "pt_regs";
      case PERF_EVENT -> "bpf_perf_event_data_kern";
      case CGROUP_SYSCTL -> "bpf_sysctl_kern";
      case CGROUP_SOCKOPT -> "bpf_sockopt_kern";
      case SK_REUSEPORT -> "sk_reuseport_kern";
      case SK_LOOKUP -> "bpf_sk_lookup_kern";
      case NETFILTER -> "bpf_nf_ctx";
      case CGROUP_DEVICE -> "bpf_cgroup_dev_ctx";
      default -> "";
    };
  }
}
