package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** Renders an instruction the way Linux's {@code print_bpf_insn} does. */
final class InsnText {
  private static final String[] ALU = {
    "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian", "",
    ""
  };
  private static final String[] JUMP = {
    "jmp", "==", ">", ">=", "&", "!=", "s>", "s>=", "call", "exit", "<", "<=", "s<", "s<=", "", ""
  };
  private static final String[] CLASS = {"ld", "ldx", "st", "stx", "alu", "jmp", "jmp32", "alu64"};

  private InsnText() {}

  static String alu(int op) {
    return ALU[op >> 4];
  }

  static String of(VerifierEnv env, int idx) {
    Insn insn = env.program.insn(idx);
    int code = insn.code();
    String text =
        switch (Program.klass(insn)) {
          case Opcodes.BPF_ALU, Opcodes.BPF_ALU64 -> aluText(insn);
          case Opcodes.BPF_LD -> load(env, idx);
          case Opcodes.BPF_LDX -> {
            int mode = Program.mode(insn);
            if (mode != Opcodes.BPF_MEM && mode != Opcodes.BPF_MEMSX) {
              yield null;
            }
            String sign = mode == Opcodes.BPF_MEM ? "u" : "s";
            yield String.format(
                "r%d = *(%s%d *)(r%d %+d)",
                insn.dst(), sign, Program.size(insn) * 8, insn.src(), insn.off());
          }
          case Opcodes.BPF_ST ->
              Program.mode(insn) == Opcodes.BPF_MEM
                  ? String.format(
                      "*(%s *)(r%d %+d) = %d", type(insn), insn.dst(), insn.off(), insn.imm())
                  : null;
          case Opcodes.BPF_STX -> store(insn);
          default -> jump(env, insn);
        };
    if (text == null) {
      String family =
          switch (Program.klass(insn)) {
            case Opcodes.BPF_LD -> "ld_";
            case Opcodes.BPF_LDX -> "ldx_";
            case Opcodes.BPF_ST -> "st_";
            default -> "";
          };
      return String.format("BUG_%s%02x", family, code);
    }
    return String.format("(%02x) %s", code, text);
  }

  private static String type(Insn insn) {
    return "u" + Program.size(insn) * 8;
  }

  private static String aluText(Insn insn) {
    boolean wide = Program.klass(insn) == Opcodes.BPF_ALU64;
    char r = wide ? 'r' : 'w';
    int op = Program.op(insn);
    if (op == Opcodes.BPF_END) {
      String word = wide ? "bswap" : Program.srcIsReg(insn) ? "be" : "le";
      return String.format("r%d = %s%d r%d", insn.dst(), word, insn.imm(), insn.dst());
    }
    if (op == Opcodes.BPF_NEG) {
      return String.format("%c%d = -%c%d", r, insn.dst(), r, insn.dst());
    }
    boolean signed = (op == Opcodes.BPF_DIV || op == Opcodes.BPF_MOD) && insn.off() == 1;
    String word = signed ? "s" + ALU[op >> 4] : ALU[op >> 4];
    if (!Program.srcIsReg(insn)) {
      return String.format("%c%d %s %d", r, insn.dst(), word, insn.imm());
    }
    if (wide && op == Opcodes.BPF_MOV && insn.off() == 1) {
      return String.format(
          "r%d = addr_space_cast(r%d, %d, %d)",
          insn.dst(), insn.src(), insn.imm() >>> 16, insn.imm() & 0xffff);
    }
    boolean extends1 =
        op == Opcodes.BPF_MOV && (insn.off() == 8 || insn.off() == 16 || insn.off() == 32);
    String cast = extends1 ? "(s" + insn.off() + ")" : "";
    return String.format("%c%d %s %s%c%d", r, insn.dst(), word, cast, r, insn.src());
  }

  private static @Nullable String store(Insn insn) {
    String at = String.format("(%s *)(r%d %+d)", type(insn), insn.dst(), insn.off());
    if (Program.mode(insn) == Opcodes.BPF_MEM) {
      return "*" + at + " = r" + insn.src();
    }
    if (Program.mode(insn) != Opcodes.BPF_ATOMIC) {
      return null;
    }
    String wide = Program.size(insn) == 8 ? "64" : "";
    int op = insn.imm();
    String word =
        switch (op & ~Opcodes.BPF_FETCH) {
          case Opcodes.BPF_ADD -> "add";
          case Opcodes.BPF_AND -> "and";
          case Opcodes.BPF_OR -> "or";
          case Opcodes.BPF_XOR -> "xor";
          default -> "";
        };
    if (!word.isEmpty()) {
      return (op & Opcodes.BPF_FETCH) == 0
          ? "lock *" + at + " " + ALU[op >> 4] + " r" + insn.src()
          : String.format(
              "r%d = atomic%s_fetch_%s(%s, r%d)", insn.src(), wide, word, at, insn.src());
    }
    return switch (op) {
      case Opcodes.BPF_CMPXCHG ->
          "r0 = atomic" + wide + "_cmpxchg(" + at + ", r0, r" + insn.src() + ")";
      case Opcodes.BPF_XCHG ->
          String.format("r%d = atomic%s_xchg(%s, r%d)", insn.src(), wide, at, insn.src());
      case Opcodes.BPF_LOAD_ACQ ->
          String.format(
              "r%d = load_acquire((%s *)(r%d %+d))",
              insn.dst(), type(insn), insn.src(), insn.off());
      case Opcodes.BPF_STORE_REL -> "store_release(" + at + ", r" + insn.src() + ")";
      default -> null;
    };
  }

  private static @Nullable String load(VerifierEnv env, int idx) {
    Insn insn = env.program.insn(idx);
    return switch (Program.mode(insn)) {
      case Opcodes.BPF_ABS -> String.format("r0 = *(%s *)skb[%d]", type(insn), insn.imm());
      case Opcodes.BPF_IND ->
          String.format("r0 = *(%s *)skb[r%d + %d]", type(insn), insn.src(), insn.imm());
      case Opcodes.BPF_IMM -> {
        if (!insn.isWide() || idx + 1 >= env.program.length()) {
          yield null;
        }
        long imm = insn.wideImm(env.program.insn(idx + 1));
        InsnAux aux = env.program.aux[idx];
        if (aux.map != null) {
          imm = env.allowPtrLeaks ? MapAddress.of(aux.map) + aux.mapOff : 0;
        }
        yield String.format("r%d = 0x%s", insn.dst(), Long.toHexString(imm));
      }
      default -> null;
    };
  }

  private static @Nullable String jump(VerifierEnv env, Insn insn) {
    boolean narrow = Program.klass(insn) == Opcodes.BPF_JMP32;
    int op = Program.op(insn);
    if (op == Opcodes.BPF_CALL) {
      return switch (insn.src()) {
        case Opcodes.BPF_PSEUDO_CALL -> String.format("call pc%+d", insn.imm());
        case Opcodes.BPF_PSEUDO_KFUNC_CALL -> "call " + env.kfuncs.nameOf(insn) + "#" + insn.imm();
        default -> "call " + HelperCatalog.name(insn.imm()) + "#" + insn.imm();
      };
    }
    if (op == Opcodes.BPF_JA) {
      return narrow
          ? String.format("gotol pc%+d", insn.imm())
          : String.format("goto pc%+d", insn.off());
    }
    if (Program.isMayGoto(insn)) {
      return String.format("may_goto pc%+d", insn.off());
    }
    if (insn.code() == (Opcodes.BPF_JMP | Opcodes.BPF_EXIT)) {
      return "exit";
    }
    if (op == Opcodes.BPF_EXIT || op == Opcodes.BPF_JCOND) {
      return CLASS[Program.klass(insn)];
    }
    char r = narrow ? 'w' : 'r';
    return Program.srcIsReg(insn)
        ? String.format(
            "if %c%d %s %c%d goto pc%+d", r, insn.dst(), JUMP[op >> 4], r, insn.src(), insn.off())
        : String.format(
            "if %c%d %s 0x%x goto pc%+d", r, insn.dst(), JUMP[op >> 4], insn.imm(), insn.off());
  }
}
