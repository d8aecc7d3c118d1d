package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/**
 * A random program under way: its instructions, and roughly what registers and stack hold by now.
 */
abstract class ProgramDraft {
  enum Kind {
    NONE,
    SCALAR,
    CTX,
    PACKET,
    END,
    MAP_VALUE,
    MAP_VALUE_OR_NULL,
    STACK,
    RECORD
  }

  /** What the generator believes of a register. */
  static final class Reg {
    Kind kind = Kind.NONE;
    int map;
    int off;

    Reg copy() {
      Reg r = new Reg();
      r.kind = kind;
      r.map = map;
      r.off = off;
      return r;
    }
  }

  final Random random;
  final List<Insn> insns = new ArrayList<>();
  Reg[] regs = new Reg[10];
  boolean[] slots = new boolean[64];
  private final double carelessness;

  ProgramDraft(long seed) {
    random = new Random(seed);
    carelessness = random.nextInt(3) == 0 ? 0.0 : random.nextDouble() * 0.04;
  }

  void emit(int code, int dst, int src, int off, int imm) {
    insns.add(new Insn(code, dst, src, off, imm));
  }

  boolean careless() {
    return random.nextDouble() < carelessness;
  }

  int any(Kind kind) {
    int from = random.nextInt(10);
    for (int i = 0; i < 10; i++) {
      int r = (from + i) % 10;
      if (regs[r].kind == kind) {
        return r;
      }
    }
    return -1;
  }

  int scalar() {
    int r = any(Kind.SCALAR);
    if (careless()) {
      return random.nextInt(10);
    }
    if (r < 0) {
      r = target();
      constant(r);
    }
    return r;
  }

  /** A register that may be overwritten. */
  int target() {
    for (int i = 0; i < 20; i++) {
      int r = random.nextInt(10);
      boolean precious = regs[r].kind == Kind.CTX || regs[r].kind == Kind.END;
      if (!precious || random.nextInt(12) == 0) {
        return r;
      }
    }
    return 0;
  }

  int number() {
    return switch (random.nextInt(9)) {
      case 0 -> 0;
      case 1 -> 1;
      case 2 -> -1;
      case 3 -> random.nextInt();
      case 4 -> 1 << random.nextInt(31);
      case 5 -> random.nextInt(4096);
      case 6 -> -random.nextInt(64);
      default -> random.nextInt(64);
    };
  }

  void constant(int r) {
    if (random.nextInt(8) == 0) {
      long v = random.nextLong() >> random.nextInt(60);
      emit(0x18, r, 0, 0, (int) v);
      emit(0, 0, 0, 0, (int) (v >>> 32));
    } else {
      emit(random.nextInt(4) == 0 ? 0xb4 : 0xb7, r, 0, 0, number());
    }
    set(r, Kind.SCALAR);
  }

  void set(int r, Kind kind) {
    regs[r] = new Reg();
    regs[r].kind = kind;
  }

  static int sizeCode(int size) {
    return switch (size) {
      case 1 -> Opcodes.BPF_B;
      case 2 -> Opcodes.BPF_H;
      case 4 -> Opcodes.BPF_W;
      default -> Opcodes.BPF_DW;
    };
  }

  int size() {
    return 1 << random.nextInt(4);
  }

  Reg[] snapshot() {
    Reg[] copy = new Reg[10];
    for (int i = 0; i < 10; i++) {
      copy[i] = regs[i].copy();
    }
    return copy;
  }

  /** Keeps only what holds both here and in another state. */
  void join(Reg[] other, boolean[] stack) {
    for (int i = 0; i < 10; i++) {
      if (regs[i].kind != other[i].kind || regs[i].map != other[i].map) {
        set(i, Kind.NONE);
      }
    }
    for (int i = 0; i < 64; i++) {
      slots[i] &= stack[i];
    }
  }
}
