package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.RootNode;
import com.oracle.truffle.api.source.SourceSection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.helper.HelperLibrary;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.time.VirtualClock;

/** Makes call targets of programs, for one kernel. */
public final class Linker {
  /** The longest function that is compiled in one piece; 4,000 were seen to work, 9,000 to fail. */
  private static final int WHOLE_LIMIT = 4000;

  private static final int BLOCK_LENGTH = 2000;

  private final EbpfLanguage language;
  private final Memory memory;
  private final VirtualClock clock;
  private final ProgramStack stack;
  private final HelperLibrary helpers;
  private final LongFunction<@Nullable BpfMap> mapsByAddress;
  private final FunctionTable functionTable;
  private final MemoryAccess access;
  private final TailCalls tailCalls;
  private final Supplier<StructLayout> skb;

  /**
   * What a linker needs of a machine.
   *
   * @param skb the layout of {@code struct sk_buff}, asked for by packet loads
   */
  public record Environment(
      EbpfLanguage language,
      Memory memory,
      VirtualClock clock,
      KernelStack stack,
      Supplier<StructLayout> skb) {
    /**
     * That of a kernel.
     *
     * @throws IllegalStateException where it has no memory for a stack
     */
    public static Environment of(KernelCore core, EbpfLanguage language) {
      KernelStack stack = core.allocateStack();
      if (stack == null) {
        throw new IllegalStateException("no memory for the eBPF stack");
      }
      return new Environment(
          language, core.guestMemory(), core.clock(), stack, () -> core.layouts().of("sk_buff"));
    }
  }

  /**
   * Makes the linker.
   *
   * @param mapsByAddress finds a map by the address that programs know it by
   * @param arrays finds what {@code bpf_tail_call} goes to
   */
  public Linker(
      Environment environment,
      HelperLibrary helpers,
      LongFunction<@Nullable BpfMap> mapsByAddress,
      FunctionTable functionTable,
      ProgramArrays arrays) {
    this.language = environment.language();
    this.memory = environment.memory();
    this.clock = environment.clock();
    this.stack = new ProgramStack(environment.stack());
    this.skb = environment.skb();
    this.helpers = helpers;
    this.mapsByAddress = mapsByAddress;
    this.functionTable = functionTable;
    this.access = new MemoryAccess(memory);
    this.tailCalls = new TailCalls(mapsByAddress, arrays);
  }

  /** What the references of a program's instructions mean. */
  public interface References {
    /** The map behind a map reference's first {@code imm}, or null. */
    @Nullable BpfMap map(Insn first);

    /** The type of the program. */
    default ProgramType type() {
      return ProgramType.UNSPEC;
    }

    /** Which source the program comes from, for tools; null where they need not see it. */
    default @Nullable SourceMap sources() {
      return null;
    }

    /** The address of the kernel variable behind a {@code BPF_PSEUDO_BTF_ID}. */
    default long variable(long btfId) {
      return 0;
    }

    /** The code of the kernel function that a call names by its BTF id, or null. */
    default @Nullable HelperFunction kernelFunction(Insn call) {
      return null;
    }

    /** The arena among the program's maps, or null. */
    default @Nullable Arena arena() {
      return null;
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
    return link(program, references, 1);
  }

  /**
   * Links a program whose main function takes r1–r5 as boxed longs.
   *
   * @throws LinkException as {@link #link} does
   */
  public CallTarget linkFunction(Executable program, References references) throws LinkException {
    return link(program, references, 5);
  }

  private CallTarget link(Executable program, References references, int arguments)
      throws LinkException {
    List<Executable.Function> functions = program.functions();
    Functions linked = new Functions();
    List<CallTarget> targets = linked.targets();
    Map<Integer, Integer> byStart = new HashMap<>();
    for (int i = 0; i < functions.size(); i++) {
      byStart.put(functions.get(i).start(), i);
    }
    long[] handles = functionTable.reserve(functions.size());
    Names names = new Names(references, helpers, byStart, handles);
    boolean entryNeeded = false;
    for (int i = 0; i < functions.size(); i++) {
      int end = i + 1 < functions.size() ? functions.get(i + 1).start() : program.insns().size();
      Decoder decoder = new Decoder(program, functions.get(i).start(), end, names);
      targets.add(
          function(
              decoder,
              references,
              i == 0 ? program.name() : functions.get(i).name(),
              i == 0 ? arguments : 5,
              linked));
      entryNeeded |= decoder.leavesSpecially();
    }
    linked.complete();
    for (int i = 0; i < functions.size(); i++) {
      functionTable.set(handles[i], targets.get(i));
    }
    if (!entryNeeded) {
      return targets.getFirst();
    }
    int callback = program.exceptionCallback();
    return new ProgramRootNode(
            language,
            program.name(),
            tailCalls,
            targets.getFirst(),
            callback < 0 ? null : targets.get(callback))
        .getCallTarget();
  }

  /**
   * What a decoder looks names up in.
   *
   * @param functionsByStart the program's functions by first slot
   * @param handles the addresses that the functions have as callbacks
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Names(
      References references,
      HelperLibrary helpers,
      Map<Integer, Integer> functionsByStart,
      long[] handles) {}

  /**
   * The functions of a program, and what of them is not connected yet.
   *
   * <p>A tool may ask for a function's statements while the function behind it does not exist yet,
   * or long after the program is linked.
   */
  private static final class Functions {
    private final List<CallTarget> targets = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();
    private boolean complete;

    List<CallTarget> targets() {
      return targets;
    }

    void add(Pending piece) {
      if (complete) {
        piece.connect(targets);
      } else {
        pending.add(piece);
      }
    }

    void complete() {
      complete = true;
      pending.forEach(each -> each.connect(targets));
      pending.clear();
    }
  }

  /** A function whose calls of other functions are not connected yet. */
  private record Pending(
      List<DirectCallNode[]> calls, List<Integer> callees, List<DispatchNode> at) {
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

  private CallTarget function(
      Decoder decoder, References references, String name, int arguments, Functions linked)
      throws LinkException {
    Arena arena = references.arena();
    Code code = decoder.decode();
    DispatchNode.Machine machine =
        new DispatchNode.Machine(
            memory,
            access,
            clock,
            tailCalls,
            decoder.loadsPackets() ? new PacketLoads(memory, skb.get()) : null,
            arena == null ? 0 : arena.kernelStart());
    List<DirectCallNode[]> calls = new ArrayList<>();
    List<DispatchNode> dispatches = new ArrayList<>();
    BodyNode body;
    if (code.length() <= WHOLE_LIMIT) {
      body =
          new BodyNode.Whole(
              piece(decoder, machine, code, 0, code.length(), new int[] {0}, calls, dispatches));
    } else {
      int blocks = (code.length() + BLOCK_LENGTH - 1) / BLOCK_LENGTH;
      DirectCallNode[] nodes = new DirectCallNode[blocks];
      for (int i = 0; i < blocks; i++) {
        int from = i * BLOCK_LENGTH;
        int to = Math.min(from + BLOCK_LENGTH, code.length());
        DispatchNode dispatch =
            piece(
                decoder,
                machine,
                code,
                from,
                to,
                decoder.entries(code, from, to),
                calls,
                dispatches);
        RootNode root = new BodyNode.BlockRootNode(language, name + "[" + i + "]", dispatch);
        nodes[i] = DirectCallNode.create(root.getCallTarget());
      }
      body = new BodyNode.Blocks(nodes, BLOCK_LENGTH);
    }
    body = traced(decoder, machine, code, references.sources(), linked, body);
    RootNode root =
        new FunctionRootNode(
            language, name, arguments, stackUse(decoder, arguments == 1), stack, tailCalls, body);
    linked.add(new Pending(calls, decoder.callees(), dispatches));
    return root.getCallTarget();
  }

  private static FunctionRootNode.StackUse stackUse(Decoder decoder, boolean main) {
    if (decoder.usesStack()) {
      return FunctionRootNode.StackUse.FRAME;
    }
    return main ? FunctionRootNode.StackUse.NOTHING : FunctionRootNode.StackUse.REGISTERS;
  }

  /** The body as tools can see it, where the program's source is known. */
  private BodyNode traced(
      Decoder decoder,
      DispatchNode.Machine machine,
      Code code,
      @Nullable SourceMap sources,
      Functions linked,
      BodyNode body) {
    List<SourceMap.Statement> statements =
        sources == null ? List.of() : sources.within(decoder.start(), decoder.end());
    if (statements.isEmpty()) {
      return body;
    }
    return new TracedBody(
        SourceMap.span(statements),
        body,
        () -> {
          List<StatementNode> nodes = new ArrayList<>();
          int from = 0;
          SourceSection section = null;
          for (SourceMap.Statement statement : statements) {
            int start = statement.insn() - decoder.start();
            if (start > from) {
              nodes.add(statement(section, decoder, machine, code, from, start, linked));
            }
            from = start;
            section = statement.section();
          }
          nodes.add(statement(section, decoder, machine, code, from, code.length(), linked));
          return new SteppedBody(nodes.toArray(StatementNode[]::new));
        });
  }

  private StatementNode statement(
      @Nullable SourceSection section,
      Decoder decoder,
      DispatchNode.Machine machine,
      Code code,
      int from,
      int to,
      Functions linked) {
    List<DirectCallNode[]> calls = new ArrayList<>();
    List<DispatchNode> dispatches = new ArrayList<>();
    int[] entries = decoder.entries(code, from, to);
    DispatchNode dispatch = piece(decoder, machine, code, from, to, entries, calls, dispatches);
    linked.add(new Pending(calls, decoder.callees(), dispatches));
    return new StatementNode.Plain(section, from, to, memory, dispatch);
  }

  private DispatchNode piece(
      Decoder decoder,
      DispatchNode.Machine machine,
      Code code,
      int from,
      int to,
      int[] entries,
      List<DirectCallNode[]> calls,
      List<DispatchNode> dispatches) {
    HelperCallNode[] helperCalls = new HelperCallNode[decoder.helperCalls().size()];
    for (int i = 0; i < helperCalls.length; i++) {
      helperCalls[i] = HelperCallNode.create(decoder.helperCalls().get(i), mapsByAddress);
    }
    CallxNode[] indirectCalls = new CallxNode[decoder.indirectCalls()];
    for (int i = 0; i < indirectCalls.length; i++) {
      indirectCalls[i] = new CallxNode(functionTable, helpers, mapsByAddress);
    }
    DirectCallNode[] localCalls = new DirectCallNode[decoder.callees().size()];
    DispatchNode dispatch =
        new DispatchNode(code, from, to, entries, machine, helperCalls, indirectCalls, localCalls);
    calls.add(localCalls);
    dispatches.add(dispatch);
    return dispatch;
  }
}
