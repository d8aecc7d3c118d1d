package ringside.ebpf.core;

import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** Puts a relocation's value into its instruction: {@code bpf_core_patch_insn}. */
final class InsnPatch {
  /** The helper that poison calls, 0xbad2310: "bad relo". */
  static final int POISON = 195896080;

  private final CoreRelocation relocation;
  private final Complaint complaint;

  /** Makes an exception of what is wrong. */
  @FunctionalInterface
  interface Complaint {
    CoreException of(String what);
  }

  InsnPatch(CoreRelocation relocation, Complaint complaint) {
    this.relocation = relocation;
    this.complaint = complaint;
  }

  /** Changes the instruction; whether it is poison now. */
  boolean apply(Insn[] insns, int slot, Resolution resolution) {
    if (resolution.poison()) {
      poison(insns, slot);
      return true;
    }
    Insn insn = insns[slot];
    switch (insn.insnClass()) {
      case Opcodes.BPF_ALU, Opcodes.BPF_ALU64 -> immediate(insns, slot, resolution);
      case Opcodes.BPF_LDX, Opcodes.BPF_ST, Opcodes.BPF_STX -> {
        if (access(insns, slot, resolution)) {
          poison(insns, slot);
          return true;
        }
      }
      case Opcodes.BPF_LD -> wide(insns, slot, resolution);
      default ->
          throw complaint.of(
              ("trying to relocate unrecognized insn #%d, code:0x%x, src:0x%x, dst:0x%x, off:0x%x,"
                      + " imm:0x%x")
                  .formatted(
                      relocation.insn(),
                      insn.code(),
                      insn.src(),
                      insn.dst(),
                      insn.off(),
                      insn.imm()));
    }
    return false;
  }

  static void poison(Insn[] insns, int slot) {
    Insn call = new Insn(Opcodes.BPF_JMP | Opcodes.BPF_CALL, 0, 0, 0, POISON);
    // The second half too: "unknown opcode 00" would say nothing to anyone.
    if (insns[slot].isWide() && slot + 1 < insns.length) {
      insns[slot + 1] = call;
    }
    insns[slot] = call;
  }

  private void immediate(Insn[] insns, int slot, Resolution resolution) {
    Insn insn = insns[slot];
    if ((insn.code() & Opcodes.BPF_X) != 0) {
      throw complaint.of("failed to patch insn #%d: Invalid argument".formatted(relocation.insn()));
    }
    check(resolution, insn.imm(), "ALU/ALU64");
    insns[slot] = insn.withImm((int) resolution.value());
  }

  /** Whether the access would be wrong. */
  private boolean access(Insn[] insns, int slot, Resolution resolution) {
    Insn insn = insns[slot];
    check(resolution, insn.off(), "LDX/ST/STX");
    if (Long.compareUnsigned(resolution.value(), Short.MAX_VALUE) > 0) {
      throw complaint.of(
          "insn #%d (LDX/ST/STX) value too big: %s"
              .formatted(relocation.insn(), Long.toUnsignedString(resolution.value())));
    }
    if (resolution.accessUnsafe()) {
      return true;
    }
    Insn moved = insn.withOff((int) resolution.value());
    if (resolution.size() != resolution.originalSize()) {
      int bytes = bytes(insn);
      if (bytes != resolution.originalSize()) {
        throw complaint.of(
            "insn #%d (LDX/ST/STX) unexpected mem size: got %d, exp %d"
                .formatted(relocation.insn(), bytes, resolution.originalSize()));
      }
      int code = code(resolution.size());
      if (code < 0) {
        throw complaint.of(
            "insn #%d (LDX/ST/STX) invalid new mem size: %d"
                .formatted(relocation.insn(), resolution.size()));
      }
      moved =
          new Insn(
              (insn.code() & ~Opcodes.BPF_DW) | code,
              moved.dst(),
              moved.src(),
              moved.off(),
              moved.imm());
    }
    insns[slot] = moved;
    return false;
  }

  private void wide(Insn[] insns, int slot, Resolution resolution) {
    Insn first = insns[slot];
    Insn second = slot + 1 < insns.length ? insns[slot + 1] : null;
    if (!first.isWide()
        || first.src() != 0
        || first.off() != 0
        || second == null
        || !second.equals(new Insn(0, 0, 0, 0, second.imm()))) {
      throw complaint.of("insn #%d (LDIMM64) has unexpected form".formatted(relocation.insn()));
    }
    check(resolution, first.wideImm(second), "LDIMM64");
    insns[slot] = first.withImm((int) resolution.value());
    insns[slot + 1] = second.withImm((int) (resolution.value() >>> 32));
  }

  private void check(Resolution resolution, long actual, String form) {
    if (resolution.validate() && actual != resolution.original()) {
      throw complaint.of(
          "unexpected insn #%d (%s) value: got %d, exp %s -> %s"
              .formatted(
                  relocation.insn(),
                  form,
                  actual,
                  Long.toUnsignedString(resolution.original()),
                  Long.toUnsignedString(resolution.value())));
    }
  }

  private static int bytes(Insn insn) {
    return switch (insn.code() & Opcodes.BPF_DW) {
      case Opcodes.BPF_B -> 1;
      case Opcodes.BPF_H -> 2;
      case Opcodes.BPF_W -> 4;
      default -> 8;
    };
  }

  private static int code(int bytes) {
    return switch (bytes) {
      case 1 -> Opcodes.BPF_B;
      case 2 -> Opcodes.BPF_H;
      case 4 -> Opcodes.BPF_W;
      case 8 -> Opcodes.BPF_DW;
      default -> -1;
    };
  }
}
