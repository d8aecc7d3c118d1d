package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/** Checks one instruction of the current path and applies it to the state. */
final class InsnChecks {
  /** How the path goes on. */
  enum Next {
    CONTINUE,
    /** A function returned to its caller. */
    RETURNED,
    /** The program ends here. */
    EXIT
  }

  private final VerifierEnv env;
  private final Explorer explorer;
  private final RegisterChecks registers;
  private final AluChecks alu;
  private final MemoryChecks memory;
  private final JumpChecks jumps;
  private final HelperCalls helpers;
  private final SubprogramCalls calls;
  private final References references;
  private final ReturnChecks returns;
  private final KfuncCalls kfuncs;

  InsnChecks(
      VerifierEnv env,
      Explorer explorer,
      Trace trace,
      Precision precision,
      StackLiveness liveness) {
    this.env = env;
    this.explorer = explorer;
    registers = new RegisterChecks(env);
    Speculation speculation = new Speculation(env, explorer);
    RegionChecks regions = new RegionChecks(env);
    alu = new AluChecks(env, registers, regions, precision, explorer, speculation);
    StackAccess stack = new StackAccess(env, alu, precision, liveness);
    memory = new MemoryChecks(env, registers, regions, alu, stack);
    references = new References(env);
    BtfPointers pointers = new BtfPointers(env);
    memory.use(pointers, precision);
    StackObjects objects = new StackObjects(env, liveness);
    Dynptrs dynptrs = new Dynptrs(env, references, objects, memory);
    stack.use(dynptrs);
    Iterators iterators = new Iterators(env, references, objects, memory, explorer);
    Locks locks = new Locks(env, references, pointers, objects, memory);
    GraphNodes graph = new GraphNodes(env, references, pointers, locks);
    HelperObjects helperObjects = new HelperObjects(env, memory, pointers, locks, graph, dynptrs);
    jumps = new JumpChecks(env, registers, precision, alu, references, explorer, speculation);
    returns = new ReturnChecks(env, registers, precision);
    HelperArgs args = new HelperArgs(env, registers, memory, regions, precision, helperObjects);
    calls =
        new SubprogramCalls(
            env, explorer, trace, precision, liveness, references, returns, args, dynptrs);
    helpers = new HelperCalls(env, args, memory, precision, references, calls, dynptrs, explorer);
    KfuncArgs kfuncArgs =
        new KfuncArgs(
            env, args, memory, precision, references, pointers, dynptrs, iterators, locks, graph);
    kfuncs =
        new KfuncCalls(
            env,
            kfuncArgs,
            references,
            iterators,
            locks,
            graph,
            new KfuncReturns(env, references, graph, kfuncArgs),
            calls,
            explorer,
            returns);
  }

  /** Gives a function that is verified on its own its arguments. */
  void setArguments(int subprogno) throws VerifierReject {
    calls.setArguments(subprogno);
  }

  /** Checks the instruction at {@code env.insnIdx} and moves on to the next. */
  Next check() throws VerifierReject {
    Insn insn = env.insn();
    switch (Program.klass(insn)) {
      case Opcodes.BPF_ALU, Opcodes.BPF_ALU64 -> alu.check(insn);
      case Opcodes.BPF_LDX -> memory.load(insn, false, "ldx");
      case Opcodes.BPF_STX -> {
        if (Program.mode(insn) == Opcodes.BPF_ATOMIC) {
          memory.atomic(insn);
        } else {
          if (Program.mode(insn) != Opcodes.BPF_MEM || insn.imm() != 0) {
            throw env.reject(EINVAL, "BPF_STX uses reserved fields");
          }
          memory.store(insn, false);
        }
      }
      case Opcodes.BPF_ST -> {
        if (Program.mode(insn) != Opcodes.BPF_MEM || insn.src() != 0) {
          throw env.reject(EINVAL, "BPF_ST uses reserved fields");
        }
        memory.storeImmediate(insn);
      }
      case Opcodes.BPF_LD -> load(insn);
      default -> {
        return jump(insn);
      }
    }
    env.insnIdx++;
    return Next.CONTINUE;
  }

  private Next jump(Insn insn) throws VerifierReject {
    boolean narrow = Program.klass(insn) == Opcodes.BPF_JMP32;
    boolean register = Program.srcIsReg(insn);
    env.jmpsProcessed++;
    switch (Program.op(insn)) {
      case Opcodes.BPF_CALL -> {
        if (register
            || (insn.src() != Opcodes.BPF_PSEUDO_KFUNC_CALL && insn.off() != 0)
            || insn.src() > Opcodes.BPF_PSEUDO_KFUNC_CALL
            || insn.dst() != 0
            || narrow) {
          throw env.reject(EINVAL, "BPF_CALL uses reserved fields");
        }
        boolean kfunc = insn.src() == Opcodes.BPF_PSEUDO_KFUNC_CALL;
        if (env.state.activeLocks > 0
            && ((insn.src() == 0 && insn.imm() != Helpers.SPIN_UNLOCK)
                || (kfunc && !Locks.allowedInSpinLock(env.kfuncs.nameOf(insn))))) {
          throw env.reject(EINVAL, "function calls are not allowed while holding a lock");
        }
        if (insn.src() == Opcodes.BPF_PSEUDO_CALL) {
          calls.check(insn);
        } else if (kfunc) {
          if (kfuncs.check(insn)) {
            return leave(true);
          }
        } else {
          helpers.check(insn);
        }
        env.scratchReg(0);
      }
      case Opcodes.BPF_JA -> {
        if (register
            || insn.src() != 0
            || insn.dst() != 0
            || (narrow ? insn.off() != 0 : insn.imm() != 0)) {
          throw env.reject(EINVAL, "BPF_JA uses reserved fields");
        }
        env.insnIdx += Program.jumpOffset(insn) + 1;
        return Next.CONTINUE;
      }
      case Opcodes.BPF_EXIT -> {
        if (register || insn.imm() != 0 || insn.src() != 0 || insn.dst() != 0 || narrow) {
          throw env.reject(EINVAL, "BPF_EXIT uses reserved fields");
        }
        return leave(false);
      }
      default -> jumps.check(insn);
    }
    env.insnIdx++;
    return Next.CONTINUE;
  }

  /** Leaves the function, or with an exception the whole program. */
  private Next leave(boolean exception) throws VerifierReject {
    references.checkLeaks(
        exception,
        exception || env.state.curframe == 0,
        exception ? "bpf_throw" : "BPF_EXIT instruction in main prog");
    if (exception) {
      return Next.EXIT;
    }
    if (env.state.curframe > 0) {
      calls.leave();
      return Next.RETURNED;
    }
    returns.check();
    return Next.EXIT;
  }

  private void load(Insn insn) throws VerifierReject {
    int mode = Program.mode(insn);
    if (mode == Opcodes.BPF_ABS || mode == Opcodes.BPF_IND) {
      loadPacket(insn, mode);
      return;
    }
    if (mode != Opcodes.BPF_IMM) {
      throw env.reject(EINVAL, "invalid BPF_LD mode");
    }
    if (!insn.isWide()) {
      throw env.reject(EINVAL, "invalid BPF_LD_IMM insn");
    }
    if (insn.off() != 0) {
      throw env.reject(EINVAL, "BPF_LD_IMM64 uses reserved fields");
    }
    registers.dst(insn.dst());
    RegState dst = env.reg(insn.dst());
    InsnAux aux = env.aux();
    switch (insn.src()) {
      case 0 -> {
        dst.type = RegType.SCALAR_VALUE;
        dst.markKnown(insn.wideImm(env.program.insn(env.insnIdx + 1)));
      }
      case Opcodes.BPF_PSEUDO_FUNC -> loadFunction(insn, dst);
      case Opcodes.BPF_PSEUDO_BTF_ID -> {
        dst.markKnown(0);
        dst.type = aux.btfVarType;
        dst.memSize = aux.btfVarSize;
        if (RegType.base(aux.btfVarType) == RegType.PTR_TO_BTF_ID) {
          dst.btf = env.kernelBtf;
          dst.btfId = aux.btfVarId;
        }
      }
      case Opcodes.BPF_PSEUDO_MAP_VALUE, Opcodes.BPF_PSEUDO_MAP_IDX_VALUE -> {
        MapDescriptor map = aux.map;
        if (map != null && map.type() == MapType.ARENA) {
          env.markUnknown(dst);
          dst.map = map;
          break;
        }
        dst.markKnown(0);
        dst.type = RegType.PTR_TO_MAP_VALUE;
        dst.map = aux.map;
        dst.off = aux.mapOff;
      }
      default -> {
        dst.markKnown(0);
        dst.type = RegType.CONST_PTR_TO_MAP;
        dst.map = aux.map;
      }
    }
    env.insnIdx++;
    env.aux().seen = true;
  }

  private void loadFunction(Insn insn, RegState dst) throws VerifierReject {
    int subprogno = env.findSubprogram(env.insnIdx + insn.imm() + 1);
    if (env.input.functions().isEmpty()) {
      throw env.reject(EINVAL, "missing btf func_info");
    }
    if (env.subprograms.get(subprogno).global) {
      throw env.reject(EINVAL, "callback function not static");
    }
    dst.markKnown(0);
    dst.type = RegType.PTR_TO_FUNC;
    dst.memSize = subprogno;
  }

  /** The classic packet loads, which end the program when they are out of the packet. */
  private void loadPacket(Insn insn, int mode) throws VerifierReject {
    ProgramType type = env.type;
    if (type != ProgramType.SOCKET_FILTER
        && type != ProgramType.SCHED_CLS
        && type != ProgramType.SCHED_ACT) {
      throw env.reject(EINVAL, "BPF_LD_[ABS|IND] instructions not allowed for this program type");
    }
    if (insn.dst() != 0
        || insn.off() != 0
        || Program.size(insn) == 8
        || (mode == Opcodes.BPF_ABS && insn.src() != 0)) {
      throw env.reject(EINVAL, "BPF_LD_[ABS|IND] uses reserved fields");
    }
    registers.src(6);
    references.checkLeaks(false, true, "BPF_LD_[ABS|IND]");
    RegState ctx = env.reg(6);
    if (ctx.type != RegType.PTR_TO_CTX) {
      throw env.reject(EINVAL, "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
    }
    if (mode == Opcodes.BPF_IND) {
      registers.src(insn.src());
    }
    memory.unmodified(ctx, 6, false);
    for (int i = 0; i <= 5; i++) {
      env.reg(i).markNotInit();
      registers.dstNoMark(i);
    }
    env.markUnknown(env.reg(0));
    if (env.state.curframe > 0) {
      leaveAtMiss();
    }
  }

  /** A packet load that fails returns zero from its function: a hidden exit to be followed too. */
  private void leaveAtMiss() throws VerifierReject {
    env.scratchReg(0);
    explorer.push(env.insnIdx + 1, env.insnIdx);
    env.markConstZero(env.reg(0));
    calls.leave();
    env.insnIdx--;
  }

  /** Resolves map references and checks reserved fields, before any path is walked. */
  static void resolve(VerifierEnv env) throws VerifierReject {
    Program program = env.program;
    for (int i = 0; i < program.length(); i++) {
      Insn insn = program.insn(i);
      if (Program.klass(insn) == Opcodes.BPF_LDX) {
        int mode = Program.mode(insn);
        if ((mode != Opcodes.BPF_MEM && mode != Opcodes.BPF_MEMSX) || insn.imm() != 0) {
          throw env.reject(EINVAL, "BPF_LDX uses reserved fields");
        }
      }
      if (insn.isWide()) {
        Insn second = i + 1 < program.length() ? program.insn(i + 1) : null;
        resolveWide(env, i, insn, second);
        i++;
      } else if (!KnownOpcodes.contains(insn.code())) {
        throw env.reject(EINVAL, "unknown opcode %02x", insn.code());
      }
    }
  }

  private static void resolveWide(VerifierEnv env, int at, Insn insn, @Nullable Insn second)
      throws VerifierReject {
    if (second == null
        || second.code() != 0
        || second.dst() != 0
        || second.src() != 0
        || second.off() != 0) {
      throw env.reject(EINVAL, "invalid bpf_ld_imm64 insn");
    }
    InsnAux aux = env.program.aux[at];
    boolean value = false;
    MapDescriptor map;
    switch (insn.src()) {
      case 0, Opcodes.BPF_PSEUDO_FUNC -> {
        return;
      }
      case Opcodes.BPF_PSEUDO_BTF_ID -> {
        KernelSymbolReferences.resolve(env, aux, insn.imm(), second.imm());
        return;
      }
      case Opcodes.BPF_PSEUDO_MAP_VALUE, Opcodes.BPF_PSEUDO_MAP_IDX_VALUE -> value = true;
      case Opcodes.BPF_PSEUDO_MAP_FD, Opcodes.BPF_PSEUDO_MAP_IDX -> {
        if (second.imm() != 0) {
          throw env.reject(EINVAL, "unrecognized bpf_ld_imm64 insn");
        }
      }
      default -> throw env.reject(EINVAL, "unrecognized bpf_ld_imm64 insn");
    }
    boolean index =
        insn.src() == Opcodes.BPF_PSEUDO_MAP_IDX || insn.src() == Opcodes.BPF_PSEUDO_MAP_IDX_VALUE;
    map = index ? env.input.maps().byIndex(insn.imm()) : env.input.maps().byFd(insn.imm());
    if (map == null) {
      throw env.reject(9, "fd %d is not pointing to valid bpf_map", insn.imm());
    }
    MapProgramRules.check(env, map);
    aux.map = map;
    if (!value) {
      return;
    }
    if (Integer.compareUnsigned(second.imm(), AluChecks.MAX_VAR_OFF) >= 0) {
      throw env.reject(
          EINVAL,
          "direct value offset of %s is not allowed",
          Integer.toUnsignedString(second.imm()));
    }
    OptionalLong address = MapAddress.ofValue(map, second.imm());
    if (!MapAddress.hasDirectValue(map)) {
      throw env.reject(EINVAL, "no direct value access support for this map type");
    }
    if (address.isEmpty()) {
      throw env.reject(
          map.maxEntries() != 1 ? 524 : EACCES,
          "invalid access to map value pointer, value_size=%d off=%d",
          map.valueSize(),
          second.imm());
    }
    aux.mapOff = second.imm();
  }
}
