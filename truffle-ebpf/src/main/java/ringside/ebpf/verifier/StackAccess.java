package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EFAULT;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** Loads and stores on the stack: spilled registers, initialised bytes, bounds. */
final class StackAccess {
  private static final int MAX_STACK = Opcodes.MAX_BPF_STACK;

  private final VerifierEnv env;
  private final AluChecks alu;
  private final Precision precision;
  private final StackLiveness liveness;

  StackAccess(VerifierEnv env, AluChecks alu, Precision precision, StackLiveness liveness) {
    this.env = env;
    this.alu = alu;
    this.precision = precision;
    this.liveness = liveness;
  }

  private @Nullable Dynptrs dynptrs;

  /** What a store to a slot may destroy; made after this, because it stores itself. */
  void use(Dynptrs owner) {
    dynptrs = owner;
  }

  private void destroyDynptr(FuncState f, int slot) throws VerifierReject {
    Dynptrs owner = dynptrs;
    if (owner != null && f.stack[slot].kind(0) == StackSlot.DYNPTR) {
      owner.destroy(f, slot);
    }
  }

  /** Checks the bounds of an access and makes room for it. */
  void checkBounds(int regno, int off, int size, boolean write) throws VerifierReject {
    RegState r = env.reg(regno);
    FuncState f = env.frameOf(r);
    String what = write ? " write to" : " read from";
    boolean fixed = r.varOff.isConst();
    long min;
    long max;
    if (fixed) {
      min = r.varOff.value() + off;
      max = min + size;
    } else {
      if (r.smax >= AluChecks.MAX_VAR_OFF || r.smin <= -AluChecks.MAX_VAR_OFF) {
        throw env.reject(EACCES, "invalid unbounded variable-offset%s stack R%d", what, regno);
      }
      min = r.smin + off;
      max = r.smax + off + size;
    }
    int lowest = write || env.allowUninitStack ? -MAX_STACK : -f.allocatedStack();
    int errno = 0;
    if (min < lowest || min > -1) {
      errno = EACCES;
    } else if (max > 0) {
      errno = EINVAL;
    } else if (size < 0) {
      errno = EFAULT;
    }
    if (errno != 0) {
      throw fixed
          ? env.reject(errno, "invalid%s stack R%d off=%d size=%d", what, regno, off, size)
          : env.reject(
              errno,
              "invalid variable-offset%s stack R%d var_off=%s off=%d size=%d",
              what,
              regno,
              StatePrinter.tnum(r.varOff),
              off,
              size);
    }
    f.growStack((int) -min);
    Subprogram sub = env.subprograms.get(f.subprogno);
    sub.stackDepth = Math.max(sub.stackDepth, (int) ((-min + 7) / 8 * 8));
  }

  private static int slotOf(int off) {
    return (-off - 1) / StackSlot.SIZE;
  }

  private static int byteOf(int off) {
    return (-off - 1) % StackSlot.SIZE;
  }

  /** Loads from the stack; {@code dst} below zero only checks that the bytes may be read. */
  void read(int regno, int off, int size, int dst) throws VerifierReject {
    RegState r = env.reg(regno);
    if (r.varOff.isConst()) {
      readFixed(env.frameOf(r), (int) (off + r.varOff.value()), size, dst);
      return;
    }
    if (dst < 0) {
      throw env.reject(
          EACCES,
          "variable offset stack pointer cannot be passed into helper function; var_off=%s off=%d"
              + " size=%d",
          StatePrinter.tnum(r.varOff),
          off,
          size);
    }
    FuncState f = env.frameOf(r);
    int min = (int) (r.smin + off);
    int max = (int) (r.smax + off);
    checkInitialized(regno, off, size, false, false, null);
    loadBytes(f, min, max + size, dst);
  }

  private void readFixed(FuncState f, int off, int size, int dst) throws VerifierReject {
    int slot = slotOf(off);
    StackSlot s = f.stack[slot];
    RegState spilled = s.spilled;
    int flags = HistoryFlags.stackAccess(f.frameno, slot);
    env.scratchSlot(slot);
    liveness.markRead(f.frameno, env.insnIdx, 1L << slot);
    if (s.isSpilled()) {
      int spillSize = 1;
      for (int i = 7; i > 0 && s.kind(i - 1) == StackSlot.SPILL; i--) {
        spillSize++;
      }
      if (size != 8 || spillSize != 8) {
        if (!spilled.isScalar()) {
          throw env.reject(EACCES, "invalid size of register fill");
        }
        if (dst < 0) {
          return;
        }
        if (!fillPart(s, off, size, spillSize, dst)) {
          flags = 0;
        }
      } else if (dst >= 0) {
        env.reg(dst).set(spilled);
      } else if (env.isPointerValue(spilled)) {
        throw env.reject(EACCES, "leaking pointer from stack off %d", off);
      }
    } else {
      for (int i = 0; i < size; i++) {
        int kind = s.kind((-off - 1 - i) & 7);
        if (kind != StackSlot.MISC
            && kind != StackSlot.ZERO
            && !(kind == StackSlot.INVALID && env.allowUninitStack)) {
          throw env.reject(EACCES, "invalid read from stack off %d+%d size %d", off, i, size);
        }
      }
      if (dst >= 0) {
        loadBytes(f, off, off + size, dst);
      }
      flags = 0;
    }
    if (flags != 0) {
      env.pushHistory(env.state, flags, null);
    }
  }

  /** Loads a part of a spilled scalar; true if the register got the scalar itself. */
  private boolean fillPart(StackSlot s, int off, int size, int spillSize, int dst)
      throws VerifierReject {
    RegState spilled = s.spilled;
    RegState into = env.reg(dst);
    if (size <= spillSize && (off & 7) == 0) {
      into.set(spilled);
      if (AluChecks.width(spilled) > size * 8) {
        into.unlink();
      }
      return true;
    }
    int spills = 0;
    int zeros = 0;
    for (int i = 0; i < size; i++) {
      int kind = s.kind((-off - 1 - i) & 7);
      if (kind == StackSlot.SPILL) {
        spills++;
      } else if (kind == StackSlot.ZERO) {
        zeros++;
      } else if (kind != StackSlot.MISC && !(kind == StackSlot.INVALID && env.allowUninitStack)) {
        throw env.reject(EACCES, "invalid read from stack off %d+%d size %d", off, i, size);
      }
    }
    if (spills == size && spilled.varOff.equalsConst(0)) {
      env.markConstZero(into);
      return true;
    }
    if (zeros == size) {
      env.markConstZero(into);
    } else {
      env.markUnknown(into);
    }
    return false;
  }

  private void loadBytes(FuncState f, int min, int max, int dst) {
    boolean zero = true;
    for (int i = min; i < max && zero; i++) {
      env.scratchSlot(slotOf(i));
      zero = f.stack[slotOf(i)].kind(byteOf(i)) == StackSlot.ZERO;
    }
    if (zero) {
      env.markConstZero(env.reg(dst));
    } else {
      env.markUnknown(env.reg(dst));
    }
  }

  /** Stores to the stack; {@code value} below zero stores an unknown or immediate number. */
  void write(int regno, int off, int size, int value, int insnIdx) throws VerifierReject {
    RegState r = env.reg(regno);
    FuncState f = env.frameOf(r);
    if (r.varOff.isConst()) {
      writeFixed(f, (int) (off + r.varOff.value()), size, value, insnIdx);
    } else {
      writeVariable(f, r, off, size, value, insnIdx);
    }
  }

  /** A load that a mistaken processor runs before the store would see what was there before. */
  private static boolean overwrites(StackSlot s, int off, int size) {
    for (int i = 0; i < size; i++) {
      int kind = s.kind((-off - 1 - i) & 7);
      if (kind != StackSlot.MISC && kind != StackSlot.ZERO) {
        return true;
      }
    }
    return false;
  }

  private static boolean isStoreImmediate(Insn insn) {
    return Program.klass(insn) == Opcodes.BPF_ST && Program.mode(insn) == Opcodes.BPF_MEM;
  }

  private static boolean spillable(int type) {
    return switch (RegType.base(type)) {
      case RegType.NOT_INIT,
          RegType.SCALAR_VALUE,
          RegType.PTR_TO_TP_BUFFER,
          RegType.CONST_PTR_TO_DYNPTR ->
          false;
      default -> true;
    };
  }

  private void writeFixed(FuncState f, int off, int size, int value, int insnIdx)
      throws VerifierReject {
    int slot = slotOf(off);
    StackSlot s = f.stack[slot];
    Insn insn = env.program.insn(insnIdx);
    if (!env.allowPtrLeaks && s.isSpilled() && !s.isSpilledScalar() && size != 8) {
      throw env.reject(EACCES, "attempt to corrupt spilled pointer on stack");
    }
    destroyDynptr(f, slot);
    FuncState cur = env.state.cur();
    RegState r = value >= 0 ? cur.regs[value] : null;
    boolean aligned = (off & 7) == 0;
    if (!env.bypassSpecV4 && ((r != null && spillable(r.type)) || overwrites(s, off, size))) {
      env.program.aux[insnIdx].nospecResult = true;
    }
    if (aligned && size == 8) {
      liveness.markWrite(f.frameno, 1L << slot);
    }
    env.scratchSlot(slot);
    int flags = HistoryFlags.stackAccess(f.frameno, slot);
    if (r != null && aligned && r.isScalar() && env.bpfCapable) {
      boolean fits = AluChecks.width(r) <= 8 * size;
      if (fits) {
        alu.assignScalarId(r);
      }
      spill(s, r, size);
      if (!fits) {
        s.spilled.unlink();
      }
    } else if (r == null && aligned && isStoreImmediate(insn) && env.bpfCapable) {
      RegState constant = new RegState();
      constant.type = RegType.SCALAR_VALUE;
      constant.markKnown(insn.imm());
      spill(s, constant, size);
    } else if (r != null && spillable(r.type)) {
      if (size != 8) {
        throw env.reject(EACCES, "invalid size of register spill");
      }
      if (f != cur && r.type == RegType.PTR_TO_STACK) {
        throw env.reject(EINVAL, "cannot spill pointers to stack into stack frame of the caller");
      }
      spill(s, r, size);
    } else {
      storeBytes(s, off, size, value, r, insn);
      flags = 0;
    }
    if (flags != 0) {
      env.pushHistory(env.state, flags, null);
    }
  }

  private void storeBytes(
      StackSlot s, int off, int size, int value, @Nullable RegState r, Insn insn)
      throws VerifierReject {
    s.spilled.type = RegType.NOT_INIT;
    if (s.isSpilled() || s.isSpecial()) {
      scrub(s);
    }
    int kind = StackSlot.MISC;
    boolean zero = r != null ? isZero(r) : isStoreImmediate(insn) && insn.imm() == 0;
    if (zero) {
      precision.mark(value);
      kind = StackSlot.ZERO;
    }
    for (int i = 0; i < size; i++) {
      s.kind((-off - 1 - i) & 7, kind);
    }
  }

  private static boolean isZero(RegState r) {
    return r.isScalar() && r.varOff.equalsConst(0);
  }

  private static void scrub(StackSlot s) {
    for (int i = 0; i < 8; i++) {
      if (s.kind(i) != StackSlot.INVALID && s.kind(i) != StackSlot.ZERO) {
        s.kind(i, StackSlot.MISC);
      }
    }
  }

  private static void spill(StackSlot s, RegState r, int size) {
    s.spilled.set(r);
    for (int i = 7; i >= 8 - size; i--) {
      s.kind(i, StackSlot.SPILL);
    }
    for (int i = 7 - size; i >= 0; i--) {
      markMisc(s, i);
    }
  }

  /** The bytes beside a narrow spill: unknown, unless known zero or not yet initialised. */
  private static void markMisc(StackSlot s, int i) {
    int kind = s.kind(i);
    if (kind == StackSlot.ZERO || kind == StackSlot.INVALID) {
      return;
    }
    s.kind(i, StackSlot.MISC);
  }

  private void writeVariable(FuncState f, RegState ptr, int off, int size, int value, int insnIdx)
      throws VerifierReject {
    int min = (int) (ptr.smin + off);
    int max = (int) (ptr.smax + off + size);
    Insn insn = env.program.insn(insnIdx);
    RegState r = value >= 0 ? env.reg(value) : null;
    boolean zero = r != null ? isZero(r) : isStoreImmediate(insn) && insn.imm() == 0;
    boolean zeroUsed = false;
    for (int i = min; i < max; i++) {
      destroyDynptr(f, slotOf(i));
    }
    for (int i = min; i < max; i++) {
      StackSlot s = f.stack[slotOf(i)];
      int at = byteOf(i);
      int kind = s.kind(at);
      env.scratchSlot(slotOf(i));
      if (!env.allowPtrLeaks && kind != StackSlot.MISC && kind != StackSlot.ZERO) {
        throw env.reject(
            EINVAL,
            "spilled ptr in range of var-offset stack write; insn %d, ptr off: %d",
            insnIdx,
            i);
      }
      if (zero
          && kind == StackSlot.SPILL
          && s.isSpilledScalar()
          && s.spilled.varOff.equalsConst(0)) {
        zeroUsed = true;
        continue;
      }
      s.spilled.type = RegType.NOT_INIT;
      int now = StackSlot.MISC;
      if (zero && kind == StackSlot.ZERO) {
        now = StackSlot.ZERO;
        zeroUsed = true;
      }
      if (kind == StackSlot.INVALID && !env.allowUninitStack) {
        throw env.reject(
            EINVAL,
            "uninit stack in range of var-offset write prohibited for !root; insn %d, off: %d",
            insnIdx,
            i);
      }
      s.kind(at, now);
    }
    if (zeroUsed) {
      precision.mark(value);
    }
  }

  /**
   * Checks that a range of the stack may be read, or written, by a helper or a variable-offset
   * load.
   *
   * @param raw where to note a buffer that the helper fills, so that it need not be initialised; or
   *     null
   */
  void checkInitialized(
      int regno, int off, int size, boolean zeroAllowed, boolean write, @Nullable RawBuffer raw)
      throws VerifierReject {
    RegState r = env.reg(regno);
    FuncState f = env.frameOf(r);
    if (size == 0 && !zeroAllowed) {
      throw env.reject(EACCES, "invalid zero-sized read");
    }
    checkBounds(regno, off, size, write);
    int min;
    int max;
    if (r.varOff.isConst()) {
      min = (int) (r.varOff.value() + off);
      max = min;
    } else {
      if (!env.bypassSpecV1) {
        throw env.reject(
            EACCES,
            "R%d variable offset stack access prohibited for !root, var_off=%s",
            regno,
            StatePrinter.tnum(r.varOff));
      }
      raw = null;
      min = (int) (r.smin + off);
      max = (int) (r.smax + off);
    }
    if (raw != null && raw.rawMode) {
      for (int i = min; i < max + size; i++) {
        if (f.stack[slotOf(i)].kind(byteOf(i)) == StackSlot.DYNPTR) {
          throw env.reject(EACCES, "potential write to dynptr at off=%d disallowed", i);
        }
      }
      raw.size = size;
      raw.regno = regno;
      return;
    }
    for (int i = min; i < max + size; i++) {
      int slot = slotOf(i);
      StackSlot s = f.stack[slot];
      int kind = s.kind(byteOf(i));
      if (kind == StackSlot.ZERO || (kind == StackSlot.INVALID && env.allowUninitStack)) {
        if (write) {
          s.kind(byteOf(i), StackSlot.MISC);
        }
      } else if (kind != StackSlot.MISC) {
        boolean readable = s.isSpilled() && (s.spilled.isScalar() || env.allowPtrLeaks);
        if (!readable) {
          throw r.varOff.isConst()
              ? env.reject(
                  EACCES,
                  "invalid read from stack R%d off %d+%d size %d",
                  regno,
                  min,
                  i - min,
                  size)
              : env.reject(
                  EACCES,
                  "invalid read from stack R%d var_off %s+%d size %d",
                  regno,
                  StatePrinter.tnum(r.varOff),
                  i - min,
                  size);
        }
        if (write) {
          env.markUnknown(s.spilled);
          scrub(s);
        }
      }
      liveness.markRead(r.frameno, env.insnIdx, 1L << slot);
    }
  }

  /** A stack buffer that a helper fills completely. */
  static final class RawBuffer {
    boolean rawMode;
    int size;
    int regno;
  }
}
