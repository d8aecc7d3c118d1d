package ringside.ebpf.vm;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.map.BpfMap;

/** Predecodes one function. */
final class Decoder {
  private static final int TAIL_CALL = 12;

  /** {@code ktime_get_*} and {@code jiffies64}. */
  private static final Set<Integer> CLOCKED = Set.of(5, 118, 125, 160, 208);

  private final List<Insn> insns;
  private final boolean rewritten;
  private final int start;
  private final int end;
  private final Linker.Names names;
  private final List<HelperFunction> helperCalls = new ArrayList<>();
  private final List<Integer> callees = new ArrayList<>();
  private int indirectCalls;
  private boolean usesStack;
  private boolean loadsPackets;
  private boolean leavesSpecially;

  /** Makes a decoder for the slots from {@code start} to {@code end}. */
  Decoder(Executable program, int start, int end, Linker.Names names) {
    this.insns = program.insns();
    this.rewritten = program.rewritten();
    this.start = start;
    this.end = end;
    this.names = names;
  }

  /** The code that helper and kfunc calls index. */
  List<HelperFunction> helperCalls() {
    return helperCalls;
  }

  /** Its first slot in the program. */
  int start() {
    return start;
  }

  /** Behind its last slot. */
  int end() {
    return end;
  }

  /** The functions that local calls index. */
  List<Integer> callees() {
    return callees;
  }

  /** How many indirect calls there are. */
  int indirectCalls() {
    return indirectCalls;
  }

  /** Whether the function names r10. */
  boolean usesStack() {
    return usesStack;
  }

  /** Whether the function has legacy packet loads. */
  boolean loadsPackets() {
    return loadsPackets;
  }

  /** Whether the function tail-calls or calls what may throw. */
  boolean leavesSpecially() {
    return leavesSpecially;
  }

  Code decode() throws LinkException {
    int length = end - start;
    Code code =
        new Code(
            new int[length + 1],
            new byte[length + 1],
            new byte[length + 1],
            new int[length + 1],
            new long[length + 1]);
    code.ops()[length] = Code.OUT_OF_TEXT;
    for (int at = start; at < end; at++) {
      Insn insn = insns.get(at);
      if (insn.dst() > Opcodes.BPF_REG_AX || insn.src() > Opcodes.BPF_REG_AX) {
        throw new LinkException("R%d is invalid".formatted(Math.max(insn.dst(), insn.src())));
      }
      usesStack |= insn.dst() == Opcodes.BPF_REG_FP || insn.src() == Opcodes.BPF_REG_FP;
      int slot = at - start;
      code.dsts()[slot] = (byte) insn.dst();
      code.srcs()[slot] = (byte) insn.src();
      code.offs()[slot] = insn.off();
      code.imms()[slot] = insn.imm();
      Instruction row = InstructionSet.find(insn);
      if (row == null) {
        code.ops()[slot] = special(insn);
        continue;
      }
      code.ops()[slot] = row.op();
      if (row.wide()) {
        if (at + 1 >= end) {
          throw new LinkException("invalid bpf_ld_imm64 insn");
        }
        code.imms()[slot] = wide(row, insn, insns.get(at + 1), at);
        // A jump into the second slot is refused by the verifier and falls off the text here.
        code.ops()[slot + 1] = Code.OUT_OF_TEXT;
        at++;
      } else if (isJump(row)) {
        code.offs()[slot] = jump(row, insn, at);
      } else {
        decodeOther(row, insn, at, slot, code);
      }
    }
    return code;
  }

  private int jump(Instruction row, Insn insn, int at) throws LinkException {
    int off = row.op() == Op.JA_L ? insn.imm() : insn.off();
    int target = at + 1 + off;
    if (target < start || target >= end) {
      throw new LinkException("jump out of range from insn %d to %d".formatted(at, target));
    }
    return off;
  }

  private void decodeOther(Instruction row, Insn insn, int at, int slot, Code code)
      throws LinkException {
    switch (row.op()) {
      case Op.CALL_LOCAL -> {
        Integer callee = names.functionsByStart().get(at + 1 + insn.imm());
        if (callee == null) {
          throw new LinkException("invalid destination of call at insn %d".formatted(at));
        }
        code.imms()[slot] = callees.size();
        callees.add(callee);
      }
      case Op.CALL_HELPER -> helperCall(insn, slot, code);
      case Op.CALL_KFUNC -> {
        HelperFunction function = names.references().kernelFunction(insn);
        if (function == null) {
          throw new LinkException("kernel btf_id %d is not a function".formatted(insn.imm()));
        }
        code.ops()[slot] = Code.CALL_CLOCKED;
        code.imms()[slot] = helperCalls.size();
        helperCalls.add(function);
        leavesSpecially = true;
      }
      case Op.CALLX -> code.imms()[slot] = indirectCalls++;
      case Op.ADDR_SPACE_CAST -> cast(insn, slot, code);
      case Op.LD_ABS_B, Op.LD_ABS_H, Op.LD_ABS_W, Op.LD_IND_B, Op.LD_IND_H, Op.LD_IND_W ->
          loadsPackets = true;
      default -> {
        // what the loop runs as it stands
      }
    }
  }

  private void helperCall(Insn insn, int slot, Code code) throws LinkException {
    if (insn.imm() == TAIL_CALL) {
      code.ops()[slot] = Code.CALL_TAIL;
      leavesSpecially = true;
      return;
    }
    HelperFunction function = names.helpers().function(insn.imm(), names.references().type());
    if (function == null) {
      throw new LinkException(
          "invalid func %s#%d".formatted(HelperCatalog.name(insn.imm()), insn.imm()));
    }
    code.imms()[slot] = helperCalls.size();
    if (CLOCKED.contains(insn.imm())) {
      code.ops()[slot] = Code.CALL_CLOCKED;
    }
    helperCalls.add(function);
  }

  private void cast(Insn insn, int slot, Code code) throws LinkException {
    Arena arena = names.references().arena();
    if (arena == null) {
      throw new LinkException(
          "addr_space_cast insn can only be used in a program that has an associated arena");
    }
    boolean toKernel = insn.imm() == 1;
    code.ops()[slot] = toKernel ? Code.CAST_KERNEL : Code.CAST_USER;
    code.imms()[slot] = toKernel ? arena.kernelStart() : arena.userStart() >>> 32 << 32;
  }

  /** The number of an instruction that only a verifier puts into programs. */
  private int special(Insn insn) throws LinkException {
    if (rewritten && insn.code() == Opcodes.NOSPEC) {
      return Code.NOTHING;
    }
    Insn plain = rewritten ? plain(insn) : null;
    Instruction row = plain == null ? null : InstructionSet.find(plain);
    if (row == null) {
      throw new LinkException("unknown opcode %02x".formatted(insn.code()));
    }
    int mode = insn.code() & 0xe0;
    boolean register = mode == Opcodes.BPF_PROBE_MEM || mode == Opcodes.BPF_PROBE_MEMSX;
    return row.op() + (register ? Code.PROBE : Code.PROBE_ARENA);
  }

  /** The access that one whose fault is forgiven was before the verifier marked it; or null. */
  private static @Nullable Insn plain(Insn insn) {
    int mode = insn.code() & 0xe0;
    int before =
        switch (insn.insnClass()) {
          case Opcodes.BPF_LDX ->
              switch (mode) {
                case Opcodes.BPF_PROBE_MEM, Opcodes.BPF_PROBE_MEM32 -> Opcodes.BPF_MEM;
                case Opcodes.BPF_PROBE_MEMSX, Opcodes.BPF_PROBE_MEM32SX -> Opcodes.BPF_MEMSX;
                default -> -1;
              };
          case Opcodes.BPF_ST -> mode == Opcodes.BPF_PROBE_MEM32 ? Opcodes.BPF_MEM : -1;
          case Opcodes.BPF_STX ->
              switch (mode) {
                case Opcodes.BPF_PROBE_MEM32 -> Opcodes.BPF_MEM;
                case Opcodes.BPF_PROBE_ATOMIC -> Opcodes.BPF_ATOMIC;
                default -> -1;
              };
          default -> -1;
        };
    return before < 0
        ? null
        : new Insn((insn.code() & ~0xe0) | before, insn.dst(), insn.src(), insn.off(), insn.imm());
  }

  private static boolean isJump(Instruction row) {
    return row.template().contains("$t") || row.op() == Op.JA_L;
  }

  private long wide(Instruction row, Insn insn, Insn second, int at) throws LinkException {
    return switch (row.op()) {
      case Op.LD_IMM64 -> insn.wideImm(second);
      case Op.LD_BTF_ID -> names.references().variable(insn.wideImm(second));
      case Op.LD_FUNC -> {
        Integer function = names.functionsByStart().get(at + 1 + insn.imm());
        if (function == null) {
          throw new LinkException("invalid function reference at insn %d".formatted(at));
        }
        yield names.handles()[function];
      }
      default -> {
        BpfMap map = names.references().map(insn);
        if (map == null) {
          throw new LinkException("fd %d is not pointing to valid bpf_map".formatted(insn.imm()));
        }
        boolean value = row.op() == Op.LD_MAP_VALUE || row.op() == Op.LD_MAP_IDX_VALUE;
        yield value ? map.directValue(second.imm()) : map.address();
      }
    };
  }

  /** Where control may enter a block: its start, jump targets from outside, and behind calls. */
  int[] entries(Code code, int from, int to) {
    TreeSet<Integer> entries = new TreeSet<>();
    entries.add(from);
    if (from > 0 && insns.get(start + from - 1).isWide()) {
      entries.add(from + 1);
    }
    for (int at = 0; at < code.length() - 1; at++) {
      Instruction row = code.ops()[at] < Op.COUNT ? InstructionSet.ROWS.get(code.ops()[at]) : null;
      boolean outside = at < from || at >= to;
      if (row != null && outside && isJump(row)) {
        int target = at + 1 + code.offs()[at];
        if (target >= from && target < to) {
          entries.add(target);
        }
      }
    }
    return entries.stream().mapToInt(Integer::intValue).toArray();
  }
}
