package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.RootNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.helper.HelperLibrary;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.time.VirtualClock;

/** Makes call targets of programs, for one kernel. */
public final class Linker {
  /** The longest function that is compiled in one piece; 4,000 were seen to work, 9,000 to fail. */
  private static final int WHOLE_LIMIT = 4000;

  private static final int BLOCK_LENGTH = 2000;

  /** {@code ktime_get_*} and {@code jiffies64}. */
  private static final Set<Integer> CLOCKED = Set.of(5, 118, 125, 160, 208);

  private final EbpfLanguage language;
  private final Memory memory;
  private final VirtualClock clock;
  private final ProgramStack stack;
  private final HelperLibrary helpers;
  private final LongFunction<@Nullable BpfMap> mapsByAddress;
  private final FunctionTable functionTable;

  /**
   * Makes the linker.
   *
   * @param mapsByAddress finds a map by the address that programs know it by
   */
  public Linker(
      KernelCore core,
      EbpfLanguage language,
      HelperLibrary helpers,
      LongFunction<@Nullable BpfMap> mapsByAddress,
      FunctionTable functionTable) {
    KernelStack kernelStack = core.allocateStack();
    if (kernelStack == null) {
      throw new IllegalStateException("no memory for the eBPF stack");
    }
    this.language = language;
    this.memory = core.guestMemory();
    this.clock = core.clock();
    this.stack = new ProgramStack(kernelStack);
    this.helpers = helpers;
    this.mapsByAddress = mapsByAddress;
    this.functionTable = functionTable;
  }

  /** What the references of a program's instructions mean. */
  public interface References {
    /** The map behind a map reference's first {@code imm}, or null. */
    @Nullable BpfMap map(Insn first);

    /** The type of the program. */
    default ProgramType type() {
      return ProgramType.UNSPEC;
    }

    /** The address of the kernel variable behind a {@code BPF_PSEUDO_BTF_ID}. */
    default long variable(long btfId) {
      return 0;
    }
  }

  /**
   * Links a program.
   *
   * @return takes the context's address as a boxed long, returns r0 as a boxed long
   * @throws LinkException where it jumps out of its function, calls what does not exist, or is no
   *     eBPF at all
   */
  public CallTarget link(Executable program, References references) throws LinkException {
    List<Executable.Function> functions = program.functions();
    List<CallTarget> targets = new ArrayList<>();
    List<Pending> pending = new ArrayList<>();
    Map<Integer, Integer> byStart = new HashMap<>();
    for (int i = 0; i < functions.size(); i++) {
      byStart.put(functions.get(i).start(), i);
    }
    long[] handles = functionTable.reserve(functions.size());
    for (int i = 0; i < functions.size(); i++) {
      int end = i + 1 < functions.size() ? functions.get(i + 1).start() : program.insns().size();
      Decoder decoder =
          new Decoder(program.insns(), functions.get(i).start(), end, references, byStart, handles);
      Pending function =
          function(decoder, i == 0 ? program.name() : functions.get(i).name(), i == 0);
      pending.add(function);
      targets.add(function.target);
    }
    for (int i = 0; i < functions.size(); i++) {
      pending.get(i).connect(targets);
      functionTable.set(handles[i], targets.get(i));
    }
    return targets.getFirst();
  }

  /** A function whose calls of other functions are not connected yet. */
  private record Pending(
      CallTarget target,
      List<DirectCallNode[]> calls,
      List<Integer> callees,
      List<DispatchNode> at) {
    void connect(List<CallTarget> targets) {
      for (int piece = 0; piece < calls.size(); piece++) {
        DirectCallNode[] nodes = calls.get(piece);
        for (int i = 0; i < nodes.length; i++) {
          nodes[i] = DirectCallNode.create(targets.get(callees.get(i)));
        }
        at.get(piece).adoptCalls();
      }
    }
  }

  private Pending function(Decoder decoder, String name, boolean main) throws LinkException {
    Code code = decoder.decode();
    List<DirectCallNode[]> calls = new ArrayList<>();
    List<DispatchNode> dispatches = new ArrayList<>();
    BodyNode body;
    if (code.length() <= WHOLE_LIMIT) {
      body =
          new BodyNode.Whole(
              piece(decoder, code, 0, code.length(), new int[] {0}, calls, dispatches));
    } else {
      int blocks = (code.length() + BLOCK_LENGTH - 1) / BLOCK_LENGTH;
      DirectCallNode[] nodes = new DirectCallNode[blocks];
      for (int i = 0; i < blocks; i++) {
        int from = i * BLOCK_LENGTH;
        int to = Math.min(from + BLOCK_LENGTH, code.length());
        DispatchNode dispatch =
            piece(decoder, code, from, to, decoder.entries(code, from, to), calls, dispatches);
        RootNode root = new BodyNode.BlockRootNode(language, name + "[" + i + "]", dispatch);
        nodes[i] = DirectCallNode.create(root.getCallTarget());
      }
      body = new BodyNode.Blocks(nodes, BLOCK_LENGTH);
    }
    RootNode root =
        new FunctionRootNode(language, name, main ? 1 : 5, decoder.usesStack, stack, body);
    return new Pending(root.getCallTarget(), calls, decoder.callees, dispatches);
  }

  private DispatchNode piece(
      Decoder decoder,
      Code code,
      int from,
      int to,
      int[] entries,
      List<DirectCallNode[]> calls,
      List<DispatchNode> dispatches) {
    HelperCallNode[] helperCalls = new HelperCallNode[decoder.helperCalls.size()];
    for (int i = 0; i < helperCalls.length; i++) {
      helperCalls[i] = HelperCallNode.create(decoder.helperCalls.get(i), mapsByAddress);
    }
    DirectCallNode[] localCalls = new DirectCallNode[decoder.callees.size()];
    DispatchNode dispatch =
        new DispatchNode(code, from, to, entries, memory, clock, helperCalls, localCalls);
    calls.add(localCalls);
    dispatches.add(dispatch);
    return dispatch;
  }

  /** Predecodes one function. */
  private final class Decoder {
    private final List<Insn> insns;
    private final int start;
    private final int end;
    private final References references;
    private final Map<Integer, Integer> functionsByStart;
    private final long[] handles;
    private final List<HelperFunction> helperCalls = new ArrayList<>();
    private final List<Integer> callees = new ArrayList<>();
    private boolean usesStack;

    Decoder(
        List<Insn> insns,
        int start,
        int end,
        References references,
        Map<Integer, Integer> functionsByStart,
        long[] handles) {
      this.insns = insns;
      this.start = start;
      this.end = end;
      this.references = references;
      this.functionsByStart = functionsByStart;
      this.handles = handles;
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
        Instruction row = InstructionSet.find(insn);
        if (row == null) {
          throw new LinkException("unknown opcode %02x".formatted(insn.code()));
        }
        if (insn.dst() > Opcodes.BPF_REG_AX || insn.src() > Opcodes.BPF_REG_AX) {
          throw new LinkException("R%d is invalid".formatted(Math.max(insn.dst(), insn.src())));
        }
        usesStack |= insn.dst() == Opcodes.BPF_REG_FP || insn.src() == Opcodes.BPF_REG_FP;
        int slot = at - start;
        code.ops()[slot] = row.op();
        code.dsts()[slot] = (byte) insn.dst();
        code.srcs()[slot] = (byte) insn.src();
        code.offs()[slot] = insn.off();
        code.imms()[slot] = insn.imm();
        if (row.wide()) {
          if (at + 1 >= end) {
            throw new LinkException("invalid bpf_ld_imm64 insn");
          }
          code.imms()[slot] = wide(row, insn, insns.get(at + 1), at);
          at = skipSecond(at, slot, code);
        } else if (isJump(row)) {
          int off = row.op() == Op.JA_L ? insn.imm() : insn.off();
          int target = at + 1 + off;
          if (target < start || target >= end) {
            throw new LinkException("jump out of range from insn %d to %d".formatted(at, target));
          }
          code.offs()[slot] = off;
        } else if (row.op() == Op.CALL_LOCAL) {
          Integer callee = functionsByStart.get(at + 1 + insn.imm());
          if (callee == null) {
            throw new LinkException("invalid destination of call at insn %d".formatted(at));
          }
          code.imms()[slot] = callees.size();
          callees.add(callee);
        } else if (row.op() == Op.CALL_HELPER) {
          helperCall(insn, slot, code);
        } else if (!executable(row)) {
          throw new LinkException("unknown opcode %02x".formatted(insn.code()));
        }
      }
      return code;
    }

    private int skipSecond(int at, int slot, Code code) {
      // A jump into the second slot is refused by the verifier and falls off the text here.
      code.ops()[slot + 1] = Code.OUT_OF_TEXT;
      return at + 1;
    }

    private void helperCall(Insn insn, int slot, Code code) throws LinkException {
      HelperFunction function = helpers.function(insn.imm(), references.type());
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

    private boolean executable(Instruction row) {
      return switch (row.op()) {
        case Op.CALLX, Op.CALL_KFUNC -> false;
        default -> row.group() != ringside.ebpf.isa.Conformance.PACKET;
      };
    }

    private static boolean isJump(Instruction row) {
      return row.template().contains("$t") || row.op() == Op.JA_L;
    }

    private long wide(Instruction row, Insn insn, Insn second, int at) throws LinkException {
      return switch (row.op()) {
        case Op.LD_IMM64 -> insn.wideImm(second);
        case Op.LD_BTF_ID -> references.variable(insn.wideImm(second));
        case Op.LD_FUNC -> {
          Integer function = functionsByStart.get(at + 1 + insn.imm());
          if (function == null) {
            throw new LinkException("invalid function reference at insn %d".formatted(at));
          }
          yield handles[function];
        }
        default -> {
          BpfMap map = references.map(insn);
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
        Instruction row =
            code.ops()[at] < Op.COUNT ? InstructionSet.ROWS.get(code.ops()[at]) : null;
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
}
