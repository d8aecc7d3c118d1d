package ringside.ebpf.syscall;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/**
 * The tag of a program ({@code bpf_prog_calc_tag}): the start of a SHA-256 of its instructions, map
 * references blanked. Kernels before 6.18 took SHA-1.
 */
final class ProgramTag {
  /** {@code BPF_TAG_SIZE}. */
  private static final int SIZE = 8;

  private ProgramTag() {}

  static byte[] of(List<Insn> insns) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    List<Insn> blanked = new ArrayList<>(insns);
    for (int at = 0; at < insns.size(); at += insns.get(at).isWide() ? 2 : 1) {
      Insn insn = insns.get(at);
      boolean map =
          insn.src() == Opcodes.BPF_PSEUDO_MAP_FD || insn.src() == Opcodes.BPF_PSEUDO_MAP_VALUE;
      if (insn.isWide() && map) {
        blanked.set(at, insn.withImm(0));
        if (at + 1 < insns.size()) {
          blanked.set(at + 1, insns.get(at + 1).withImm(0));
        }
      }
    }
    digest.update(Insn.encodeAll(blanked));
    return Arrays.copyOf(digest.digest(), SIZE);
  }
}
