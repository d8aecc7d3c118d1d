package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;

/** Dynptrs: two stack slots that describe memory whose size is known at run time only. */
final class Dynptrs {
  static final String LOCAL = "local";
  static final String RINGBUF = "ringbuf";
  static final String SKB = "skb";
  static final String XDP = "xdp";
  static final String SKB_META = "skb_meta";
  private static final int SLOTS = 2;

  /** What a call does with a dynptr it is given. */
  enum Use {
    /** Makes one out of stack that holds none. */
    CONSTRUCT,
    /** Leaves the dynptr as it is. */
    READ,
    /** May change it. */
    MUTATE
  }

  private final VerifierEnv env;
  private final References references;
  private final StackObjects stack;
  private final MemoryChecks memory;

  Dynptrs(VerifierEnv env, References references, StackObjects stack, MemoryChecks memory) {
    this.env = env;
    this.references = references;
    this.stack = stack;
    this.memory = memory;
  }

  static boolean isRefcounted(String kind) {
    return kind.equals(RINGBUF);
  }

  /** The flag that a slice of a dynptr carries: packets may move, other memory does not. */
  static int sliceFlag(String kind) {
    return switch (kind) {
      case SKB, SKB_META -> RegType.DYNPTR_TYPE_SKB;
      case XDP -> RegType.DYNPTR_TYPE_XDP;
      case RINGBUF -> RegType.DYNPTR_TYPE_RINGBUF;
      default -> RegType.DYNPTR_TYPE_LOCAL;
    };
  }

  /**
   * Checks an argument that is a dynptr ({@code process_dynptr_func}).
   *
   * @param kind what it must be or is to become; null for any
   * @param cloneOf the reference that a clone shares with its parent, or 0
   */
  void argument(int regno, Use use, @Nullable String kind, int cloneOf) throws VerifierReject {
    RegState r = env.reg(regno);
    boolean constant = r.type == RegType.CONST_PTR_TO_DYNPTR;
    if (r.type != RegType.PTR_TO_STACK && !constant) {
      throw env.reject(
          EINVAL, "arg#%d expected pointer to stack or const struct bpf_dynptr", regno - 1);
    }
    if (use == Use.CONSTRUCT) {
      if (constant || !free(r)) {
        throw env.reject(EINVAL, "Dynptr has to be an uninitialized dynptr");
      }
      StackObjects.overwrite(memory, regno, SLOTS);
      construct(r, kind == null ? LOCAL : kind, cloneOf);
      return;
    }
    if (constant && use == Use.MUTATE) {
      throw env.reject(EINVAL, "cannot pass pointer to const bpf_dynptr, the helper mutates it");
    }
    if (!constant && !initialized(r)) {
      throw env.reject(EINVAL, "Expected an initialized dynptr as arg #%d", regno - 1);
    }
    RegState main = main(r);
    if (kind != null && !kind.equals(kindOf(main))) {
      throw env.reject(EINVAL, "Expected a dynptr of type %s as arg #%d", kind, regno - 1);
    }
    if (!constant) {
      stack.read(env.frameOf(r), slot(r), SLOTS);
    }
  }

  private int slot(RegState r) {
    return stack.slot(r, "dynptr", SLOTS);
  }

  private boolean free(RegState r) {
    int slot = slot(r);
    return slot >= 0 || slot == StackObjects.NOT_ALLOCATED;
  }

  private boolean initialized(RegState r) {
    int slot = slot(r);
    if (slot < 0) {
      return false;
    }
    FuncState f = env.frameOf(r);
    StackSlot first = f.stack[slot];
    if (!(first.spilled.special instanceof SpecialSlot.Dynptr d) || !d.firstSlot()) {
      return false;
    }
    for (int i = 0; i < StackSlot.SIZE; i++) {
      if (first.kind(i) != StackSlot.DYNPTR || f.stack[slot - 1].kind(i) != StackSlot.DYNPTR) {
        return false;
      }
    }
    return true;
  }

  /** The state that describes a dynptr: the register itself or the first of its slots. */
  RegState main(RegState r) {
    return r.type == RegType.CONST_PTR_TO_DYNPTR ? r : env.frameOf(r).stack[slot(r)].spilled;
  }

  static String kindOf(RegState main) {
    return main.special instanceof SpecialSlot.Dynptr d ? d.kind() : "";
  }

  private void construct(RegState r, String kind, int cloneOf) throws VerifierReject {
    FuncState f = env.frameOf(r);
    int slot = slot(r);
    if (slot < 0) {
      throw new VerifierReject(-slot, "");
    }
    destroy(f, slot);
    destroy(f, slot - 1);
    int id = ++env.idGen;
    for (int i = 0; i < SLOTS; i++) {
      StackSlot s = f.stack[slot - i];
      s.fill(StackSlot.DYNPTR);
      mark(s.spilled, kind, i == 0, id);
    }
    if (isRefcounted(kind)) {
      int ref = cloneOf != 0 ? cloneOf : references.acquire();
      f.stack[slot].spilled.refObjId = ref;
      f.stack[slot - 1].spilled.refObjId = ref;
    }
    stack.wrote(f, slot, SLOTS);
  }

  private static void mark(RegState r, String kind, boolean first, int id) {
    r.markKnown(0);
    r.type = RegType.CONST_PTR_TO_DYNPTR;
    r.id = id;
    r.special = new SpecialSlot.Dynptr(kind, first);
  }

  /** Makes a register a dynptr that may only be read: a callback's or a global function's. */
  void markConst(RegState r, String kind) {
    mark(r, kind, true, ++env.idGen);
  }

  /** A store to a slot of a dynptr destroys it ({@code destroy_if_dynptr_stack_slot}). */
  void destroy(FuncState f, int slot) throws VerifierReject {
    if (f.stack[slot].kind(0) != StackSlot.DYNPTR) {
      return;
    }
    boolean first = f.stack[slot].spilled.special instanceof SpecialSlot.Dynptr d && d.firstSlot();
    int main = first ? slot : slot + 1;
    RegState r = f.stack[main].spilled;
    if (isRefcounted(kindOf(r))) {
      throw env.reject(EINVAL, "cannot overwrite referenced dynptr");
    }
    int id = r.id;
    invalidate(f, main);
    env.state.eachReg(slice -> {
      boolean memory =
          slice.type == RegType.PTR_TO_MEM
              || slice.type == (RegType.PTR_TO_MEM | RegType.PTR_MAYBE_NULL);
      if (memory && slice.dynptrId == id) {
        references.invalidate(slice);
      }
    });
  }

  private void invalidate(FuncState f, int main) {
    for (int i = 0; i < SLOTS; i++) {
      StackSlot s = f.stack[main - i];
      s.fill(StackSlot.INVALID);
      s.spilled.markNotInit();
    }
    stack.wrote(f, main, SLOTS);
  }

  /** Whether a release function is given a dynptr that it may release. */
  void checkRelease(int regno) throws VerifierReject {
    RegState r = env.reg(regno);
    if (r.type != RegType.PTR_TO_STACK) {
      throw env.reject(EINVAL, "cannot release unowned const bpf_dynptr");
    }
    int slot = slot(r);
    if (slot < 0 || env.frameOf(r).stack[slot].spilled.refObjId == 0) {
      throw env.reject(EINVAL, "arg %d is an unacquired reference", regno);
    }
  }

  /** Releases a dynptr, its slices and its clones ({@code unmark_stack_slots_dynptr}). */
  void release(RegState r) {
    FuncState f = env.frameOf(r);
    int slot = slot(r);
    RegState main = f.stack[slot].spilled;
    if (!isRefcounted(kindOf(main))) {
      invalidate(f, slot);
      return;
    }
    int ref = main.refObjId;
    references.release(ref);
    for (int i = 1; i < f.stack.length; i++) {
      RegState s = f.stack[i].spilled;
      if (s.refObjId == ref && s.special instanceof SpecialSlot.Dynptr d && d.firstSlot()) {
        invalidate(f, i);
      }
    }
  }
}
