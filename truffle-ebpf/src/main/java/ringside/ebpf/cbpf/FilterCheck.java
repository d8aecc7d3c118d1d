package ringside.ebpf.cbpf;

import static ringside.ebpf.isa.Opcodes.BPF_ALU;
import static ringside.ebpf.isa.Opcodes.BPF_DIV;
import static ringside.ebpf.isa.Opcodes.BPF_JA;
import static ringside.ebpf.isa.Opcodes.BPF_JMP;
import static ringside.ebpf.isa.Opcodes.BPF_LD;
import static ringside.ebpf.isa.Opcodes.BPF_LDX;
import static ringside.ebpf.isa.Opcodes.BPF_LSH;
import static ringside.ebpf.isa.Opcodes.BPF_MEM;
import static ringside.ebpf.isa.Opcodes.BPF_MOD;
import static ringside.ebpf.isa.Opcodes.BPF_RSH;
import static ringside.ebpf.isa.Opcodes.BPF_ST;
import static ringside.ebpf.isa.Opcodes.BPF_STX;

import java.util.Arrays;
import java.util.List;
import ringside.kernel.core.Errno;

/** Decides whether a filter may run, as {@code bpf_check_classic} of {@code net/core/filter.c}. */
public final class FilterCheck {
  private final List<SockFilter> filter;

  private FilterCheck(List<SockFilter> filter) {
    this.filter = filter;
  }

  /**
   * Checks a filter.
   *
   * @throws FilterException {@code EINVAL} where the kernel refuses it
   */
  public static void check(List<SockFilter> filter) throws FilterException {
    if (filter.isEmpty() || filter.size() > SockFilter.MAXINSNS) {
      throw new FilterException(
          Errno.EINVAL,
          "a filter has 1 to %d instructions, not %d"
              .formatted(SockFilter.MAXINSNS, filter.size()));
    }
    FilterCheck check = new FilterCheck(filter);
    for (int pc = 0; pc < filter.size(); pc++) {
      check.instruction(pc);
    }
    int last = filter.getLast().code();
    if (last != Classic.BPF_RET && last != (Classic.BPF_RET | Classic.BPF_A)) {
      throw refuse(filter.size() - 1, "the last instruction must be ret");
    }
    check.scratchMemory();
  }

  private void instruction(int pc) throws FilterException {
    SockFilter insn = filter.get(pc);
    int code = insn.code();
    if (!Classic.known(code)) {
      throw refuse(pc, "unknown opcode 0x%02x".formatted(code));
    }
    int behind = filter.size() - pc - 1;
    if (Classic.conditional(code)) {
      if (insn.jt() >= behind || insn.jf() >= behind) {
        throw outside(pc, Math.max(insn.jt(), insn.jf()));
      }
      return;
    }
    switch (code) {
      case BPF_ALU | BPF_DIV, BPF_ALU | BPF_MOD -> {
        if (insn.k() == 0) {
          throw refuse(pc, "division by zero");
        }
      }
      case BPF_ALU | BPF_LSH, BPF_ALU | BPF_RSH -> {
        if (Integer.compareUnsigned(insn.k(), 32) >= 0) {
          throw refuse(pc, "shift by %d, the largest is 31".formatted(unsigned(insn.k())));
        }
      }
      case BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX -> {
        if (Integer.compareUnsigned(insn.k(), Classic.MEMWORDS) >= 0) {
          throw refuse(
              pc,
              "scratch memory M[%d], the last is M[%d]"
                  .formatted(unsigned(insn.k()), Classic.MEMWORDS - 1));
        }
      }
      case BPF_JMP | BPF_JA -> {
        if (Integer.compareUnsigned(insn.k(), behind) >= 0) {
          throw insn.k() < 0
              ? refuse(
                  pc, "jump back to %d, a filter goes forward only".formatted(pc + 1L + insn.k()))
              : outside(pc, insn.k());
        }
      }
      default -> {
        if (Classic.loadsAbsolute(code)
            && Classic.Ancillary.of(insn.k()) == null
            && Integer.compareUnsigned(insn.k(), Classic.SKF_AD_OFF) >= 0) {
          throw refuse(
              pc,
              "unknown ancillary load SKF_AD_OFF + %d".formatted(insn.k() - Classic.SKF_AD_OFF));
        }
      }
    }
  }

  /** A word of scratch memory is loaded only where each way there has stored it. */
  private void scratchMemory() throws FilterException {
    int all = (1 << Classic.MEMWORDS) - 1;
    int[] masks = new int[filter.size()];
    Arrays.fill(masks, all);
    int valid = 0;
    for (int pc = 0; pc < filter.size(); pc++) {
      SockFilter insn = filter.get(pc);
      valid &= masks[pc];
      switch (insn.code()) {
        case BPF_ST, BPF_STX -> valid |= 1 << insn.k();
        case BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM -> {
          if ((valid & 1 << insn.k()) == 0) {
            throw refuse(pc, "M[%d] is loaded but not stored on each way here".formatted(insn.k()));
          }
        }
        case BPF_JMP | BPF_JA -> {
          masks[pc + 1 + insn.k()] &= valid;
          valid = all;
        }
        default -> {
          if (Classic.conditional(insn.code())) {
            masks[pc + 1 + insn.jt()] &= valid;
            masks[pc + 1 + insn.jf()] &= valid;
            valid = all;
          }
        }
      }
    }
  }

  private FilterException outside(int pc, long distance) {
    return refuse(
        pc,
        "jump to %d, the last instruction is %d".formatted(pc + 1 + distance, filter.size() - 1));
  }

  private static FilterException refuse(int pc, String why) {
    return new FilterException(Errno.EINVAL, "insn %d: %s".formatted(pc, why));
  }

  private static long unsigned(int value) {
    return Integer.toUnsignedLong(value);
  }
}
