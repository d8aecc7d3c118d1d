package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EFAULT;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;
import static ringside.ebpf.verifier.VerifierReject.EPERM;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.BtfField;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;

/** Pointers to structs known from BTF: what may be read and written through them, and trust. */
final class BtfPointers {
  /** Modifiers that make a pointer safe to follow. */
  static final int TRUSTED_MODIFIERS =
      RegType.MEM_ALLOC | RegType.PTR_TRUSTED | RegType.NON_OWN_REF;

  private final VerifierEnv env;

  BtfPointers(VerifierEnv env) {
    this.env = env;
  }

  static Btf btf(RegState r) {
    Btf btf = r.btf;
    if (btf == null) {
      throw new IllegalStateException("BTF pointer without BTF");
    }
    return btf;
  }

  /** The name of the struct that a BTF pointer points to. */
  static String structName(RegState r) {
    return BtfWords.name(btf(r).type(r.btfId));
  }

  /** Any modifier that makes a pointer unsafe to trust. */
  static boolean unsafeModifiers(int type) {
    return (RegType.flags(type) & ~TRUSTED_MODIFIERS) != 0;
  }

  /** {@code is_trusted_reg}. */
  boolean isTrusted(RegState r) {
    if (r.refObjId != 0) {
      return true;
    }
    if (env.kernelTypeOf(r.type) != null && !unsafeModifiers(r.type)) {
      return true;
    }
    return (r.type & TRUSTED_MODIFIERS) != 0 && !unsafeModifiers(r.type);
  }

  static boolean isRcu(RegState r) {
    return (r.type & RegType.MEM_RCU) != 0;
  }

  /** A pointer to what {@code bpf_obj_new} made, owned or not. */
  static boolean isAllocatedObject(int type) {
    return RegType.base(type) == RegType.PTR_TO_BTF_ID
        && (type & RegType.MEM_ALLOC) != 0
        && (type & RegType.PTR_UNTRUSTED) == 0;
  }

  static boolean isAlloc(int type) {
    return (type & RegType.MEM_ALLOC) != 0;
  }

  static boolean isNonOwning(int type) {
    return isAllocatedObject(type) && (type & RegType.NON_OWN_REF) != 0;
  }

  /** The special fields behind a map value or an allocated object, or null. */
  @Nullable BtfRecord record(RegState r) {
    MapDescriptor map = r.map;
    if (RegType.base(r.type) == RegType.PTR_TO_MAP_VALUE && map != null) {
      return map.record();
    }
    return isAllocatedObject(r.type) ? env.structRecord(btf(r), r.btfId) : null;
  }

  /** {@code check_ptr_to_btf_access}. */
  void access(int regno, RegState r, int off, int size, boolean write, int value)
      throws VerifierReject {
    Btf btf = btf(r);
    String name = structName(r);
    if (!env.allowPtrLeaks) {
      throw env.reject(
          EPERM, "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN", name);
    }
    if (!env.gplCompatible && env.isKernel(btf)) {
      throw env.reject(
          EINVAL, "Cannot access kernel 'struct %s' from non-GPL compatible program", name);
    }
    if (off < 0) {
      throw env.reject(EACCES, "R%d is ptr_%s invalid negative access: off=%d", regno, name, off);
    }
    if (!r.varOff.equalsConst(0)) {
      throw env.reject(
          EACCES,
          "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s",
          regno,
          name,
          off,
          StatePrinter.tnum(r.varOff));
    }
    if ((r.type & RegType.MEM_USER) != 0) {
      throw env.reject(EACCES, "R%d is ptr_%s access user memory: off=%d", regno, name, off);
    }
    if ((r.type & RegType.MEM_PERCPU) != 0) {
      throw env.reject(EACCES, "R%d is ptr_%s access percpu memory: off=%d", regno, name, off);
    }
    if (write && ((r.type & RegType.PTR_UNTRUSTED) != 0 || !isAllocatedObject(r.type))) {
      throw env.reject(EACCES, "only read is supported");
    }
    if (isAlloc(r.type)
        && !isNonOwning(r.type)
        && (r.type & RegType.MEM_RCU) == 0
        && r.refObjId == 0) {
      throw env.bug("ref_obj_id for allocated object must be non-zero");
    }
    BtfWalk walk = new BtfWalk(env, btf);
    BtfWalk.Found found = walk(walk, r, off, size);
    if (write || value < 0) {
      return;
    }
    RegState dst = env.reg(value);
    switch (found) {
      case POINTER -> load(dst, btf, walk.id, trust(r, walk, name));
      case PLAIN_POINTER -> plain(dst);
      default -> env.markUnknown(dst);
    }
  }

  /** {@code btf_struct_access}. */
  private BtfWalk.Found walk(BtfWalk walk, RegState r, int off, int size) throws VerifierReject {
    BtfRecord record = isAlloc(r.type) ? env.structRecord(btf(r), r.btfId) : null;
    if (record != null) {
      for (BtfField f : record.fields()) {
        if (off < f.end() && f.offset() < off + size) {
          throw env.reject(EACCES, "direct access to %s is disallowed", f.type().label());
        }
      }
    }
    BtfWalk.Found found = at(walk, r.btfId, off, size, !isAlloc(r.type));
    return found == BtfWalk.Found.POINTER && isAlloc(r.type) ? BtfWalk.Found.SCALAR : found;
  }

  /** A read of the kernel's struct of a map, through a map pointer. */
  void mapStruct(Btf btf, int struct, int off, int size, @Nullable RegState dst)
      throws VerifierReject {
    BtfWalk walk = new BtfWalk(env, btf);
    BtfWalk.Found found = at(walk, struct, off, size, true);
    if (dst == null) {
      return;
    }
    switch (found) {
      case POINTER -> load(dst, btf, walk.id, walk.flags);
      case PLAIN_POINTER -> plain(dst);
      default -> env.markUnknown(dst);
    }
  }

  /** A pointer to no struct: it may be followed by reads that cannot fault. */
  private static void plain(RegState dst) {
    dst.markKnown(0);
    dst.type = RegType.PTR_TO_MEM | RegType.MEM_RDONLY | RegType.PTR_UNTRUSTED;
  }

  /** Follows nested structs until a pointer or a number is found. */
  static BtfWalk.Found at(BtfWalk walk, int type, int off, int size, boolean flexible)
      throws VerifierReject {
    int id = type;
    int at = off;
    while (true) {
      BtfWalk.Found found = walk.walk(id, at, size, flexible);
      if (found == BtfWalk.Found.ERROR) {
        throw new VerifierReject(walk.errno, "");
      }
      if (found != BtfWalk.Found.STRUCT) {
        return found;
      }
      id = walk.id;
      at = 0;
    }
  }

  /** What a pointer read through another one may be trusted with. */
  private int trust(RegState r, BtfWalk walk, String struct) {
    int flags = walk.flags;
    if ((r.type & RegType.PTR_UNTRUSTED) != 0) {
      return RegType.PTR_UNTRUSTED;
    }
    if (!isTrusted(r) && !isRcu(r)) {
      return clearTrust(flags);
    }
    String field = walk.field;
    TrustedFields.Trust trust =
        field == null ? TrustedFields.Trust.NONE : TrustedFields.of(struct, field);
    if (trust == TrustedFields.Trust.TRUSTED) {
      return flags | RegType.PTR_TRUSTED;
    }
    if (trust == TrustedFields.Trust.TRUSTED_OR_NULL) {
      return flags | RegType.PTR_TRUSTED | RegType.PTR_MAYBE_NULL;
    }
    if (!env.inRcuSection() || RegType.mayBeNull(r.type)) {
      return RegType.PTR_UNTRUSTED;
    }
    if (trust == TrustedFields.Trust.RCU) {
      return flags | RegType.MEM_RCU;
    }
    boolean orNull = trust == TrustedFields.Trust.RCU_OR_NULL;
    if (orNull || (flags & RegType.MEM_RCU) != 0) {
      flags |= RegType.MEM_RCU | RegType.PTR_MAYBE_NULL;
      return orNull ? flags & ~RegType.PTR_UNTRUSTED : flags;
    }
    if ((flags & (RegType.MEM_PERCPU | RegType.MEM_USER)) != 0) {
      return flags;
    }
    return clearTrust(flags);
  }

  private static int clearTrust(int flags) {
    return flags & ~(TRUSTED_MODIFIERS | RegType.MEM_RCU);
  }

  /** Makes a register a BTF pointer as loaded from memory ({@code mark_btf_ld_reg}). */
  void load(RegState dst, Btf btf, int id, int flags) {
    dst.markKnown(0);
    dst.type = RegType.PTR_TO_BTF_ID | flags;
    dst.btf = btf;
    dst.btfId = id;
    if ((flags & RegType.PTR_MAYBE_NULL) != 0) {
      dst.id = ++env.idGen;
    }
  }

  /** Checks that a pointer will do where a kptr field is set ({@code map_kptr_match_type}). */
  void matchKptr(BtfField field, RegState r, int regno, MemoryChecks memory) throws VerifierReject {
    BtfField.Kptr kptr = field.kptr();
    if (kptr == null) {
      throw env.reject(EFAULT, "kptr field without type");
    }
    if (!matches(field, kptr, r, regno, memory)) {
      String name = RegType.base(r.type) == RegType.PTR_TO_BTF_ID ? structName(r) : "";
      boolean unref = field.type() == BtfFieldType.BPF_KPTR_UNREF;
      throw env.reject(
          EACCES,
          "invalid kptr access, R%d type=%s%s expected=ptr_%s%s",
          regno,
          RegType.name(r.type),
          permitted(field, r) ? name : "",
          kptr.name(),
          unref ? " or untrusted_ptr_" + kptr.name() : "");
    }
  }

  /** Whether the modifiers alone would do; only then does Linux go on to look at the type. */
  private boolean permitted(BtfField field, RegState r) {
    if (RegType.base(r.type) != RegType.PTR_TO_BTF_ID) {
      return false;
    }
    int allowed;
    if (env.isKernel(btf(r))) {
      allowed = RegType.PTR_MAYBE_NULL | RegType.PTR_TRUSTED | RegType.MEM_RCU;
      if (field.type() == BtfFieldType.BPF_KPTR_UNREF) {
        allowed |= RegType.PTR_UNTRUSTED;
      }
    } else {
      allowed = RegType.PTR_MAYBE_NULL | RegType.MEM_ALLOC;
      if (field.type() == BtfFieldType.BPF_KPTR_PERCPU) {
        allowed |= RegType.MEM_PERCPU;
      }
    }
    return (RegType.flags(r.type) & ~allowed) == 0;
  }

  private boolean matches(
      BtfField field, BtfField.Kptr kptr, RegState r, int regno, MemoryChecks memory)
      throws VerifierReject {
    if (!permitted(field, r)) {
      return false;
    }
    memory.unmodified(r, regno, true);
    boolean strict = field.type() != BtfFieldType.BPF_KPTR_UNREF;
    return BtfMatch.structs(
        env, btf(r), r.btfId, r.off, kptr.btf(), kptr.typeId(), strict, !isAlloc(r.type));
  }

  /** The flags of a kptr loaded from a map value or object ({@code btf_ld_kptr_type}). */
  int kptrFlags(BtfField field) {
    BtfField.Kptr kptr = field.kptr();
    int flags = RegType.PTR_MAYBE_NULL;
    if (kptr == null || !rcuSafe(field, kptr) || !env.inRcuSection()) {
      return flags | RegType.PTR_UNTRUSTED;
    }
    flags |= RegType.MEM_RCU;
    if (field.type() == BtfFieldType.BPF_KPTR_PERCPU) {
      flags |= RegType.MEM_PERCPU;
    } else if (!kptr.kernel()) {
      flags |= RegType.MEM_ALLOC;
    }
    BtfRecord pointee = kptr.kernel() ? null : env.structRecord(kptr.btf(), kptr.typeId());
    if (pointee != null && (pointee.mask() & BtfFieldType.BPF_GRAPH_NODE) != 0) {
      flags |= RegType.NON_OWN_REF;
    }
    return flags;
  }

  private static boolean rcuSafe(BtfField field, BtfField.Kptr kptr) {
    if (field.type() == BtfFieldType.BPF_KPTR_PERCPU) {
      return true;
    }
    if (field.type() != BtfFieldType.BPF_KPTR_REF) {
      return false;
    }
    return !kptr.kernel() || isRcuProtected(kptr.name());
  }

  /** Kernel structs that are freed after an RCU grace period ({@code rcu_protected_types}). */
  static boolean isRcuProtected(String struct) {
    return switch (struct) {
      case "cgroup", "bpf_cpumask", "task_struct", "bpf_crypto_ctx", "prog_test_ref_kfunc" -> true;
      default -> false;
    };
  }

  /** Checks a load or store of a kptr in a map value ({@code check_map_kptr_access}). */
  void kptr(BtfField field, int value, MemoryChecks memory, Precision precision)
      throws VerifierReject {
    Insn insn = env.insn();
    int klass = Program.klass(insn);
    if (Program.mode(insn) != Opcodes.BPF_MEM) {
      throw env.reject(EACCES, "kptr in map can only be accessed using BPF_MEM instruction mode");
    }
    boolean load = klass == Opcodes.BPF_LDX;
    boolean unref = field.type() == BtfFieldType.BPF_KPTR_UNREF;
    if (!load && !unref) {
      throw env.reject(EACCES, "store to referenced kptr disallowed");
    }
    BtfField.Kptr kptr = field.kptr();
    if (load && kptr != null) {
      load(env.reg(value), kptr.btf(), kptr.typeId(), kptrFlags(field));
    } else if (klass == Opcodes.BPF_STX) {
      RegState r = env.reg(value);
      if (r.isScalar() && r.varOff.equalsConst(0)) {
        precision.mark(value);
        return;
      }
      matchKptr(field, r, value, memory);
    } else if (insn.imm() != 0) {
      throw env.reject(
          EACCES, "BPF_ST imm must be 0 when storing to kptr at off=%d", field.offset());
    }
  }
}
