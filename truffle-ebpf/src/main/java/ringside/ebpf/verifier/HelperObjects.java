package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.ArgType;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.map.BtfField;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Arguments of helpers that are kernel structs, locks, kptrs or dynptrs. */
final class HelperObjects {
  private final VerifierEnv env;
  private final MemoryChecks memory;
  private final BtfPointers pointers;
  private final Locks locks;
  private final GraphNodes graph;
  private final Dynptrs dynptrs;

  HelperObjects(
      VerifierEnv env,
      MemoryChecks memory,
      BtfPointers pointers,
      Locks locks,
      GraphNodes graph,
      Dynptrs dynptrs) {
    this.env = env;
    this.memory = memory;
    this.pointers = pointers;
    this.locks = locks;
    this.graph = graph;
    this.dynptrs = dynptrs;
  }

  BtfPointers pointers() {
    return pointers;
  }

  Dynptrs dynptrs() {
    return dynptrs;
  }

  void spinLock(int regno, int helper) throws VerifierReject {
    if (graph.inTreeCallback()) {
      throw env.reject(EACCES, "can't spin_{lock,unlock} in rbtree cb");
    }
    locks.spin(regno, helper == Helpers.SPIN_LOCK, RefState.Kind.LOCK);
  }

  /** Finds the kptr that {@code bpf_kptr_xchg} exchanges ({@code process_kptr_func}). */
  BtfField kptrDestination(int regno, RegState r, HelperArgs.Meta meta) throws VerifierReject {
    BtfRecord record = pointers.record(r);
    MapDescriptor map = r.map;
    if (!BtfPointers.isAllocatedObject(r.type) && map != null) {
      if (map.btf() == null) {
        throw env.reject(
            EINVAL, "map '%s' has to have BTF in order to use bpf_kptr_xchg", map.name());
      }
      meta.map = map;
    }
    if (!r.varOff.isConst()) {
      throw env.reject(
          EINVAL, "R%d doesn't have constant offset. kptr has to be at the constant offset", regno);
    }
    if (record == null || (record.mask() & BtfFieldType.BPF_KPTR) == 0) {
      throw env.reject(EINVAL, "R%d has no valid kptr", regno);
    }
    int off = (int) (r.off + r.varOff.value());
    BtfField field = record.find(off, BtfFieldType.BPF_KPTR);
    if (field == null) {
      throw env.reject(EACCES, "off=%d doesn't point to kptr", off);
    }
    if (field.type() == BtfFieldType.BPF_KPTR_UNREF) {
      throw env.reject(EACCES, "off=%d kptr isn't referenced kptr", off);
    }
    return field;
  }

  /**
   * Checks what a BTF pointer points to, once its kind is known to fit ({@code check_reg_type}).
   */
  void checkStruct(int regno, RegState r, ArgType arg, HelperArgs.Meta meta, boolean anyMemory)
      throws VerifierReject {
    if (anyMemory) {
      if (!arg.name().endsWith("_RDONLY")) {
        throw env.reject(
            EACCES,
            "%s() may write into memory pointed by R%d type=%s",
            HelperCatalog.name(meta.proto.id()),
            regno,
            RegType.name(r.type));
      }
      return;
    }
    if ((r.type & RegType.MEM_PERCPU) != 0 && !BtfPointers.isAlloc(r.type)) {
      return;
    }
    BtfField kptr = meta.kptr;
    boolean exchange = meta.proto.id() == Helpers.KPTR_XCHG;
    if (BtfPointers.isAlloc(r.type)) {
      if (exchange && regno == 2 && kptr != null) {
        pointers.matchKptr(kptr, r, regno, memory);
      }
      return;
    }
    boolean release = arg.name().endsWith("_OBJ_RELEASE");
    boolean orNull = arg.name().contains("_OR_NULL");
    if (RegType.mayBeNull(r.type) && (!orNull || release)) {
      throw env.reject(EACCES, "Possibly NULL pointer passed to helper arg%d", regno);
    }
    if (exchange && kptr != null) {
      pointers.matchKptr(kptr, r, regno, memory);
      return;
    }
    Integer id = expected(arg, meta);
    if (id != null) {
      boolean strict = release && meta.proto.id() != Helpers.SK_RELEASE;
      checkKernelStruct(regno, r, id, true, strict);
    }
  }

  private @Nullable Integer expected(ArgType arg, HelperArgs.Meta meta) {
    Btf kernel = env.kernelBtf;
    if (kernel == null) {
      return null;
    }
    String name = arg.name().contains("SOCK_COMMON") ? "sock_common" : meta.proto.argBtf();
    return kernel.find(name, BtfType.Struct.class).orElse(null);
  }

  /** Checks that a pointer is one to a kernel struct. */
  void checkKernelStruct(int regno, RegState r, int id, boolean nullable, boolean strict)
      throws VerifierReject {
    Btf kernel = env.kernelBtf;
    if (kernel == null) {
      return;
    }
    if (RegType.mayBeNull(r.type) && !nullable) {
      throw env.reject(EACCES, "Possibly NULL pointer passed to helper arg%d", regno);
    }
    if (!BtfMatch.structs(
        env,
        BtfPointers.btf(r),
        r.btfId,
        r.off,
        kernel,
        id,
        strict,
        !BtfPointers.isAlloc(r.type))) {
      throw env.reject(
          EACCES,
          "R%d is of type %s but %s is expected",
          regno,
          BtfPointers.structName(r),
          BtfWords.name(kernel.type(id)));
    }
  }
}
