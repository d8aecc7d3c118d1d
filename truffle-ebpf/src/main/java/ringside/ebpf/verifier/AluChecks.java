package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** Arithmetic and moves: on scalars, on pointers, and what is forbidden between them. */
final class AluChecks {
  /** Largest distance, in bytes, that a pointer may be moved. */
  static final int MAX_VAR_OFF = 1 << 29;

  private final VerifierEnv env;
  private final RegisterChecks registers;
  private final MapValueChecks values;
  private final Precision precision;
  private final Explorer explorer;

  private final Speculation speculation;

  AluChecks(
      VerifierEnv env,
      RegisterChecks registers,
      RegionChecks regions,
      Precision precision,
      Explorer explorer,
      Speculation speculation) {
    values = new MapValueChecks(env, regions);
    this.explorer = explorer;
    this.speculation = speculation;
    this.env = env;
    this.registers = registers;
    this.precision = precision;
  }

  void check(Insn insn) throws VerifierReject {
    int op = Program.op(insn);
    switch (op) {
      case Opcodes.BPF_END, Opcodes.BPF_NEG -> unary(insn, op);
      case Opcodes.BPF_MOV -> move(insn);
      default -> {
        if (op > Opcodes.BPF_END) {
          throw env.reject(EINVAL, "invalid BPF_ALU opcode %x", op);
        }
        binary(insn, op);
      }
    }
    sane(env.reg(insn.dst()), "alu");
  }

  /** Checks that bounds do not contradict each other; if they do, forgets them as Linux does. */
  void sane(RegState r, String what) throws VerifierReject {
    if (!RegBounds.violated(r)) {
      return;
    }
    if (env.testRegInvariants) {
      throw env.bug("REG INVARIANTS VIOLATION (" + what + "): range bounds violation");
    }
    r.setUnbounded();
  }

  private void unary(Insn insn, int op) throws VerifierReject {
    if (op == Opcodes.BPF_NEG) {
      if (Program.srcIsReg(insn) || insn.src() != 0 || insn.off() != 0 || insn.imm() != 0) {
        throw env.reject(EINVAL, "BPF_NEG uses reserved fields");
      }
    } else if (insn.src() != 0
        || insn.off() != 0
        || (insn.imm() != 16 && insn.imm() != 32 && insn.imm() != 64)
        || (Program.klass(insn) == Opcodes.BPF_ALU64 && Program.srcIsReg(insn))) {
      throw env.reject(EINVAL, "BPF_END uses reserved fields");
    }
    registers.src(insn.dst());
    RegState dst = env.reg(insn.dst());
    if (env.isPointerValue(dst)) {
      throw env.reject(EACCES, "R%d pointer arithmetic prohibited", insn.dst());
    }
    if (dst.isScalar()) {
      registers.dstNoMark(insn.dst());
      ScalarAlu.apply(env, insn, dst, dst);
      dst.unlink();
    } else {
      registers.dst(insn.dst());
    }
  }

  private void move(Insn insn) throws VerifierReject {
    boolean wide = Program.klass(insn) == Opcodes.BPF_ALU64;
    if (!Program.srcIsReg(insn)) {
      if (insn.src() != 0 || insn.off() != 0) {
        throw env.reject(EINVAL, "BPF_MOV uses reserved fields");
      }
      registers.dstNoMark(insn.dst());
      RegState dst = env.reg(insn.dst());
      env.markUnknown(dst);
      dst.markKnown(wide ? insn.imm() : FlawedRules.moved(env, insn.imm()));
      return;
    }
    if (wide && insn.off() == 1) {
      if (insn.imm() != 1 && insn.imm() != 1 << 16) {
        throw env.reject(
            EINVAL, "addr_space_cast insn can only convert between address space 1 and 0");
      }
      if (env.arena == null) {
        throw env.reject(
            EINVAL,
            "addr_space_cast insn can only be used in a program that has an associated arena");
      }
      castAddressSpace(insn);
      return;
    }
    boolean extension = insn.off() == 8 || insn.off() == 16 || (wide && insn.off() == 32);
    if ((insn.off() != 0 && !extension) || insn.imm() != 0) {
      throw env.reject(EINVAL, "BPF_MOV uses reserved fields");
    }
    registers.src(insn.src());
    registers.dstNoMark(insn.dst());
    RegState src = env.reg(insn.src());
    RegState dst = env.reg(insn.dst());
    if (wide) {
      moveWide(insn, dst, src);
    } else {
      moveNarrow(insn, dst, src);
    }
  }

  /** Casts between the kernel's and user space's addresses of the arena. */
  private void castAddressSpace(Insn insn) throws VerifierReject {
    registers.src(insn.src());
    registers.dst(insn.dst());
    if (insn.imm() == 1) {
      env.reg(insn.dst()).type = RegType.PTR_TO_ARENA;
    }
  }

  private void moveWide(Insn insn, RegState dst, RegState src) throws VerifierReject {
    if (insn.off() == 0) {
      assignScalarId(src);
      dst.set(src);
      return;
    }
    if (env.isPointerValue(src)) {
      throw env.reject(EACCES, "R%d sign-extension part of pointer", insn.src());
    }
    if (!src.isScalar()) {
      env.markUnknown(dst);
      return;
    }
    copyExtended(insn, dst, src);
    RegBounds.coerceToSizeSigned(dst, insn.off() >> 3);
  }

  /** Copies; the link to the source is kept only if the sign extension changes nothing. */
  private void copyExtended(Insn insn, RegState dst, RegState src) {
    boolean same = Long.compareUnsigned(src.umax, 1L << (insn.off() - 1)) < 0;
    if (same) {
      assignScalarId(src);
    }
    dst.set(src);
    if (!same) {
      dst.unlink();
    }
  }

  private void moveNarrow(Insn insn, RegState dst, RegState src) throws VerifierReject {
    if (env.isPointerValue(src)) {
      throw env.reject(EACCES, "R%d partial copy of pointer", insn.src());
    }
    if (!src.isScalar()) {
      env.markUnknown(dst);
    } else if (insn.off() == 0) {
      boolean fits = width(src) <= 32;
      if (fits) {
        assignScalarId(src);
      }
      dst.set(src);
      if (!fits) {
        dst.unlink();
      }
    } else {
      copyExtended(insn, dst, src);
      RegBounds.coerceSubregToSizeSigned(dst, insn.off() >> 3);
    }
    RegBounds.zext(dst);
    RegBounds.sync(dst);
  }

  /** Bits needed for the largest value. */
  static int width(RegState r) {
    return 64 - Long.numberOfLeadingZeros(r.umax);
  }

  /** Gives a scalar an id before it is copied, so that both are narrowed together later. */
  void assignScalarId(RegState src) {
    if (!src.isScalar()) {
      return;
    }
    if ((src.id & RegState.ADD_CONST) != 0) {
      src.unlink();
    }
    if (src.id == 0 && !src.varOff.isConst()) {
      src.id = ++env.idGen;
    }
  }

  private void binary(Insn insn, int op) throws VerifierReject {
    boolean register = Program.srcIsReg(insn);
    boolean divides = op == Opcodes.BPF_MOD || op == Opcodes.BPF_DIV;
    boolean badOff = insn.off() != 0 && !(insn.off() == 1 && divides);
    if (badOff || (register ? insn.imm() != 0 : insn.src() != 0)) {
      throw env.reject(EINVAL, "BPF_ALU uses reserved fields");
    }
    if (register) {
      registers.src(insn.src());
    }
    registers.src(insn.dst());
    if (divides && !register && insn.imm() == 0) {
      throw env.reject(EINVAL, "div by zero");
    }
    boolean shifts = op == Opcodes.BPF_LSH || op == Opcodes.BPF_RSH || op == Opcodes.BPF_ARSH;
    int bits = Program.klass(insn) == Opcodes.BPF_ALU64 ? 64 : 32;
    if (shifts && !register && (insn.imm() < 0 || insn.imm() >= bits)) {
      throw env.reject(EINVAL, "invalid shift %d", insn.imm());
    }
    registers.dstNoMark(insn.dst());
    adjust(insn, op);
  }

  private void adjust(Insn insn, int op) throws VerifierReject {
    RegState dst = env.reg(insn.dst());
    if (dst.type == RegType.PTR_TO_ARENA) {
      return;
    }
    RegState src;
    if (Program.srcIsReg(insn)) {
      src = env.reg(insn.src());
      if (!src.isScalar()) {
        if (!dst.isScalar()) {
          // Two pointers make a number, and only their difference means something.
          if (op == Opcodes.BPF_SUB && env.allowPtrLeaks) {
            env.markUnknown(dst);
            return;
          }
          throw env.reject(
              EACCES, "R%d pointer %s pointer prohibited", insn.dst(), InsnText.alu(op));
        }
        precision.mark(insn.dst());
        adjustPointer(insn, src, dst);
        return;
      }
      if (!dst.isScalar()) {
        precision.mark(insn.src());
        adjustPointer(insn, dst, src);
        return;
      }
      if (dst.precise) {
        precision.mark(insn.src());
      }
    } else {
      src = new RegState();
      src.type = RegType.SCALAR_VALUE;
      src.markKnown(insn.imm());
      if (!dst.isScalar()) {
        adjustPointer(insn, dst, src);
        return;
      }
    }
    boolean narrow = Program.klass(insn) != Opcodes.BPF_ALU64;
    boolean fitted = width(dst) <= 32;
    RegState by = Program.srcIsReg(insn) && insn.src() == insn.dst() ? src.copy() : src;
    if ((op == Opcodes.BPF_AND || op == Opcodes.BPF_OR) && by.varOff.isConst()) {
      fork(insn, dst);
    }
    speculation.scalar(insn);
    ScalarAlu.apply(env, insn, dst, by);
    linkByDistance(insn, op, narrow, fitted, dst, by);
  }

  /**
   * Looks at the two values of a mask apart: {@code r} is 0 or -1 after a sign was spread over it,
   * and what is cut out of it then is one of two constants.
   */
  private void fork(Insn insn, RegState dst) throws VerifierReject {
    boolean wide = dst.smin == -1 && dst.smax == 0;
    if (!wide && !(dst.s32min == -1 && dst.s32max == 0)) {
      return;
    }
    VerifierState other = explorer.push(env.insnIdx, env.insnIdx);
    RegState zero = other.cur().regs[insn.dst()];
    if (wide) {
      zero.markKnown(0);
      dst.markKnown(-1);
    } else {
      zero.setKnown32(0);
      dst.setKnown32(-1);
    }
  }

  /** Remembers {@code dst = other ± constant}, so that a check of one narrows the other. */
  private void linkByDistance(
      Insn insn, int op, boolean narrow, boolean fitted, RegState dst, RegState src) {
    boolean self = Program.srcIsReg(insn) && insn.src() == insn.dst();
    boolean moves = op == Opcodes.BPF_ADD || op == Opcodes.BPF_SUB;
    if (!env.bpfCapable || !moves || self || dst.id == 0 || !src.isRegConst(narrow)) {
      dst.unlink();
      return;
    }
    long distance = narrow ? (int) src.varOff.value() : src.varOff.value();
    if (op == Opcodes.BPF_SUB) {
      distance = -distance;
    }
    if ((dst.id & RegState.ADD_CONST) != 0
        || distance != (int) distance
        || (op == Opcodes.BPF_SUB && distance == -(long) Integer.MIN_VALUE)
        || (narrow && !fitted)) {
      dst.unlink();
    } else {
      dst.id |= narrow ? RegState.ADD_CONST32 : RegState.ADD_CONST64;
      dst.off = (int) distance;
    }
  }

  /** {@code pointer ± scalar}; the result goes into the destination register. */
  private void adjustPointer(Insn insn, RegState ptr, RegState off) throws VerifierReject {
    int op = Program.op(insn);
    int regno = insn.dst();
    RegState dst = env.reg(regno);
    boolean known = off.varOff.isConst();
    long smin = off.smin;
    long smax = off.smax;
    long umin = off.umin;
    long umax = off.umax;
    if ((known && (smin != smax || umin != umax))
        || smin > smax
        || Long.compareUnsigned(umin, umax) > 0) {
      // Contradictory bounds, from a dead branch: nothing is known of the result.
      env.markUnknown(dst);
      return;
    }
    if (Program.klass(insn) != Opcodes.BPF_ALU64) {
      if (op == Opcodes.BPF_SUB && env.allowPtrLeaks) {
        env.markUnknown(dst);
        return;
      }
      throw env.reject(EACCES, "R%d 32-bit pointer arithmetic prohibited", regno);
    }
    if (RegType.mayBeNull(ptr.type) && !env.has(VerifierBug.CVE_2022_23222)) {
      throw env.reject(
          EACCES,
          "R%d pointer arithmetic on %s prohibited, null-check it first",
          regno,
          RegType.name(ptr.type));
    }
    if (RegType.base(ptr.type) == RegType.PTR_TO_MEM && (ptr.type & RegType.PTR_UNTRUSTED) != 0) {
      return;
    }
    switch (RegType.base(ptr.type)) {
      case RegType.PTR_TO_CTX,
          RegType.PTR_TO_MAP_VALUE,
          RegType.PTR_TO_MAP_KEY,
          RegType.PTR_TO_STACK,
          RegType.PTR_TO_PACKET_META,
          RegType.PTR_TO_PACKET,
          RegType.PTR_TO_TP_BUFFER,
          RegType.PTR_TO_BTF_ID,
          RegType.PTR_TO_MEM,
          RegType.PTR_TO_BUF,
          RegType.PTR_TO_FUNC,
          RegType.CONST_PTR_TO_DYNPTR -> {}
      case RegType.PTR_TO_FLOW_KEYS -> {
        if (!known) {
          prohibited(regno, ptr);
        }
      }
      case RegType.CONST_PTR_TO_MAP -> {
        // A zero offset comes from comparing with the map pointer itself.
        if (!(known && smin == 0 && op == Opcodes.BPF_ADD)) {
          prohibited(regno, ptr);
        }
      }
      default -> prohibited(regno, ptr);
    }
    RegState base = ptr.copy();
    RegState by = off.copy();
    boolean scalarFirst = dst == off;
    dst.type = base.type;
    dst.id = base.id;
    checkSaneOffset(by, base.type);
    checkSaneOffset(base, base.type);
    dst.setUnbounded32();
    speculation.before(insn, scalarFirst ? base : dst, scalarFirst ? dst : by, dst);
    switch (op) {
      case Opcodes.BPF_ADD -> addToPointer(dst, base, by, known);
      case Opcodes.BPF_SUB -> {
        if (scalarFirst) {
          throw env.reject(EACCES, "R%d tried to subtract pointer from scalar", regno);
        }
        if (base.type == RegType.PTR_TO_STACK) {
          throw env.reject(EACCES, "R%d subtraction from stack pointer prohibited", regno);
        }
        subtractFromPointer(dst, base, by, known);
      }
      case Opcodes.BPF_AND, Opcodes.BPF_OR, Opcodes.BPF_XOR ->
          throw env.reject(
              EACCES, "R%d bitwise operator %s on pointer prohibited", regno, InsnText.alu(op));
      default ->
          throw env.reject(
              EACCES,
              "R%d pointer arithmetic with %s operator prohibited",
              regno,
              InsnText.alu(op));
    }
    checkSaneOffset(dst, base.type);
    RegBounds.sync(dst);
    checkUnprivilegedBounds(insn.dst(), dst);
    speculation.after(insn, dst, scalarFirst);
  }

  private void prohibited(int regno, RegState ptr) throws VerifierReject {
    throw env.reject(
        EACCES, "R%d pointer arithmetic on %s prohibited", regno, RegType.name(ptr.type));
  }

  private static void pointee(RegState dst, RegState from) {
    dst.range = from.range;
    dst.memSize = from.memSize;
    dst.map = from.map;
    dst.mapUid = from.mapUid;
    dst.btf = from.btf;
    dst.btfId = from.btfId;
    dst.dynptrId = from.dynptrId;
    dst.special = from.special;
    dst.frameno = from.frameno;
    dst.refObjId = from.refObjId;
    dst.precise = false;
  }

  private void addToPointer(RegState dst, RegState base, RegState by, boolean known) {
    pointee(dst, base);
    long moved = base.off + by.smin;
    if (known && moved == (int) moved) {
      dst.smin = base.smin;
      dst.smax = base.smax;
      dst.umin = base.umin;
      dst.umax = base.umax;
      dst.varOff = base.varOff;
      dst.off = (int) moved;
      return;
    }
    long lo = base.smin + by.smin;
    long hi = base.smax + by.smax;
    boolean lost =
        ScalarAlu.addOverflows(base.smin, by.smin, lo)
            || ScalarAlu.addOverflows(base.smax, by.smax, hi);
    dst.smin = lost ? Long.MIN_VALUE : lo;
    dst.smax = lost ? Long.MAX_VALUE : hi;
    long ulo = base.umin + by.umin;
    long uhi = base.umax + by.umax;
    lost = Long.compareUnsigned(ulo, base.umin) < 0 || Long.compareUnsigned(uhi, base.umax) < 0;
    dst.umin = lost ? 0 : ulo;
    dst.umax = lost ? -1L : uhi;
    dst.varOff = base.varOff.add(by.varOff);
    dst.off = base.off;
    if (base.isPacket()) {
      dst.id = ++env.idGen;
      dst.range = 0;
    }
  }

  private void subtractFromPointer(RegState dst, RegState base, RegState by, boolean known) {
    pointee(dst, base);
    long moved = base.off - by.smin;
    if (known && moved == (int) moved) {
      dst.smin = base.smin;
      dst.smax = base.smax;
      dst.umin = base.umin;
      dst.umax = base.umax;
      dst.varOff = base.varOff;
      dst.id = base.id;
      dst.off = (int) moved;
      return;
    }
    long lo = base.smin - by.smax;
    long hi = base.smax - by.smin;
    boolean lost =
        ScalarAlu.subOverflows(base.smin, by.smax, lo)
            || ScalarAlu.subOverflows(base.smax, by.smin, hi);
    dst.smin = lost ? Long.MIN_VALUE : lo;
    dst.smax = lost ? Long.MAX_VALUE : hi;
    if (Long.compareUnsigned(base.umin, by.umax) < 0) {
      dst.umin = 0;
      dst.umax = -1L;
    } else {
      dst.umin = base.umin - by.umax;
      dst.umax = base.umax - by.umin;
    }
    dst.varOff = base.varOff.sub(by.varOff);
    dst.off = base.off;
    if (base.isPacket()) {
      dst.id = ++env.idGen;
      if (by.smin < 0) {
        dst.range = 0;
      }
    }
  }

  private void checkSaneOffset(RegState r, int type) throws VerifierReject {
    boolean known = r.varOff.isConst();
    long value = r.varOff.value();
    if (known && (value >= MAX_VAR_OFF || value <= -MAX_VAR_OFF)) {
      throw env.reject(
          EINVAL, "math between %s pointer and %d is not allowed", RegType.name(type), value);
    }
    if (r.off >= MAX_VAR_OFF || r.off <= -MAX_VAR_OFF) {
      throw env.reject(EINVAL, "%s pointer offset %d is not allowed", RegType.name(type), r.off);
    }
    if (r.smin == Long.MIN_VALUE) {
      throw env.reject(
          EINVAL,
          "math between %s pointer and register with unbounded min value is not allowed",
          RegType.name(type));
    }
    if (r.smin >= MAX_VAR_OFF || r.smin <= -MAX_VAR_OFF) {
      throw env.reject(
          EINVAL, "value %d makes %s pointer be out of bounds", r.smin, RegType.name(type));
    }
  }

  /** Without CAP_PERFMON a pointer may not even be moved out of its object. */
  private void checkUnprivilegedBounds(int regno, RegState dst) throws VerifierReject {
    if (env.bypassSpecV1) {
      return;
    }
    if (dst.type == RegType.PTR_TO_STACK) {
      long at = dst.off + dst.varOff.value();
      if (!dst.varOff.isConst()) {
        throw env.reject(
            EACCES,
            "R%d variable stack access prohibited for !root, var_off=%s off=%d",
            regno,
            StatePrinter.tnum(dst.varOff),
            (int) at);
      }
      if (at >= 0 || at < -512) {
        throw env.reject(
            EACCES,
            "R%d stack pointer arithmetic goes out of range, prohibited for !root; off=%d",
            regno,
            at);
      }
    } else if (dst.type == RegType.PTR_TO_MAP_VALUE && dst.map != null) {
      try {
        values.check(regno, dst.off, 1, false, false);
      } catch (VerifierReject e) {
        throw env.reject(
            EACCES,
            "R%d pointer arithmetic of map value goes out of range, prohibited for !root",
            regno);
      }
    }
  }
}
