package ringside.ebpf.verifier;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One call frame of a path: registers and stack of a subprogram. */
final class FuncState {
  static final int REGISTERS = 11;
  static final int FP = 10;
  private static final StackSlot[] NO_STACK = {};

  final RegState[] regs = new RegState[REGISTERS];

  /** Instruction that called this frame; -1 in the main program. */
  int callsite;

  int frameno;
  int subprogno;
  int asyncEntryCount;
  boolean inCallback;
  boolean inAsyncCallback;
  boolean inExceptionCallback;

  /** What a callback may return, set by the helper that called it. */
  @Nullable ReturnRange callbackReturn;

  /** How often a callback has been simulated in this frame. */
  int callbackDepth;

  /** Stack slots from the frame pointer downwards: slot 0 is {@code fp-8}. */
  StackSlot[] stack = NO_STACK;

  FuncState() {
    for (int i = 0; i < REGISTERS; i++) {
      regs[i] = new RegState();
    }
  }

  FuncState(int callsite, int frameno, int subprogno) {
    this();
    this.callsite = callsite;
    this.frameno = frameno;
    this.subprogno = subprogno;
    for (RegState r : regs) {
      r.markNotInit();
    }
    RegState fp = regs[FP];
    fp.type = RegType.PTR_TO_STACK;
    fp.markKnown(0);
    fp.frameno = frameno;
  }

  FuncState copy() {
    FuncState f = new FuncState();
    for (int i = 0; i < REGISTERS; i++) {
      f.regs[i].set(regs[i]);
    }
    f.callsite = callsite;
    f.frameno = frameno;
    f.subprogno = subprogno;
    f.asyncEntryCount = asyncEntryCount;
    f.inCallback = inCallback;
    f.inAsyncCallback = inAsyncCallback;
    f.inExceptionCallback = inExceptionCallback;
    f.callbackReturn = callbackReturn;
    f.callbackDepth = callbackDepth;
    if (stack.length != 0) {
      f.stack = new StackSlot[stack.length];
      for (int i = 0; i < stack.length; i++) {
        f.stack[i] = stack[i].copy();
      }
    }
    return f;
  }

  int allocatedStack() {
    return stack.length * StackSlot.SIZE;
  }

  /** Makes sure that {@code bytes} bytes below the frame pointer have slots. */
  void growStack(int bytes) {
    int slots = (bytes + StackSlot.SIZE - 1) / StackSlot.SIZE;
    int old = stack.length;
    if (slots > old) {
      stack = Arrays.copyOf(stack, slots);
      for (int i = old; i < slots; i++) {
        stack[i] = new StackSlot();
      }
    }
  }
}
