package ringside.ebpf.context;

import java.util.ArrayList;
import java.util.List;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** Collects the instructions that stand for one context access. */
final class Emitter {
  private final List<Insn> out = new ArrayList<>();

  /** What was collected. */
  List<Insn> insns() {
    return List.copyOf(out);
  }

  /** {@code BPF_LDX_MEM}: loads {@code size} bytes. */
  void load(int size, int dst, int src, int off) {
    out.add(new Insn(Opcodes.BPF_LDX | Opcodes.BPF_MEM | code(size), dst, src, off, 0));
  }

  /** {@code BPF_EMIT_STORE}: stores what another store stores, elsewhere. */
  void store(Insn like, int size, int base, int off) {
    out.add(
        new Insn(
            like.insnClass() | Opcodes.BPF_MEM | code(size), base, like.src(), off, like.imm()));
  }

  /** Stores {@code size} bytes of a register. */
  void storeRegister(int size, int base, int src, int off) {
    out.add(new Insn(Opcodes.BPF_STX | Opcodes.BPF_MEM | code(size), base, src, off, 0));
  }

  /** A 32-bit operation with an immediate. */
  void alu32(int op, int dst, int imm) {
    out.add(new Insn(Opcodes.BPF_ALU | op, dst, 0, 0, imm));
  }

  /** A 64-bit operation with an immediate. */
  void alu64(int op, int dst, int imm) {
    out.add(new Insn(Opcodes.BPF_ALU64 | op, dst, 0, 0, imm));
  }

  /** A 64-bit operation with a register. */
  void alu64(int op, int dst, int src, int off) {
    out.add(new Insn(Opcodes.BPF_ALU64 | op | Opcodes.BPF_X, dst, src, off, 0));
  }

  /** A jump over the next {@code count} instructions if the register compares so. */
  void skipIf(int op, int dst, int imm, int count) {
    out.add(new Insn(Opcodes.BPF_JMP | op, dst, 0, count, imm));
  }

  /** The same on 32 bits. */
  void skipIf32(int op, int dst, int imm, int count) {
    out.add(new Insn(Opcodes.BPF_JMP32 | op, dst, 0, count, imm));
  }

  /** A jump over the next {@code count} instructions. */
  void skip(int count) {
    out.add(new Insn(Opcodes.BPF_JMP | Opcodes.BPF_JA, 0, 0, count, 0));
  }

  private static int code(int size) {
    return switch (size) {
      case 1 -> Opcodes.BPF_B;
      case 2 -> Opcodes.BPF_H;
      case 4 -> Opcodes.BPF_W;
      default -> Opcodes.BPF_DW;
    };
  }
}
