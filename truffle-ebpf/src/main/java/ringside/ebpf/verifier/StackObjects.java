package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

/** Finds the stack slots of an object that only special calls may touch. */
final class StackObjects {
  /** The slots do not exist yet; a write makes them. */
  static final int NOT_ALLOCATED = -34;

  private final VerifierEnv env;
  private final StackLiveness liveness;

  StackObjects(VerifierEnv env, StackLiveness liveness) {
    this.env = env;
    this.liveness = liveness;
  }

  /**
   * The slot an object begins at ({@code stack_slot_obj_get_spi}); it goes on in lower ones.
   *
   * @return {@link #NOT_ALLOCATED}, or another negative number with the reason printed
   */
  int slot(RegState r, String what, int slots) {
    if (!r.varOff.isConst()) {
      env.complain("%s has to be at a constant offset", what);
      return -EINVAL;
    }
    int off = (int) (r.off + r.varOff.value());
    int slot = (-off - 1) / StackSlot.SIZE;
    if (off % StackSlot.SIZE != 0 || slot + 1 < slots) {
      env.complain("cannot pass in %s at an offset=%d", what, off);
      return -EINVAL;
    }
    return slot - slots + 1 >= 0 && slot < env.frameOf(r).stack.length ? slot : NOT_ALLOCATED;
  }

  /** Stores to every slot of an object first, as Linux does, so that what was there is gone. */
  static void overwrite(MemoryChecks memory, int regno, int slots) throws VerifierReject {
    for (int i = 0; i < slots; i++) {
      memory.access(regno, i * StackSlot.SIZE, StackSlot.SIZE, true, -1, false, false);
    }
  }

  private static long mask(int slot, int slots) {
    return ((1L << slots) - 1) << (slot - slots + 1);
  }

  void wrote(FuncState f, int slot, int slots) {
    liveness.markWrite(f.frameno, mask(slot, slots));
    scratch(slot, slots);
  }

  void read(FuncState f, int slot, int slots) {
    liveness.markRead(f.frameno, env.insnIdx, mask(slot, slots));
    scratch(slot, slots);
  }

  private void scratch(int slot, int slots) {
    for (int i = 0; i < slots; i++) {
      env.scratchSlot(slot - i);
    }
  }
}
