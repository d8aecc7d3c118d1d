package ringside.rv64.vm;

import com.oracle.truffle.api.Assumption;
import com.oracle.truffle.api.CompilerAsserts;
import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.CompilerDirectives.CompilationFinal;
import com.oracle.truffle.api.HostCompilerDirectives.BytecodeInterpreterSwitch;
import com.oracle.truffle.api.Truffle;
import com.oracle.truffle.api.TruffleSafepoint;
import com.oracle.truffle.api.frame.FrameDescriptor;
import com.oracle.truffle.api.frame.FrameSlotKind;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.BytecodeOSRNode;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import com.oracle.truffle.api.nodes.ExplodeLoop.LoopExplosionKind;
import com.oracle.truffle.api.nodes.LoopNode;
import com.oracle.truffle.api.nodes.RootNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.mm.Memory;
import ringside.rv64.code.Block;
import ringside.rv64.code.Function;
import ringside.rv64.code.RegisterFlow;
import ringside.rv64.hart.Hart;
import ringside.rv64.isa.Instruction;
import ringside.rv64.isa.Op;

/**
 * One function of machine code: the dispatch over its blocks and its instructions.
 *
 * <p>Large on purpose: the two methods that switch are what partial evaluation unfolds, and they
 * must see each other. Registers and the instruction credit live in static frame slots; {@link
 * RegisterFlow} says what is exchanged with the hart at calls and departures. Control leaves by
 * returning, with the hart's pc where to go on.
 */
final class FunctionRootNode extends RootNode implements BytecodeOSRNode {
  /** The frame slot behind those of the registers: instructions left until the next poll. */
  private static final int CREDIT = 32;

  /** What a function returns; what matters is the hart's state. */
  private static final Object LEFT = true;

  /** In place of a block: the function is left. */
  private static final int LEAVING = -1;

  /** Back-edges assumed to lie between two polls, for the tier-up thresholds. */
  private static final int LOOPS_PER_POLL = 128;

  private final CodeCache code;
  private final Function function;
  private final RegisterFlow flow;
  private final Hart hart;
  private final Memory memory;
  private final boolean user;
  private final Assumption valid;

  @CompilationFinal(dimensions = 1)
  private final Op[] ops;

  @CompilationFinal(dimensions = 1)
  private final byte[] rds;

  @CompilationFinal(dimensions = 1)
  private final byte[] rs1s;

  @CompilationFinal(dimensions = 1)
  private final byte[] rs2s;

  @CompilationFinal(dimensions = 1)
  private final long[] immediates;

  @CompilationFinal(dimensions = 1)
  private final long[] pcs;

  @CompilationFinal(dimensions = 1)
  private final Block[] blocks;

  @CompilationFinal(dimensions = 1)
  private final int[] spills;

  @CompilationFinal(dimensions = 1)
  private final int[] fills;

  // Per block: how often its branch was not taken, taken. Counted by the interpreter, read by the
  // compiler, which sees what stands there when it compiles.
  @CompilationFinal(dimensions = 1)
  private final int[] branchCounts;

  @Children private final @Nullable CallSite[] calls;
  @CompilationFinal private @Nullable Object osrMetadata;

  FunctionRootNode(CodeCache code, Function function, boolean user) {
    super(code.language(), registers());
    this.code = code;
    this.function = function;
    this.flow = new RegisterFlow(function);
    this.hart = code.hart();
    this.memory = hart.memory();
    this.user = user;
    this.valid = Truffle.getRuntime().createAssumption("code is unchanged");
    List<Instruction> instructions = function.instructions();
    int count = instructions.size();
    this.ops = new Op[count];
    this.rds = new byte[count];
    this.rs1s = new byte[count];
    this.rs2s = new byte[count];
    this.immediates = new long[count];
    this.pcs = function.addresses();
    for (int i = 0; i < count; i++) {
      Instruction instruction = instructions.get(i);
      ops[i] = instruction.op();
      rds[i] = (byte) instruction.rd();
      rs1s[i] = (byte) instruction.rs1();
      rs2s[i] = (byte) instruction.rs2();
      immediates[i] = instruction.immediate();
    }
    this.blocks = function.blocks().toArray(Block[]::new);
    this.spills = new int[blocks.length];
    this.fills = new int[blocks.length];
    this.branchCounts = new int[2 * blocks.length];
    this.calls = new CallSite[blocks.length];
    for (int b = 0; b < blocks.length; b++) {
      spills[b] = flow.spill(b);
      fills[b] = flow.live(b);
      if (blocks[b].kind() == Block.Kind.CALL || blocks[b].kind() == Block.Kind.CALL_REGISTER) {
        calls[b] = new CallSite(code);
      }
    }
  }

  private static FrameDescriptor registers() {
    FrameDescriptor.Builder builder = FrameDescriptor.newBuilder(CREDIT + 1);
    builder.addSlots(CREDIT + 1, FrameSlotKind.Static);
    return builder.build();
  }

  /** The code. */
  Function function() {
    return function;
  }

  /** Whether the code in memory is still what was decoded. */
  boolean valid() {
    return valid.isValid();
  }

  /** Makes everybody look the code up again. */
  void invalidate() {
    valid.invalidate("code has been changed or unmapped");
  }

  @Override
  public Object execute(VirtualFrame frame) {
    int entry = function.entry();
    frame.setLongStatic(CREDIT, hart.credit);
    if (frame.getLongStatic(CREDIT) < 0) {
      hart.pc = pcs[blocks[entry].start()];
      if (hart.poll()) {
        return LEFT;
      }
      frame.setLongStatic(CREDIT, hart.credit);
    }
    fill(frame, fills[entry]);
    return run(frame, entry);
  }

  @BytecodeInterpreterSwitch
  @ExplodeLoop(kind = LoopExplosionKind.MERGE_EXPLODE)
  private Object run(VirtualFrame frame, int start) {
    // All ways out go through one more iteration: behind the loop b would be a constant no more.
    int b = start;
    while (b != LEAVING) {
      CompilerAsserts.partialEvaluationConstant(b);
      Block block = blocks[b];
      frame.setLongStatic(CREDIT, frame.getLongStatic(CREDIT) - block.size());
      straight(frame, b, block);
      int end = block.end();
      switch (block.kind()) {
        case FALL -> {
          b = block.next();
          continue;
        }
        case BRANCH -> {
          // Two continues, so that b stays a constant on each way.
          if (profiled(b, condition(frame, end))) {
            if (block.taken() <= b && overdue(frame)) {
              if (backEdge(frame, b, block.taken())) {
                b = LEAVING;
                continue;
              }
            }
            b = block.taken();
            continue;
          }
          b = block.next();
          continue;
        }
        case JUMP -> {
          if (block.taken() <= b && overdue(frame)) {
            if (backEdge(frame, b, block.taken())) {
              b = LEAVING;
              continue;
            }
          }
          b = block.taken();
          continue;
        }
        case CALL -> {
          long back = pcs[end] + function.instructions().get(end).length();
          write(frame, rds[end], back);
          if (!call(frame, b, block, block.target(), back)) {
            b = LEAVING;
            continue;
          }
          b = block.next();
          continue;
        }
        case CALL_REGISTER -> {
          long back = pcs[end] + function.instructions().get(end).length();
          long target = read(frame, rs1s[end]) + immediates[end] & -2;
          write(frame, rds[end], back);
          if (!call(frame, b, block, target, back)) {
            b = LEAVING;
            continue;
          }
          b = block.next();
          continue;
        }
        case TAIL_JUMP, LEAVE -> {
          leave(frame, b, block.target());
          b = LEAVING;
          continue;
        }
        case JUMP_REGISTER -> {
          leave(frame, b, read(frame, rs1s[end]) + immediates[end] & -2);
          b = LEAVING;
          continue;
        }
        case SYSTEM -> {
          system(frame, b, end);
          b = block.next();
          continue;
        }
        case ECALL -> {
          if (user) {
            leave(frame, b, pcs[end]);
            hart.exit = Hart.SYSCALL;
            b = LEAVING;
            continue;
          }
          system(frame, b, end);
          b = block.next();
          continue;
        }
        case RESUME -> {
          leave(frame, b, pcs[end]);
          resume(end);
          b = LEAVING;
          continue;
        }
        case EBREAK, ILLEGAL -> {
          leave(frame, b, pcs[end]);
          trap(block, end);
          b = LEAVING;
          continue;
        }
      }
    }
    return LEFT;
  }

  // --- exchange with the hart ---

  private boolean call(VirtualFrame frame, int b, Block block, long target, long back) {
    CallSite site = calls[b];
    leave(frame, b, target);
    if (site == null || !site.call(target, back)) {
      return false;
    }
    if (!valid.isValid()) {
      return false;
    }
    fill(frame, fills[block.next()]);
    frame.setLongStatic(CREDIT, hart.credit);
    return true;
  }

  private void leave(VirtualFrame frame, int b, long pc) {
    spill(frame, spills[b]);
    hart.credit = frame.getLongStatic(CREDIT);
    hart.pc = pc;
  }

  private void system(VirtualFrame frame, int b, int end) {
    leave(frame, b, pcs[end]);
    try {
      hart.system(function.instructions().get(end));
    } catch (CpuTrap trap) {
      CompilerDirectives.transferToInterpreter();
      hart.credit++;
      throw trap;
    }
    fill(frame, fills[blocks[b].next()]);
    frame.setLongStatic(CREDIT, hart.credit);
  }

  private void resume(int end) {
    CompilerDirectives.transferToInterpreter();
    Instruction instruction = function.instructions().get(end);
    if (instruction.op() == Op.FENCE_I) {
      code.dropChanged();
      hart.pc += instruction.length();
      return;
    }
    try {
      hart.system(instruction);
    } catch (CpuTrap trap) {
      hart.credit++;
      throw trap;
    }
  }

  private void trap(Block block, int end) {
    CompilerDirectives.transferToInterpreter();
    hart.credit++;
    throw block.kind() == Block.Kind.EBREAK
        ? new CpuTrap(CpuTrap.Cause.BREAKPOINT, pcs[end], pcs[end], null)
        : hart.illegal(function.instructions().get(end));
  }

  private static boolean overdue(VirtualFrame frame) {
    return CompilerDirectives.injectBranchProbability(
        CompilerDirectives.SLOWPATH_PROBABILITY, frame.getLongStatic(CREDIT) < 0);
  }

  /** Polls the machine at a back-edge; returns whether the function must be left. */
  private boolean backEdge(VirtualFrame frame, int b, int target) {
    leave(frame, b, pcs[blocks[target].start()]);
    TruffleSafepoint.poll(this);
    if (hart.poll() || !valid.isValid()) {
      return true;
    }
    frame.setLongStatic(CREDIT, hart.credit);
    if (CompilerDirectives.inInterpreter()) {
      if (BytecodeOSRNode.pollOSRBackEdge(this, LOOPS_PER_POLL)) {
        return BytecodeOSRNode.tryOSR(this, target, null, null, frame) != null;
      }
    } else if (CompilerDirectives.hasNextTier()) {
      LoopNode.reportLoopCount(this, LOOPS_PER_POLL);
    }
    return false;
  }

  @ExplodeLoop
  private void spill(VirtualFrame frame, int set) {
    CompilerAsserts.partialEvaluationConstant(set);
    for (int r = 1; r < 32; r++) {
      if ((set >>> r & 1) != 0) {
        hart.x[r] = frame.getLongStatic(r);
      }
    }
  }

  @ExplodeLoop
  private void fill(VirtualFrame frame, int set) {
    CompilerAsserts.partialEvaluationConstant(set);
    for (int r = 1; r < 32; r++) {
      if ((set >>> r & 1) != 0) {
        frame.setLongStatic(r, hart.x[r]);
      }
    }
  }

  private static long read(VirtualFrame frame, int register) {
    return register == 0 ? 0 : frame.getLongStatic(register);
  }

  private static void write(VirtualFrame frame, int register, long value) {
    if (register != 0) {
      frame.setLongStatic(register, value);
    }
  }

  // --- instructions ---

  @ExplodeLoop
  private void straight(VirtualFrame frame, int b, Block block) {
    int end = block.end();
    int i = block.start();
    try {
      for (; i < end; i++) {
        step(frame, i);
      }
    } catch (RuntimeException fault) {
      // A fault is rare and the way out long: the compiler need not know it.
      CompilerDirectives.transferToInterpreter();
      spill(frame, flow.dirtyAt(b, i));
      hart.pc = pcs[i];
      hart.credit = frame.getLongStatic(CREDIT) + block.size() - (i - block.start());
      throw fault;
    }
  }

  private boolean profiled(int b, boolean condition) {
    int index = 2 * b + (condition ? 1 : 0);
    if (CompilerDirectives.inInterpreter()) {
      if (branchCounts[index] < Integer.MAX_VALUE >>> 1) {
        branchCounts[index]++;
      }
      return condition;
    }
    // One more on either side: a way that was never taken yet is unlikely, not impossible.
    double not = 1.0 + branchCounts[2 * b];
    double taken = 1.0 + branchCounts[2 * b + 1];
    return CompilerDirectives.injectBranchProbability(taken / (not + taken), condition);
  }

  private boolean condition(VirtualFrame frame, int i) {
    long a = read(frame, rs1s[i]);
    long b = read(frame, rs2s[i]);
    return switch (ops[i]) {
      case BEQ -> a == b;
      case BNE -> a != b;
      case BLT -> a < b;
      case BGE -> a >= b;
      case BLTU -> Long.compareUnsigned(a, b) < 0;
      case BGEU -> Long.compareUnsigned(a, b) >= 0;
      default -> throw CompilerDirectives.shouldNotReachHere();
    };
  }

  @BytecodeInterpreterSwitch
  private void step(VirtualFrame frame, int i) {
    Op op = ops[i];
    long a = read(frame, rs1s[i]);
    long b = read(frame, rs2s[i]);
    long imm = immediates[i];
    switch (op) {
      case SB -> memory.writeByte(store(a + imm, 1), (byte) b);
      case SH -> memory.writeShort(store(a + imm, 2), (short) b);
      case SW -> memory.writeInt(store(a + imm, 4), (int) b);
      case SD -> memory.writeLong(store(a + imm, 8), b);
      case FENCE -> {
        // One hart sees its own accesses in order.
      }
      default -> write(frame, rds[i], value(op, a, b, imm, i));
    }
  }

  @BytecodeInterpreterSwitch
  private long value(Op op, long a, long b, long imm, int i) {
    return switch (op) {
      case LUI -> imm;
      case AUIPC -> pcs[i] + imm;
      case LB -> memory.readByte(load(a + imm, 1));
      case LH -> memory.readShort(load(a + imm, 2));
      case LW -> memory.readInt(load(a + imm, 4));
      case LD -> memory.readLong(load(a + imm, 8));
      case LBU -> memory.readByte(load(a + imm, 1)) & 0xffL;
      case LHU -> memory.readShort(load(a + imm, 2)) & 0xffffL;
      case LWU -> memory.readInt(load(a + imm, 4)) & 0xffffffffL;
      case ADDI -> a + imm;
      case SLTI -> a < imm ? 1 : 0;
      case SLTIU -> Long.compareUnsigned(a, imm) < 0 ? 1 : 0;
      case XORI -> a ^ imm;
      case ORI -> a | imm;
      case ANDI -> a & imm;
      case SLLI -> a << imm;
      case SRLI -> a >>> imm;
      case SRAI -> a >> imm;
      case ADD -> a + b;
      case SUB -> a - b;
      case SLL -> a << b;
      case SLT -> a < b ? 1 : 0;
      case SLTU -> Long.compareUnsigned(a, b) < 0 ? 1 : 0;
      case XOR -> a ^ b;
      case SRL -> a >>> b;
      case SRA -> a >> b;
      case OR -> a | b;
      case AND -> a & b;
      case ADDIW -> (int) (a + imm);
      case SLLIW -> (int) a << (int) imm;
      case SRLIW -> (int) a >>> (int) imm;
      case SRAIW -> (int) a >> (int) imm;
      case ADDW -> (int) (a + b);
      case SUBW -> (int) (a - b);
      case SLLW -> (int) a << (int) b;
      case SRLW -> (int) a >>> (int) b;
      case SRAW -> (int) a >> (int) b;
      case MUL -> a * b;
      case MULH -> Math.multiplyHigh(a, b);
      case MULHSU -> Alu.mulhsu(a, b);
      case MULHU -> Math.unsignedMultiplyHigh(a, b);
      case DIV -> Alu.div(a, b);
      case DIVU -> Alu.divu(a, b);
      case REM -> Alu.rem(a, b);
      case REMU -> Alu.remu(a, b);
      case MULW -> (int) (a * b);
      case DIVW -> Alu.divw((int) a, (int) b);
      case DIVUW -> Alu.divuw((int) a, (int) b);
      case REMW -> Alu.remw((int) a, (int) b);
      case REMUW -> Alu.remuw((int) a, (int) b);
      case LR_W -> Atomics.loadReserved(hart, memory, load(a, 4), 4, pcs[i]);
      case LR_D -> Atomics.loadReserved(hart, memory, load(a, 8), 8, pcs[i]);
      case SC_W -> Atomics.storeConditional(hart, memory, store(a, 4), b, 4, pcs[i]);
      case SC_D -> Atomics.storeConditional(hart, memory, store(a, 8), b, 8, pcs[i]);
      default -> Atomics.amo(op, memory, store(a, 4), b, pcs[i]);
    };
  }

  private long load(long address, int size) {
    if (CompilerDirectives.injectBranchProbability(
            CompilerDirectives.UNLIKELY_PROBABILITY, user ? address < 0 : address >= 0)
        && (user || !hart.userMemoryAllowed())) {
      throw Hart.ringFault(address, size, false);
    }
    return address;
  }

  private long store(long address, int size) {
    if (CompilerDirectives.injectBranchProbability(
            CompilerDirectives.UNLIKELY_PROBABILITY, user ? address < 0 : address >= 0)
        && (user || !hart.userMemoryAllowed())) {
      throw Hart.ringFault(address, size, true);
    }
    return address;
  }

  // --- Truffle ---

  @Override
  public Object executeOSR(VirtualFrame osrFrame, long target, Object interpreterState) {
    return run(osrFrame, (int) target);
  }

  @Override
  public void copyIntoOSRFrame(
      VirtualFrame osrFrame, VirtualFrame parentFrame, long target, Object targetMetadata) {
    // The poll before has written everything back.
    fill(osrFrame, fills[(int) target]);
    osrFrame.setLongStatic(CREDIT, hart.credit);
  }

  @Override
  public void restoreParentFrame(VirtualFrame osrFrame, VirtualFrame parentFrame) {
    // The function is left: what counts is in the hart. The inherited way would deoptimise.
  }

  @Override
  public @Nullable Object getOSRMetadata() {
    return osrMetadata;
  }

  @Override
  public void setOSRMetadata(Object osrMetadata) {
    this.osrMetadata = osrMetadata;
  }

  @Override
  public String getName() {
    return "0x" + Long.toHexString(function.entryAddress());
  }

  @Override
  public String toString() {
    return getName();
  }
}
