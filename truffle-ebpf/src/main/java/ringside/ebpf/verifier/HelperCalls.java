package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.ArgType;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.helper.HelperPrototype;
import ringside.ebpf.helper.MissingHelpers;
import ringside.ebpf.helper.ReturnType;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BtfField;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;

/** Calls of helpers: who may call, the arguments, and what is in the registers afterwards. */
final class HelperCalls {
  private static final int MAX_ERRNO = 4095;

  private final VerifierEnv env;
  private final HelperArgs args;
  private final MemoryChecks memory;
  private final Precision precision;
  private final References references;
  private final SubprogramCalls calls;
  private final Dynptrs dynptrs;
  private final Explorer explorer;

  HelperCalls(
      VerifierEnv env,
      HelperArgs args,
      MemoryChecks memory,
      Precision precision,
      References references,
      SubprogramCalls calls,
      Dynptrs dynptrs,
      Explorer explorer) {
    this.explorer = explorer;
    this.dynptrs = dynptrs;
    this.env = env;
    this.args = args;
    this.memory = memory;
    this.precision = precision;
    this.references = references;
    this.calls = calls;
  }

  void check(Insn insn) throws VerifierReject {
    int id = insn.imm();
    String name = HelperCatalog.name(id);
    if (!HelperCatalog.exists(id)) {
      throw env.reject(EINVAL, "invalid func %s#%d", name, id);
    }
    HelperPrototype proto = env.prototype(insn);
    if (proto == null && allowed(id)) {
      throw env.reject(EINVAL, "%s", MissingHelpers.refusal(id));
    }
    if (proto == null || !allowed(id)) {
      throw env.reject(EINVAL, "program of this type cannot use helper %s#%d", name, id);
    }
    if (proto.gplOnly() && !env.gplCompatible) {
      throw env.reject(
          EINVAL, "cannot call GPL-restricted function from non-GPL compatible program");
    }
    if (proto.mightSleep()) {
      if (!env.state.inSleepable) {
        throw env.reject(EINVAL, "helper call might sleep in a non-sleepable prog");
      }
      Locks.checkHelper(env, name, id);
    }
    HelperArgs.Meta meta = new HelperArgs.Meta(proto);
    for (int i = 0; i < 5; i++) {
      args.check(i, meta);
    }
    if (id == Helpers.DYNPTR_FROM_MEM && env.reg(1).type != RegType.PTR_TO_MAP_VALUE) {
      throw env.reject(
          EACCES,
          "Unsupported reg type %s for bpf_dynptr_from_mem data",
          RegType.name(env.reg(1).type));
    }
    recordMap(id, meta);
    recordKey(id, meta);
    for (int i = 0; i < meta.raw.size; i++) {
      memory.access(meta.raw.regno, i, 1, true, -1, false, false);
    }
    if (meta.releaseReg != 0) {
      release(id, meta);
    }
    if (id == Helpers.TAIL_CALL) {
      references.checkLeaks(false, true, "tail_call");
    }
    if (id == Helpers.GET_LOCAL_STORAGE
        && !(env.reg(2).isScalar() && env.reg(2).varOff.equalsConst(0))) {
      throw env.reject(EINVAL, "get_local_storage() doesn't support non-zero flags");
    }
    if (Helpers.callsCallback(id)) {
      calls.pushCallback(insn, meta);
    } else if (id == Helpers.TIMER_SET_CALLBACK) {
      calls.pushAsync(meta.subprogno, meta.map, 0, false);
    }
    RegState[] regs = env.regs();
    for (int i = 0; i <= 5; i++) {
      regs[i].markNotInit();
      env.scratchReg(i);
    }
    setReturn(id, proto, meta);
    refineReturn(id, meta);
    MapDescriptor map = meta.map;
    if (map != null) {
      MapHelperRules.check(env, map, id);
    }
    if (id == Helpers.TAIL_CALL && env.state.curframe > 0) {
      returnByTailCall();
    }
    boolean writesPacket =
        id == Helpers.DYNPTR_WRITE
            && (meta.dynptrKind.equals(Dynptrs.SKB) || meta.dynptrKind.equals(Dynptrs.SKB_META));
    if (proto.changesPktData() || writesPacket) {
      references.clearPackets();
    }
  }

  /**
   * A tail call in a function may succeed: then the other program returns to the function's caller.
   */
  private void returnByTailCall() throws VerifierReject {
    explorer.push(env.insnIdx + 1, env.insnIdx);
    references.clearPackets();
    env.markUnknown(env.reg(0));
    calls.leave();
    env.insnIdx--;
  }

  /** Probes and network programs have different helpers, and some need privileges. */
  private boolean allowed(int id) {
    return HelperCatalog.allows(env.type, id)
        && attachAllows(id)
        && HelperPrivileges.suffice(env, id);
  }

  /** Some helpers of tracing programs need what only some attach types have. */
  private boolean attachAllows(int id) {
    AttachType attach = env.input.attachType();
    if (env.type != ProgramType.TRACING || attach == null) {
      return true;
    }
    return switch (id) {
      case Helpers.SEQ_PRINTF, Helpers.SEQ_WRITE, Helpers.SEQ_PRINTF_BTF ->
          attach == AttachType.TRACE_ITER;
      case Helpers.GET_ATTACH_COOKIE -> attach != AttachType.TRACE_ITER;
      case Helpers.GET_FUNC_ARG, Helpers.GET_FUNC_RET, Helpers.GET_FUNC_ARG_CNT ->
          attach == AttachType.TRACE_FENTRY
              || attach == AttachType.TRACE_FEXIT
              || attach == AttachType.MODIFY_RETURN;
      default -> true;
    };
  }

  private void recordMap(int id, HelperArgs.Meta meta) throws VerifierReject {
    switch (id) {
      case Helpers.TAIL_CALL,
          Helpers.MAP_LOOKUP_ELEM,
          Helpers.MAP_UPDATE_ELEM,
          Helpers.MAP_DELETE_ELEM,
          Helpers.MAP_PUSH_ELEM,
          Helpers.MAP_POP_ELEM,
          Helpers.MAP_PEEK_ELEM,
          Helpers.FOR_EACH_MAP_ELEM,
          Helpers.REDIRECT_MAP,
          Helpers.MAP_LOOKUP_PERCPU_ELEM -> {}
      default -> {
        noteMap(meta.map);
        return;
      }
    }
    MapDescriptor map = meta.map;
    if (map == null) {
      throw env.bug("expected map for helper call");
    }
    boolean writes =
        id == Helpers.MAP_DELETE_ELEM
            || id == Helpers.MAP_UPDATE_ELEM
            || id == Helpers.MAP_PUSH_ELEM
            || id == Helpers.MAP_POP_ELEM;
    if (writes && (map.flags() & MapDescriptor.BPF_F_RDONLY_PROG) != 0) {
      throw env.reject(EACCES, "write into map forbidden");
    }
    noteMap(map);
  }

  /** Remembers the map of a call while every path uses the same one. */
  private void noteMap(@Nullable MapDescriptor map) {
    InsnAux aux = env.aux();
    if (map == null || (aux.callMap != null && !RegState.sameMap(aux.callMap, map))) {
      aux.callMapPoisoned = true;
    } else {
      aux.callMap = map;
    }
  }

  /** A tail call with a known index can be a direct jump: then the index must stay known. */
  private void recordKey(int id, HelperArgs.Meta meta) throws VerifierReject {
    if (id != Helpers.TAIL_CALL) {
      return;
    }
    MapDescriptor map = meta.map;
    if (map == null || map.type() != MapType.PROG_ARRAY) {
      throw env.reject(EINVAL, "expected prog array map for tail call");
    }
    RegState index = env.reg(3);
    if (index.isRegConst(false)
        && Long.compareUnsigned(index.varOff.value(), map.maxEntries() & 0xffff_ffffL) < 0) {
      precision.mark(3);
    }
  }

  private void release(int id, HelperArgs.Meta meta) throws VerifierReject {
    RegState r = env.reg(meta.releaseReg);
    if (meta.proto.arg(meta.releaseReg - 1) == ArgType.ARG_PTR_TO_DYNPTR_RINGBUF_OBJ_RELEASE) {
      dynptrs.release(r);
      return;
    }
    if (id == Helpers.KPTR_XCHG && meta.refObjId != 0) {
      if (references.releaseExchanged(meta.refObjId)) {
        return;
      }
    }
    boolean isNull = r.isScalar() && r.varOff.equalsConst(0);
    boolean done = meta.refObjId != 0 ? references.release(meta.refObjId) : isNull;
    if (!done) {
      throw env.reject(
          EINVAL, "func %s#%d reference has not been acquired before", HelperCatalog.name(id), id);
    }
  }

  private void setReturn(int id, HelperPrototype proto, HelperArgs.Meta meta)
      throws VerifierReject {
    RegState r0 = env.reg(0);
    ReturnType ret = proto.ret();
    boolean orNull = ret.name().endsWith("_OR_NULL");
    int flag = orNull ? RegType.PTR_MAYBE_NULL : 0;
    switch (ret) {
      case RET_INTEGER -> env.markUnknown(r0);
      case RET_VOID -> r0.type = RegType.NOT_INIT;
      case RET_PTR_TO_MAP_VALUE, RET_PTR_TO_MAP_VALUE_OR_NULL -> {
        MapDescriptor map = meta.map;
        if (map == null) {
          throw env.bug("unexpected null map_ptr");
        }
        if (id == Helpers.MAP_LOOKUP_ELEM
            && HelperArgs.elidesNull(map)
            && meta.constMapKey >= 0
            && meta.constMapKey < (map.maxEntries() & 0xffff_ffffL)) {
          flag = 0;
        }
        pointer(r0, RegType.PTR_TO_MAP_VALUE | flag);
        r0.map = map;
        r0.mapUid = meta.mapUid;
        if (flag == 0 && References.holdsLock(map.record())) {
          r0.id = ++env.idGen;
        }
      }
      case RET_PTR_TO_SOCKET_OR_NULL -> pointer(r0, RegType.PTR_TO_SOCKET | flag);
      case RET_PTR_TO_TCP_SOCK_OR_NULL -> pointer(r0, RegType.PTR_TO_TCP_SOCK | flag);
      case RET_PTR_TO_SOCK_COMMON_OR_NULL -> pointer(r0, RegType.PTR_TO_SOCK_COMMON | flag);
      case RET_PTR_TO_RINGBUF_MEM_OR_NULL -> {
        pointer(r0, RegType.PTR_TO_MEM | RegType.MEM_RINGBUF | flag);
        r0.memSize = meta.memSize;
      }
      case RET_PTR_TO_DYNPTR_MEM_OR_NULL -> {
        pointer(r0, RegType.PTR_TO_MEM | flag);
        r0.memSize = meta.memSize;
      }
      case RET_PTR_TO_MEM_OR_BTF_ID, RET_PTR_TO_MEM_OR_BTF_ID_OR_NULL -> perCpu(r0, meta, flag);
      case RET_PTR_TO_BTF_ID, RET_PTR_TO_BTF_ID_OR_NULL -> struct(r0, proto, meta, flag);
      case RET_PTR_TO_BTF_ID_TRUSTED -> struct(r0, proto, meta, RegType.PTR_TRUSTED | flag);
    }
    if (RegType.mayBeNull(r0.type)) {
      r0.id = ++env.idGen;
    }
    MapDescriptor map = meta.map;
    if (id == Helpers.DYNPTR_DATA) {
      r0.dynptrId = meta.dynptrId;
      r0.refObjId = meta.dynptrRef;
    }
    if (Helpers.casts(id)) {
      r0.refObjId = meta.refObjId;
    } else if (Helpers.acquires(id, map == null ? 0 : map.type().id())) {
      int ref = references.acquire();
      r0.id = ref;
      r0.refObjId = ref;
    }
  }

  /** A pointer to a kernel struct, or to what a kptr pointed to. */
  private void struct(RegState r0, HelperPrototype proto, HelperArgs.Meta meta, int flags) {
    pointer(r0, RegType.PTR_TO_BTF_ID | flags);
    BtfField.Kptr kptr = meta.kptr == null ? null : meta.kptr.kptr();
    if (kptr == null) {
      Btf kernel = env.kernelBtf;
      r0.btf = kernel;
      r0.btfId = kernel == null ? 0 : kernel.find(proto.retBtf(), BtfType.Struct.class).orElse(0);
      return;
    }
    r0.btf = kptr.btf();
    r0.btfId = kptr.typeId();
    if (!kptr.kernel()) {
      r0.type |= RegType.MEM_ALLOC;
      if (meta.kptr != null && meta.kptr.type() == BtfFieldType.BPF_KPTR_PERCPU) {
        r0.type |= RegType.MEM_PERCPU;
      }
    }
  }

  /** A CPU's copy of a per-CPU variable or object. */
  private void perCpu(RegState r0, HelperArgs.Meta meta, int flag) throws VerifierReject {
    Btf btf = meta.btf;
    if (btf == null) {
      throw env.bug("per-CPU pointer without type");
    }
    int target = btf.strip(meta.btfId);
    if (btf.type(target) instanceof BtfType.Composite) {
      pointer(
          r0,
          RegType.PTR_TO_BTF_ID | (meta.percpuAlloc ? RegType.MEM_ALLOC | RegType.MEM_RCU : flag));
      r0.btf = btf;
      r0.btfId = meta.btfId;
      return;
    }
    int size;
    try {
      size = (int) btf.sizeOf(target);
    } catch (BtfException e) {
      throw env.reject(
          EINVAL,
          "unable to resolve the size of type '%s': %d",
          BtfWords.name(btf.type(target)),
          -EINVAL);
    }
    pointer(r0, RegType.PTR_TO_MEM | RegType.MEM_RDONLY | flag);
    r0.memSize = size;
  }

  private static void pointer(RegState r, int type) {
    r.markKnown(0);
    r.type = type;
  }

  /** Some helpers never return more than the size they were given. */
  private void refineReturn(int id, HelperArgs.Meta meta) {
    RegState r0 = env.reg(0);
    switch (id) {
      case Helpers.GET_STACK,
          Helpers.GET_TASK_STACK,
          Helpers.PROBE_READ_STR,
          Helpers.PROBE_READ_KERNEL_STR,
          Helpers.PROBE_READ_USER_STR -> {
        r0.smax = meta.msizeMax;
        r0.s32max = (int) meta.msizeMax;
        r0.smin = -MAX_ERRNO;
        r0.s32min = -MAX_ERRNO;
        RegBounds.sync(r0);
      }
      case Helpers.GET_SMP_PROCESSOR_ID -> {
        int last = env.nrCpuIds - 1;
        r0.umax = last;
        r0.u32max = last;
        r0.smax = last;
        r0.s32max = last;
        r0.umin = 0;
        r0.u32min = 0;
        r0.smin = 0;
        r0.s32min = 0;
        RegBounds.sync(r0);
      }
      default -> {}
    }
  }
}
