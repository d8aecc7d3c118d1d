package ringside.ebpf.verifier;

import com.google.errorprone.annotations.FormatMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperPrototype;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Licenses;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;

/**
 * What the parts of the verifier share while they verify one program.
 *
 * <p>Holds no rules. Each rule lives in the class named after it and takes this as its first field.
 */
final class VerifierEnv {
  static final int COMPLEXITY_LIMIT_INSNS = 1_000_000;

  final VerifierInput input;
  final Program program;
  final VerifierLog log;
  final ProgramType type;

  /** CAP_BPF: loops, global functions, imprecise scalars. */
  final boolean bpfCapable;

  /** CAP_PERFMON: pointers may be seen as numbers. */
  final boolean allowPtrLeaks;

  final boolean allowUninitStack;

  /** CAP_PERFMON: no protection against speculative execution needed. */
  final boolean bypassSpecV1;

  /** CAP_PERFMON: no protection against loads that overtake stores needed. */
  final boolean bypassSpecV4;

  /** Scalars must match exactly: masks of pointer moves may differ between paths. */
  boolean exploreAluLimits;

  final boolean strictAlignment;
  final boolean testStateFreq;
  final boolean testRegInvariants;
  final boolean sleepable;

  /** Whether the licence gives access to what is exported under the GPL only. */
  final boolean gplCompatible;

  /** The program's types, or null. */
  final @Nullable Btf programBtf;

  /** The kernel's types, or null. */
  final @Nullable Btf kernelBtf;

  /** What the program calls of the kernel by BTF id. */
  final KfuncTable kfuncs;

  /** The kernel function that the program attaches to, for program types that name one. */
  @Nullable AttachTarget attachTarget;

  /** The function that {@code bpf_throw} runs, or -1. */
  int exceptionCallback = -1;

  /** Its first instruction, or -1. */
  int exceptionStart = -1;

  /** The arena that the program uses, or null. */
  @Nullable MapDescriptor arena;

  private @Nullable Map<Integer, BtfRecord> structRecords;

  /** CPUs the kernel may have, {@code nr_cpu_ids}. */
  final int nrCpuIds;

  final List<Subprogram> subprograms = new ArrayList<>();
  int[] postorder = {};
  final List<MapDescriptor> usedMaps = new ArrayList<>();

  /** Every function that can be called, in order of its start. */
  private final TreeMap<Integer, Integer> subprogByStart = new TreeMap<>();

  VerifierState state = new VerifierState();
  int insnIdx;
  int prevInsnIdx;
  int insnProcessed;
  int jmpsProcessed;
  int prevInsnProcessed;
  int prevJmpsProcessed;
  int maxStatesPerInsn;
  int totalStates;
  int peakStates;
  int idGen;

  /** The history entry that belongs to the current instruction, if it has one already. */
  VerifierState.@Nullable HistoryEntry curHistory;

  /** Registers and stack slots touched since the log last printed the state. */
  int scratchedRegs;

  long scratchedSlots;
  long prevLogPos;
  int prevInsnPrintLen;
  VerifierInput.@Nullable LineInfo prevLine;

  private final Set<VerifierBug> bugs;

  VerifierEnv(VerifierInput input, int nrCpuIds, Set<VerifierBug> bugs) {
    this.bugs = bugs;
    this.input = input;
    program = new Program(input.insns());
    log = new VerifierLog(input.logLevel());
    type = input.type();
    this.nrCpuIds = nrCpuIds;
    VerifierInput.Capabilities caps = input.capabilities();
    boolean bpf = caps.bpf() || caps.sysAdmin();
    boolean perfmon = caps.perfmon() || caps.sysAdmin();
    bpfCapable = bpf;
    allowPtrLeaks = perfmon;
    allowUninitStack = perfmon;
    bypassSpecV1 = perfmon;
    bypassSpecV4 = perfmon;
    strictAlignment = (input.flags() & VerifierInput.BPF_F_STRICT_ALIGNMENT) != 0;
    testStateFreq = bpf && (input.flags() & VerifierInput.BPF_F_TEST_STATE_FREQ) != 0;
    testRegInvariants = (input.flags() & VerifierInput.BPF_F_TEST_REG_INVARIANTS) != 0;
    gplCompatible = Licenses.gplCompatible(input.license());
    programBtf = input.types().program();
    kernelBtf = input.types().kernel();
    kfuncs = new KfuncTable(this);
    sleepable = (input.flags() & VerifierInput.BPF_F_SLEEPABLE) != 0;
  }

  /** Tells whether an old mistake is to be made again. */
  boolean has(VerifierBug bug) {
    return bugs.contains(bug);
  }

  /** Tells whether any old mistake is to be made again. */
  boolean flawed() {
    return !bugs.isEmpty();
  }

  Insn insn() {
    return program.insn(insnIdx);
  }

  InsnAux aux() {
    return program.aux[insnIdx];
  }

  RegState[] regs() {
    return state.cur().regs;
  }

  RegState reg(int n) {
    return state.cur().regs[n];
  }

  @SuppressWarnings("ReferenceEquality") // there is one object of each BTF
  boolean isKernel(Btf btf) {
    return btf == kernelBtf;
  }

  /** Whether what RCU protects stays valid here ({@code in_rcu_cs}). */
  boolean inRcuSection() {
    return state.rcuReadLock || state.activeLocks > 0 || !state.inSleepable;
  }

  /** The special fields of a struct of the program's, or null. */
  @Nullable BtfRecord structRecord(Btf btf, int id) {
    Btf kernel = kernelBtf;
    if (kernel == null || isKernel(btf)) {
      return null;
    }
    Map<Integer, BtfRecord> records = structRecords;
    if (records == null) {
      records = StructRecords.of(btf, kernel);
      structRecords = records;
    }
    return records.get(id);
  }

  /** The kernel struct behind a pointer that has a type of its own, or null. */
  @Nullable String kernelTypeOf(int type) {
    return switch (RegType.base(type)) {
      case RegType.PTR_TO_SOCKET -> "sock";
      case RegType.PTR_TO_SOCK_COMMON -> "sock_common";
      case RegType.PTR_TO_TCP_SOCK -> "tcp_sock";
      case RegType.CONST_PTR_TO_MAP -> "bpf_map";
      default -> null;
    };
  }

  /** The frame that a stack pointer points into. */
  FuncState frameOf(RegState pointer) {
    return state.frame(pointer.frameno);
  }

  /** Prints the reason to the log and returns the exception to throw. */
  VerifierReject reject(int errno, String message) {
    log.complain(message);
    return new VerifierReject(errno, message);
  }

  @FormatMethod
  VerifierReject reject(int errno, String format, Object... args) {
    return reject(errno, String.format(format, args));
  }

  @FormatMethod
  void complain(String format, Object... args) {
    log.complain(String.format(format, args));
  }

  /** A broken promise of the verifier to itself; Linux prints the same. */
  VerifierReject bug(String message) {
    return reject(VerifierReject.EFAULT, "verifier bug: " + message);
  }

  void addSubprogram(int start) {
    subprogByStart.putIfAbsent(start, 0);
  }

  /** Numbers the functions in order of their start. */
  void sealSubprograms() {
    subprograms.clear();
    for (Map.Entry<Integer, Integer> e : subprogByStart.entrySet()) {
      e.setValue(subprograms.size());
      subprograms.add(new Subprogram(e.getKey()));
    }
    for (int i = 0; i < subprograms.size(); i++) {
      subprograms.get(i).end =
          i + 1 < subprograms.size() ? subprograms.get(i + 1).start : program.length();
    }
  }

  int subprogramCount() {
    return subprogByStart.size();
  }

  /** Number of the function that starts at an instruction, or -1. */
  int findSubprogram(int start) {
    return subprogByStart.getOrDefault(start, -1);
  }

  /** The function that an instruction belongs to. */
  Subprogram containing(int insn) {
    Map.Entry<Integer, Integer> e = subprogByStart.floorEntry(insn);
    if (e == null) {
      throw new IllegalStateException("instruction " + insn + " is in no function");
    }
    return subprograms.get(e.getValue());
  }

  /** The prototype of the helper that an instruction calls, or null. */
  @Nullable HelperPrototype prototype(Insn call) {
    return input.helpers().prototype(call.imm());
  }

  void scratchReg(int reg) {
    scratchedRegs |= 1 << reg;
  }

  void scratchSlot(int slot) {
    scratchedSlots |= 1L << slot;
  }

  void scratchAll() {
    scratchedRegs = -1;
    scratchedSlots = -1L;
  }

  void scratchNone() {
    scratchedRegs = 0;
    scratchedSlots = 0;
  }

  /** Makes the register an unknown number, precise at once for programs without CAP_BPF. */
  void markUnknown(RegState r) {
    r.markUnknownImprecise();
    r.precise = !bpfCapable;
  }

  void markConstZero(RegState r) {
    r.markKnown(0);
    r.type = RegType.SCALAR_VALUE;
    r.precise = !bpfCapable;
  }

  /** A pointer whose bits the loading task may not learn. */
  boolean isPointerValue(RegState r) {
    return !allowPtrLeaks && r.type != RegType.SCALAR_VALUE;
  }

  /** Notes something about the current instruction for later backtracking. */
  void pushHistory(VerifierState st, int flags, long @Nullable [] linked) {
    VerifierState.HistoryEntry e = curHistory;
    if (e != null) {
      e.flags |= flags;
      if (linked != null) {
        e.linked = linked;
      }
      return;
    }
    e = st.addHistory();
    e.idx = insnIdx;
    e.prevIdx = prevInsnIdx;
    e.flags = flags;
    e.linked = linked;
    curHistory = e;
  }
}
