package ringside.ebpf.vm;

import com.oracle.truffle.api.CompilerAsserts;
import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.CompilerDirectives.CompilationFinal;
import com.oracle.truffle.api.TruffleSafepoint;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.BytecodeOSRNode;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import com.oracle.truffle.api.nodes.LoopNode;
import com.oracle.truffle.api.nodes.Node;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Op;
import ringside.kernel.mm.Memory;
import ringside.kernel.time.VirtualClock;

/**
 * Runs predecoded instructions: the interpreter, and what partial evaluation makes machine code of.
 *
 * <p>Large on purpose: one loop over one switch, so that the compiler merges equal program counters
 * instead of compiling a path for each history. What is rare or long stands in other methods, as a
 * method over 8,000 bytes of bytecode is never compiled by the host.
 */
final class DispatchNode extends Node implements BytecodeOSRNode {
  /** The result of a run that ended the function; r0 is in its slot. */
  static final int EXIT = -1;

  /** The answer of {@link #stride} where the loop itself goes on. */
  private static final int GO_ON = -2;

  /** The result of a run that ends in a tail call, which {@link TailCalls} knows the target of. */
  static final int TAIL_CALL = -3;

  /** The pseudo program counter that leads to whichever entry {@link #run} is told. */
  private static final int LADDER = -1;

  /** Slot of instructions retired but not yet told to the clock, less the program counter. */
  static final int PENDING = 12;

  /** Slot of what is left of {@code BPF_MAX_LOOPS}. */
  static final int MAY_LOOPS = 13;

  /** How many slots a frame has. */
  static final int SLOTS = 14;

  /** Instructions between two looks at clock, safepoint and on-stack replacement. */
  private static final int STRIDE = 1024;

  /** Back-edges that a stride counts for, when the runtime decides what is hot. */
  private static final int STRIDE_LOOPS = STRIDE / 16;

  private static final long LOW = 0xffffffffL;

  @CompilationFinal(dimensions = 1)
  private final int[] ops;

  @CompilationFinal(dimensions = 1)
  private final byte[] dsts;

  @CompilationFinal(dimensions = 1)
  private final byte[] srcs;

  @CompilationFinal(dimensions = 1)
  private final int[] offs;

  @CompilationFinal(dimensions = 1)
  private final long[] imms;

  @CompilationFinal(dimensions = 1)
  private final int[] entries;

  private final int from;
  private final int to;
  private final Memory memory;
  private final MemoryAccess access;
  private final VirtualClock clock;
  private final TailCalls tailCalls;
  private final @Nullable PacketLoads packets;
  private final long arena;
  @Children private final CallxNode[] indirectCalls;
  @Children private final HelperCallNode[] helperCalls;
  @Children private final DirectCallNode[] localCalls;
  @CompilationFinal private @Nullable Object osrMetadata;

  /**
   * Makes the node for slots {@code from} to {@code to} of a function.
   *
   * @param entries where control may enter the range, for {@link #runFrom}
   */
  DispatchNode(
      Code code,
      int from,
      int to,
      int[] entries,
      Machine machine,
      HelperCallNode[] helperCalls,
      CallxNode[] indirectCalls,
      DirectCallNode[] localCalls) {
    this.ops = code.ops();
    this.dsts = code.dsts();
    this.srcs = code.srcs();
    this.offs = code.offs();
    this.imms = code.imms();
    this.from = from;
    this.to = to;
    this.entries = entries;
    this.memory = machine.memory();
    this.access = machine.access();
    this.clock = machine.clock();
    this.tailCalls = machine.tailCalls();
    this.packets = machine.packets();
    this.arena = machine.arena();
    this.helperCalls = helperCalls;
    this.indirectCalls = indirectCalls;
    this.localCalls = localCalls;
  }

  /**
   * What a program runs on.
   *
   * @param packets null where it has no packet loads
   * @param arena where its arena starts for the kernel; 0 where it has none
   */
  record Machine(
      Memory memory,
      MemoryAccess access,
      VirtualClock clock,
      TailCalls tailCalls,
      @Nullable PacketLoads packets,
      long arena) {}

  /** Makes the local calls children, once the array is filled. */
  void adoptCalls() {
    for (DirectCallNode call : localCalls) {
      insert(call);
    }
  }

  private static long get(VirtualFrame frame, int slot) {
    return frame.getLongStatic(slot);
  }

  private static void set(VirtualFrame frame, int slot, long value) {
    frame.setLongStatic(slot, value);
  }

  /** Runs from the function's first instruction; returns how it ended. */
  int runFromStart(VirtualFrame frame) {
    return run(frame, 0, 0);
  }

  /**
   * Runs from one of the range's entries.
   *
   * @return {@link #EXIT}, {@link #TAIL_CALL}, or the slot outside of the range where to go on
   */
  int runFrom(VirtualFrame frame, int entry) {
    return run(frame, LADDER, entry);
  }

  /**
   * The dispatch loop.
   *
   * @param start a compilation constant
   * @param entry looked at only where {@code start} is {@link #LADDER}
   */
  @ExplodeLoop(kind = ExplodeLoop.LoopExplosionKind.MERGE_EXPLODE)
  private int run(VirtualFrame frame, int start, int entry) {
    int pc = start;
    while (true) {
      CompilerAsserts.partialEvaluationConstant(pc);
      if (pc < 0) {
        // A variable entry becomes a constant one by comparison, one rung at a time.
        int rung = LADDER - pc;
        pc = rung == entries.length - 1 || entry == entries[rung] ? entries[rung] : pc - 1;
        continue;
      }
      if (pc < from || pc >= to) {
        return pc;
      }
      int dst = dsts[pc];
      int src = srcs[pc];
      int off = offs[pc];
      long imm = imms[pc];
      switch (ops[pc]) {
        case Op.ADD32_K -> {
          set(frame, dst, (get(frame, dst) + imm) & LOW);
          pc++;
          continue;
        }
        case Op.ADD32_X -> {
          set(frame, dst, (get(frame, dst) + get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.SUB32_K -> {
          set(frame, dst, (get(frame, dst) - imm) & LOW);
          pc++;
          continue;
        }
        case Op.SUB32_X -> {
          set(frame, dst, (get(frame, dst) - get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.MUL32_K -> {
          set(frame, dst, (get(frame, dst) * imm) & LOW);
          pc++;
          continue;
        }
        case Op.MUL32_X -> {
          set(frame, dst, (get(frame, dst) * get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.OR32_K -> {
          set(frame, dst, (get(frame, dst) | imm) & LOW);
          pc++;
          continue;
        }
        case Op.OR32_X -> {
          set(frame, dst, (get(frame, dst) | get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.AND32_K -> {
          set(frame, dst, (get(frame, dst) & imm) & LOW);
          pc++;
          continue;
        }
        case Op.AND32_X -> {
          set(frame, dst, (get(frame, dst) & get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.XOR32_K -> {
          set(frame, dst, (get(frame, dst) ^ imm) & LOW);
          pc++;
          continue;
        }
        case Op.XOR32_X -> {
          set(frame, dst, (get(frame, dst) ^ get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.DIV32_K -> {
          set(frame, dst, Arithmetic.div32(get(frame, dst), imm));
          pc++;
          continue;
        }
        case Op.DIV32_X -> {
          set(frame, dst, Arithmetic.div32(get(frame, dst), get(frame, src)));
          pc++;
          continue;
        }
        case Op.MOD32_K -> {
          set(frame, dst, Arithmetic.mod32(get(frame, dst), imm));
          pc++;
          continue;
        }
        case Op.MOD32_X -> {
          set(frame, dst, Arithmetic.mod32(get(frame, dst), get(frame, src)));
          pc++;
          continue;
        }
        case Op.SDIV32_K -> {
          set(frame, dst, Arithmetic.sdiv32(get(frame, dst), imm));
          pc++;
          continue;
        }
        case Op.SDIV32_X -> {
          set(frame, dst, Arithmetic.sdiv32(get(frame, dst), get(frame, src)));
          pc++;
          continue;
        }
        case Op.SMOD32_K -> {
          set(frame, dst, Arithmetic.smod32(get(frame, dst), imm));
          pc++;
          continue;
        }
        case Op.SMOD32_X -> {
          set(frame, dst, Arithmetic.smod32(get(frame, dst), get(frame, src)));
          pc++;
          continue;
        }
        case Op.LSH32_K -> {
          set(frame, dst, ((int) get(frame, dst) << (int) imm) & LOW);
          pc++;
          continue;
        }
        case Op.LSH32_X -> {
          set(frame, dst, ((int) get(frame, dst) << (int) get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.RSH32_K -> {
          set(frame, dst, ((int) get(frame, dst) >>> (int) imm) & LOW);
          pc++;
          continue;
        }
        case Op.RSH32_X -> {
          set(frame, dst, ((int) get(frame, dst) >>> (int) get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.ARSH32_K -> {
          set(frame, dst, ((int) get(frame, dst) >> (int) imm) & LOW);
          pc++;
          continue;
        }
        case Op.ARSH32_X -> {
          set(frame, dst, ((int) get(frame, dst) >> (int) get(frame, src)) & LOW);
          pc++;
          continue;
        }
        case Op.MOV32_K -> {
          set(frame, dst, imm & LOW);
          pc++;
          continue;
        }
        case Op.MOV32_X -> {
          set(frame, dst, get(frame, src) & LOW);
          pc++;
          continue;
        }
        case Op.MOVSX8_32 -> {
          set(frame, dst, (byte) get(frame, src) & LOW);
          pc++;
          continue;
        }
        case Op.MOVSX16_32 -> {
          set(frame, dst, (short) get(frame, src) & LOW);
          pc++;
          continue;
        }
        case Op.NEG32 -> {
          set(frame, dst, -get(frame, dst) & LOW);
          pc++;
          continue;
        }
        case Op.ADD64_K -> {
          set(frame, dst, get(frame, dst) + imm);
          pc++;
          continue;
        }
        case Op.ADD64_X -> {
          set(frame, dst, get(frame, dst) + get(frame, src));
          pc++;
          continue;
        }
        case Op.SUB64_K -> {
          set(frame, dst, get(frame, dst) - imm);
          pc++;
          continue;
        }
        case Op.SUB64_X -> {
          set(frame, dst, get(frame, dst) - get(frame, src));
          pc++;
          continue;
        }
        case Op.MUL64_K -> {
          set(frame, dst, get(frame, dst) * imm);
          pc++;
          continue;
        }
        case Op.MUL64_X -> {
          set(frame, dst, get(frame, dst) * get(frame, src));
          pc++;
          continue;
        }
        case Op.OR64_K -> {
          set(frame, dst, get(frame, dst) | imm);
          pc++;
          continue;
        }
        case Op.OR64_X -> {
          set(frame, dst, get(frame, dst) | get(frame, src));
          pc++;
          continue;
        }
        case Op.AND64_K -> {
          set(frame, dst, get(frame, dst) & imm);
          pc++;
          continue;
        }
        case Op.AND64_X -> {
          set(frame, dst, get(frame, dst) & get(frame, src));
          pc++;
          continue;
        }
        case Op.XOR64_K -> {
          set(frame, dst, get(frame, dst) ^ imm);
          pc++;
          continue;
        }
        case Op.XOR64_X -> {
          set(frame, dst, get(frame, dst) ^ get(frame, src));
          pc++;
          continue;
        }
        case Op.DIV64_K -> {
          set(frame, dst, Arithmetic.div64(get(frame, dst), imm));
          pc++;
          continue;
        }
        case Op.DIV64_X -> {
          set(frame, dst, Arithmetic.div64(get(frame, dst), get(frame, src)));
          pc++;
          continue;
        }
        case Op.MOD64_K -> {
          set(frame, dst, Arithmetic.mod64(get(frame, dst), imm));
          pc++;
          continue;
        }
        case Op.MOD64_X -> {
          set(frame, dst, Arithmetic.mod64(get(frame, dst), get(frame, src)));
          pc++;
          continue;
        }
        case Op.SDIV64_K -> {
          set(frame, dst, Arithmetic.sdiv64(get(frame, dst), imm));
          pc++;
          continue;
        }
        case Op.SDIV64_X -> {
          set(frame, dst, Arithmetic.sdiv64(get(frame, dst), get(frame, src)));
          pc++;
          continue;
        }
        case Op.SMOD64_K -> {
          set(frame, dst, Arithmetic.smod64(get(frame, dst), imm));
          pc++;
          continue;
        }
        case Op.SMOD64_X -> {
          set(frame, dst, Arithmetic.smod64(get(frame, dst), get(frame, src)));
          pc++;
          continue;
        }
        case Op.LSH64_K -> {
          set(frame, dst, get(frame, dst) << imm);
          pc++;
          continue;
        }
        case Op.LSH64_X -> {
          set(frame, dst, get(frame, dst) << get(frame, src));
          pc++;
          continue;
        }
        case Op.RSH64_K -> {
          set(frame, dst, get(frame, dst) >>> imm);
          pc++;
          continue;
        }
        case Op.RSH64_X -> {
          set(frame, dst, get(frame, dst) >>> get(frame, src));
          pc++;
          continue;
        }
        case Op.ARSH64_K -> {
          set(frame, dst, get(frame, dst) >> imm);
          pc++;
          continue;
        }
        case Op.ARSH64_X -> {
          set(frame, dst, get(frame, dst) >> get(frame, src));
          pc++;
          continue;
        }
        case Op.MOV64_K -> {
          set(frame, dst, imm);
          pc++;
          continue;
        }
        case Op.MOV64_X -> {
          set(frame, dst, get(frame, src));
          pc++;
          continue;
        }
        case Op.MOVSX8_64 -> {
          set(frame, dst, (byte) get(frame, src));
          pc++;
          continue;
        }
        case Op.MOVSX16_64 -> {
          set(frame, dst, (short) get(frame, src));
          pc++;
          continue;
        }
        case Op.MOVSX32_64 -> {
          set(frame, dst, get(frame, src) << 32 >> 32);
          pc++;
          continue;
        }
        case Op.NEG64 -> {
          set(frame, dst, -get(frame, dst));
          pc++;
          continue;
        }
        case Op.LE16 -> {
          set(frame, dst, get(frame, dst) & 0xffff);
          pc++;
          continue;
        }
        case Op.LE32 -> {
          set(frame, dst, get(frame, dst) & LOW);
          pc++;
          continue;
        }
        case Op.LE64 -> {
          pc++;
          continue;
        }
        case Op.BE16 -> {
          set(frame, dst, Short.reverseBytes((short) get(frame, dst)) & 0xffff);
          pc++;
          continue;
        }
        case Op.BE32 -> {
          set(frame, dst, Integer.reverseBytes((int) get(frame, dst)) & LOW);
          pc++;
          continue;
        }
        case Op.BE64 -> {
          set(frame, dst, Long.reverseBytes(get(frame, dst)));
          pc++;
          continue;
        }
        case Op.BSWAP16 -> {
          set(frame, dst, Short.reverseBytes((short) get(frame, dst)) & 0xffff);
          pc++;
          continue;
        }
        case Op.BSWAP32 -> {
          set(frame, dst, Integer.reverseBytes((int) get(frame, dst)) & LOW);
          pc++;
          continue;
        }
        case Op.BSWAP64 -> {
          set(frame, dst, Long.reverseBytes(get(frame, dst)));
          pc++;
          continue;
        }
        case Op.ADDR_SPACE_CAST -> {
          set(frame, dst, get(frame, src));
          pc++;
          continue;
        }
        case Op.JEQ32_K -> {
          if ((int) get(frame, dst) == (int) imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JEQ32_X -> {
          if ((int) get(frame, dst) == (int) get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JGT32_K -> {
          if (Integer.compareUnsigned((int) get(frame, dst), (int) imm) > 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JGT32_X -> {
          if (Integer.compareUnsigned((int) get(frame, dst), (int) get(frame, src)) > 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JGE32_K -> {
          if (Integer.compareUnsigned((int) get(frame, dst), (int) imm) >= 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JGE32_X -> {
          if (Integer.compareUnsigned((int) get(frame, dst), (int) get(frame, src)) >= 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSET32_K -> {
          if (((int) get(frame, dst) & (int) imm) != 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSET32_X -> {
          if (((int) get(frame, dst) & (int) get(frame, src)) != 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JNE32_K -> {
          if ((int) get(frame, dst) != (int) imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JNE32_X -> {
          if ((int) get(frame, dst) != (int) get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSGT32_K -> {
          if ((int) get(frame, dst) > (int) imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSGT32_X -> {
          if ((int) get(frame, dst) > (int) get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSGE32_K -> {
          if ((int) get(frame, dst) >= (int) imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSGE32_X -> {
          if ((int) get(frame, dst) >= (int) get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JLT32_K -> {
          if (Integer.compareUnsigned((int) get(frame, dst), (int) imm) < 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JLT32_X -> {
          if (Integer.compareUnsigned((int) get(frame, dst), (int) get(frame, src)) < 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JLE32_K -> {
          if (Integer.compareUnsigned((int) get(frame, dst), (int) imm) <= 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JLE32_X -> {
          if (Integer.compareUnsigned((int) get(frame, dst), (int) get(frame, src)) <= 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSLT32_K -> {
          if ((int) get(frame, dst) < (int) imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSLT32_X -> {
          if ((int) get(frame, dst) < (int) get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSLE32_K -> {
          if ((int) get(frame, dst) <= (int) imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSLE32_X -> {
          if ((int) get(frame, dst) <= (int) get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JEQ64_K -> {
          if (get(frame, dst) == imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JEQ64_X -> {
          if (get(frame, dst) == get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JGT64_K -> {
          if (Long.compareUnsigned(get(frame, dst), imm) > 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JGT64_X -> {
          if (Long.compareUnsigned(get(frame, dst), get(frame, src)) > 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JGE64_K -> {
          if (Long.compareUnsigned(get(frame, dst), imm) >= 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JGE64_X -> {
          if (Long.compareUnsigned(get(frame, dst), get(frame, src)) >= 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSET64_K -> {
          if ((get(frame, dst) & imm) != 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSET64_X -> {
          if ((get(frame, dst) & get(frame, src)) != 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JNE64_K -> {
          if (get(frame, dst) != imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JNE64_X -> {
          if (get(frame, dst) != get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSGT64_K -> {
          if (get(frame, dst) > imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSGT64_X -> {
          if (get(frame, dst) > get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSGE64_K -> {
          if (get(frame, dst) >= imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSGE64_X -> {
          if (get(frame, dst) >= get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JLT64_K -> {
          if (Long.compareUnsigned(get(frame, dst), imm) < 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JLT64_X -> {
          if (Long.compareUnsigned(get(frame, dst), get(frame, src)) < 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JLE64_K -> {
          if (Long.compareUnsigned(get(frame, dst), imm) <= 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JLE64_X -> {
          if (Long.compareUnsigned(get(frame, dst), get(frame, src)) <= 0) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSLT64_K -> {
          if (get(frame, dst) < imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSLT64_X -> {
          if (get(frame, dst) < get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSLE64_K -> {
          if (get(frame, dst) <= imm) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JSLE64_X -> {
          if (get(frame, dst) <= get(frame, src)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.JA, Op.JA_L -> {
          // always taken
        }
        case Op.MAY_GOTO -> {
          if (mayLoopsSpent(frame)) {
            break;
          }
          pc++;
          continue;
        }
        case Op.CALL_HELPER -> {
          set(
              frame,
              0,
              helperCalls[(int) imm].execute(
                  get(frame, 1), get(frame, 2), get(frame, 3), get(frame, 4), get(frame, 5)));
          pc++;
          continue;
        }
        case Op.CALL_LOCAL -> {
          set(
              frame,
              0,
              (long)
                  localCalls[(int) imm].call(
                      get(frame, 1), get(frame, 2), get(frame, 3), get(frame, 4), get(frame, 5)));
          pc++;
          continue;
        }
        case Op.EXIT -> {
          clock.retire(get(frame, PENDING) + pc + 1);
          return EXIT;
        }
        case Op.LD_IMM64,
            Op.LD_MAP_FD,
            Op.LD_MAP_VALUE,
            Op.LD_BTF_ID,
            Op.LD_FUNC,
            Op.LD_MAP_IDX,
            Op.LD_MAP_IDX_VALUE -> {
          set(frame, dst, imm);
          pc += 2;
          continue;
        }
        case Op.LDX_W -> {
          set(frame, dst, memory.readInt(get(frame, src) + off) & LOW);
          pc++;
          continue;
        }
        case Op.LOAD_ACQ_W -> {
          set(frame, dst, memory.readInt(get(frame, src) + off) & LOW);
          pc++;
          continue;
        }
        case Op.LDXS_W -> {
          set(frame, dst, memory.readInt(get(frame, src) + off));
          pc++;
          continue;
        }
        case Op.ST_W -> {
          memory.writeInt(get(frame, dst) + off, (int) imm);
          pc++;
          continue;
        }
        case Op.STX_W -> {
          memory.writeInt(get(frame, dst) + off, (int) get(frame, src));
          pc++;
          continue;
        }
        case Op.STORE_REL_W -> {
          memory.writeInt(get(frame, dst) + off, (int) get(frame, src));
          pc++;
          continue;
        }
        case Op.LDX_H -> {
          set(frame, dst, memory.readShort(get(frame, src) + off) & 0xffff);
          pc++;
          continue;
        }
        case Op.LOAD_ACQ_H -> {
          set(frame, dst, memory.readShort(get(frame, src) + off) & 0xffff);
          pc++;
          continue;
        }
        case Op.LDXS_H -> {
          set(frame, dst, memory.readShort(get(frame, src) + off));
          pc++;
          continue;
        }
        case Op.ST_H -> {
          memory.writeShort(get(frame, dst) + off, (short) imm);
          pc++;
          continue;
        }
        case Op.STX_H -> {
          memory.writeShort(get(frame, dst) + off, (short) get(frame, src));
          pc++;
          continue;
        }
        case Op.STORE_REL_H -> {
          memory.writeShort(get(frame, dst) + off, (short) get(frame, src));
          pc++;
          continue;
        }
        case Op.LDX_B -> {
          set(frame, dst, memory.readByte(get(frame, src) + off) & 0xff);
          pc++;
          continue;
        }
        case Op.LOAD_ACQ_B -> {
          set(frame, dst, memory.readByte(get(frame, src) + off) & 0xff);
          pc++;
          continue;
        }
        case Op.LDXS_B -> {
          set(frame, dst, memory.readByte(get(frame, src) + off));
          pc++;
          continue;
        }
        case Op.ST_B -> {
          memory.writeByte(get(frame, dst) + off, (byte) imm);
          pc++;
          continue;
        }
        case Op.STX_B -> {
          memory.writeByte(get(frame, dst) + off, (byte) get(frame, src));
          pc++;
          continue;
        }
        case Op.STORE_REL_B -> {
          memory.writeByte(get(frame, dst) + off, (byte) get(frame, src));
          pc++;
          continue;
        }
        case Op.LDX_DW -> {
          set(frame, dst, memory.readLong(get(frame, src) + off));
          pc++;
          continue;
        }
        case Op.LOAD_ACQ_DW -> {
          set(frame, dst, memory.readLong(get(frame, src) + off));
          pc++;
          continue;
        }
        case Op.ST_DW -> {
          memory.writeLong(get(frame, dst) + off, imm);
          pc++;
          continue;
        }
        case Op.STX_DW -> {
          memory.writeLong(get(frame, dst) + off, get(frame, src));
          pc++;
          continue;
        }
        case Op.STORE_REL_DW -> {
          memory.writeLong(get(frame, dst) + off, get(frame, src));
          pc++;
          continue;
        }
        case Code.CALL_CLOCKED -> {
          clock.retire(get(frame, PENDING) + pc);
          set(frame, PENDING, -pc);
          set(
              frame,
              0,
              helperCalls[(int) imm].execute(
                  get(frame, 1), get(frame, 2), get(frame, 3), get(frame, 4), get(frame, 5)));
          pc++;
          continue;
        }
        case Op.CALLX -> {
          set(
              frame,
              0,
              indirectCalls[(int) imm].execute(
                  get(frame, dst),
                  get(frame, 1),
                  get(frame, 2),
                  get(frame, 3),
                  get(frame, 4),
                  get(frame, 5)));
          pc++;
          continue;
        }
        case Op.LD_ABS_B, Op.LD_ABS_H, Op.LD_ABS_W, Op.LD_IND_B, Op.LD_IND_H, Op.LD_IND_W -> {
          if (!packetLoad(frame, ops[pc], src, (int) imm)) {
            clock.retire(get(frame, PENDING) + pc + 1);
            return EXIT;
          }
          pc++;
          continue;
        }
        case Code.CALL_TAIL -> {
          if (tailCalls.prepare(get(frame, 2), get(frame, 3))) {
            clock.retire(get(frame, PENDING) + pc + 1);
            return TAIL_CALL;
          }
          pc++;
          continue;
        }
        case Code.NOTHING -> {
          pc++;
          continue;
        }
        case Code.CAST_KERNEL -> {
          set(frame, dst, imm + (get(frame, src) & LOW));
          pc++;
          continue;
        }
        case Code.CAST_USER -> {
          long low = get(frame, src) & LOW;
          set(frame, dst, low == 0 ? 0 : low | imm);
          pc++;
          continue;
        }
        case Code.OUT_OF_TEXT -> {
          throw new ProgramFault("control fell off the end of the program", this);
        }
        default -> {
          other(frame, ops[pc], dst, src, off, imm);
          pc++;
          continue;
        }
      }
      // Taken jumps alone come here.
      int target = pc + 1 + off;
      long pending = get(frame, PENDING) - off;
      set(frame, PENDING, pending);
      if (target <= pc && pending + target > STRIDE) {
        set(frame, PENDING, -target);
        int next = stride(frame, pending + target, target);
        if (next != GO_ON) {
          return next;
        }
      }
      pc = target;
    }
  }

  /** Atomics, and accesses that the verifier has marked as forgiven. */
  private void other(VirtualFrame frame, int op, int dst, int src, int off, long imm) {
    if (op < Op.COUNT) {
      access.atomic(frame, op, src, get(frame, dst) + off);
      return;
    }
    int plain = Code.plain(op);
    long register = get(frame, MemoryAccess.loads(plain) ? src : dst);
    long address = Code.inArena(op) ? arena + (register & LOW) + off : register + off;
    access.probe(frame, plain, dst, src, address, imm);
  }

  /** Loads from the packet that r6 points to; false where that ends the function with 0. */
  private boolean packetLoad(VirtualFrame frame, int op, int src, int imm) {
    PacketLoads loads = packets;
    if (loads == null) {
      throw CompilerDirectives.shouldNotReachHere();
    }
    int size =
        op == Op.LD_ABS_B || op == Op.LD_IND_B ? 1 : op == Op.LD_ABS_H || op == Op.LD_IND_H ? 2 : 4;
    int index = op >= Op.LD_IND_W && op <= Op.LD_IND_B ? (int) get(frame, src) : 0;
    long value = loads.load(get(frame, 6), index + imm, size);
    boolean inside = value != PacketLoads.OUTSIDE;
    set(frame, 0, inside ? value : 0);
    return inside;
  }

  private static boolean mayLoopsSpent(VirtualFrame frame) {
    long left = get(frame, MAY_LOOPS);
    if (left == 0) {
      return true;
    }
    set(frame, MAY_LOOPS, left - 1);
    return false;
  }

  /** Tells the clock, lets the host in, and goes over to compiled code where this loop is hot. */
  private int stride(VirtualFrame frame, long retired, int target) {
    clock.retire(retired);
    TruffleSafepoint.poll(this);
    if (CompilerDirectives.inInterpreter()) {
      LoopNode.reportLoopCount(this, STRIDE_LOOPS);
      if (BytecodeOSRNode.pollOSRBackEdge(this, STRIDE_LOOPS)) {
        Object result = BytecodeOSRNode.tryOSR(this, target, null, null, frame);
        return result == null ? GO_ON : (int) result;
      }
    }
    return GO_ON;
  }

  @Override
  public Object executeOSR(VirtualFrame osrFrame, int target, Object interpreterState) {
    return run(osrFrame, target, 0);
  }

  @Override
  public @Nullable Object getOSRMetadata() {
    return osrMetadata;
  }

  @Override
  public void setOSRMetadata(Object metadata) {
    osrMetadata = metadata;
  }

  @Override
  public void copyIntoOSRFrame(
      VirtualFrame osrFrame, VirtualFrame parentFrame, int target, Object targetMetadata) {
    copySlots(parentFrame, osrFrame);
  }

  @Override
  public void restoreParentFrame(VirtualFrame osrFrame, VirtualFrame parentFrame) {
    copySlots(osrFrame, parentFrame);
  }

  @ExplodeLoop
  private static void copySlots(VirtualFrame from, VirtualFrame to) {
    for (int slot = 0; slot < SLOTS; slot++) {
      set(to, slot, get(from, slot));
    }
  }
}
