package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/** Conditional jumps: both ways are explored, each with what the comparison teaches. */
final class JumpChecks {
  private static final int MAX_PACKET_OFF = 0xffff;

  private final VerifierEnv env;
  private final RegisterChecks registers;
  private final Precision precision;
  private final AluChecks alu;
  private final References references;
  private final Explorer explorer;
  private final Speculation speculation;

  JumpChecks(
      VerifierEnv env,
      RegisterChecks registers,
      Precision precision,
      AluChecks alu,
      References references,
      Explorer explorer,
      Speculation speculation) {
    this.env = env;
    this.registers = registers;
    this.precision = precision;
    this.alu = alu;
    this.references = references;
    this.explorer = explorer;
    this.speculation = speculation;
  }

  /** Checks the jump; moves {@code env.insnIdx} to the jump itself or to one before its target. */
  void check(Insn insn) throws VerifierReject {
    int op = Program.op(insn);
    if (op == Opcodes.BPF_JA || op > Opcodes.BPF_JCOND) {
      throw env.reject(EINVAL, "invalid BPF_JMP/JMP32 opcode %x", op);
    }
    if (op == Opcodes.BPF_JCOND) {
      mayGoto(insn);
      return;
    }
    VerifierState here = env.state;
    registers.src(insn.dst());
    RegState dst = env.reg(insn.dst());
    boolean register = Program.srcIsReg(insn);
    boolean narrow = Program.klass(insn) == Opcodes.BPF_JMP32;
    RegState src;
    int flags = 0;
    if (register) {
      if (insn.imm() != 0) {
        throw env.reject(EINVAL, "BPF_JMP/JMP32 uses reserved fields");
      }
      registers.src(insn.src());
      src = env.reg(insn.src());
      if (!(dst.isPacketOrEnd() && src.isPacketOrEnd()) && env.isPointerValue(src)) {
        throw env.reject(EACCES, "R%d pointer comparison prohibited", insn.src());
      }
      if (src.type == RegType.PTR_TO_STACK) {
        flags |= HistoryFlags.SRC_REG_STACK;
      }
    } else {
      if (insn.src() != 0) {
        throw env.reject(EINVAL, "BPF_JMP/JMP32 uses reserved fields");
      }
      src = new RegState();
      src.type = RegType.SCALAR_VALUE;
      src.markKnown(insn.imm());
    }
    if (dst.type == RegType.PTR_TO_STACK) {
      flags |= HistoryFlags.DST_REG_STACK;
    }
    if (flags != 0) {
      env.pushHistory(here, flags, null);
    }
    int taken = BranchRefinement.taken(dst, src, op, narrow);
    if (taken >= 0) {
      if (dst.isScalar()) {
        precision.mark(insn.dst());
      }
      if (register && src.isScalar()) {
        precision.mark(insn.src());
      }
      int untaken = env.insnIdx + 1 + (taken == 1 ? 0 : insn.off());
      speculation.pushUntaken(insn, untaken);
      explorer.printState();
      if (taken == 1) {
        env.insnIdx += insn.off();
      }
      return;
    }
    branch(insn, op, narrow, dst, src, here);
  }

  private void branch(
      Insn insn, int op, boolean narrow, RegState dst, RegState src, VerifierState here)
      throws VerifierReject {
    boolean register = Program.srcIsReg(insn);
    LinkedRegs linked = new LinkedRegs();
    if (register && src.isScalar() && src.id != 0) {
      linked.collect(env, here, src.id);
    }
    if (dst.isScalar() && dst.id != 0) {
      linked.collect(env, here, dst.id);
    }
    if (linked.count() > 1) {
      env.pushHistory(here, 0, linked.packed());
    }
    VerifierState other = explorer.push(env.insnIdx + insn.off() + 1, env.insnIdx);
    RegState[] otherRegs = other.cur().regs;
    RegState otherDst = otherRegs[insn.dst()];
    RegState otherSrc = register ? otherRegs[insn.src()] : src.copy();
    BranchRefinement.refine(otherDst, otherSrc, dst, src, op, narrow);
    if (env.flawed()) {
      FlawedRules.compared(env, narrow, otherDst, otherSrc, dst, src);
    }
    alu.sane(otherDst, "true_reg1");
    alu.sane(otherSrc, "true_reg2");
    alu.sane(dst, "false_reg1");
    alu.sane(src, "false_reg2");
    if (register && src.isScalar() && src.id != 0) {
      linked.sync(here, src);
      linked.sync(other, otherSrc);
    }
    if (dst.isScalar() && dst.id != 0) {
      linked.sync(here, dst);
      linked.sync(other, otherDst);
    }
    if (!narrow && register) {
      liftNullness(insn, op, dst, src, otherRegs);
    }
    boolean nullCheck =
        !narrow
            && !register
            && insn.imm() == 0
            && (op == Opcodes.BPF_JEQ || op == Opcodes.BPF_JNE)
            && RegType.mayBeNull(dst.type);
    if (nullCheck) {
      references.markNullOrNot(here, insn.dst(), op == Opcodes.BPF_JNE);
      references.markNullOrNot(other, insn.dst(), op == Opcodes.BPF_JEQ);
    } else if (!matchPackets(insn, op, narrow, dst, register ? src : null, here, other)
        && env.isPointerValue(env.reg(insn.dst()))) {
      throw env.reject(EACCES, "R%d pointer comparison prohibited", insn.dst());
    }
    explorer.printState();
  }

  /** A pointer that equals one that is not null is not null either. */
  private void liftNullness(Insn insn, int op, RegState dst, RegState src, RegState[] otherRegs) {
    if (dst.isScalar()
        || src.isScalar()
        || RegType.mayBeNull(src.type) == RegType.mayBeNull(dst.type)
        || RegType.base(src.type) == RegType.PTR_TO_BTF_ID
        || RegType.base(dst.type) == RegType.PTR_TO_BTF_ID) {
      return;
    }
    RegState[] equal =
        op == Opcodes.BPF_JEQ ? otherRegs : op == Opcodes.BPF_JNE ? env.regs() : null;
    if (equal != null) {
      references.markNotNull(equal[RegType.mayBeNull(src.type) ? insn.src() : insn.dst()]);
    }
  }

  private void mayGoto(Insn insn) throws VerifierReject {
    if (!Program.isMayGoto(insn) || insn.dst() != 0 || insn.imm() != 0) {
      throw env.reject(EINVAL, "invalid may_goto imm %d", insn.imm());
    }
    VerifierState before = explorer.previousEntry(env.state.parent, env.insnIdx);
    VerifierState queued = explorer.push(env.insnIdx + 1, env.insnIdx);
    queued.mayGotoDepth++;
    if (before != null) {
      StateComparison.widenImprecise(env, before, queued);
    }
    env.insnIdx += insn.off();
  }

  /** Comparing a packet pointer with the end of the packet tells how much may be accessed. */
  private static boolean matchPackets(
      Insn insn,
      int op,
      boolean narrow,
      RegState dst,
      @Nullable RegState src,
      VerifierState here,
      VerifierState other) {
    if (src == null || narrow) {
      return false;
    }
    boolean less = op == Opcodes.BPF_JLT || op == Opcodes.BPF_JLE;
    boolean orEqual = op == Opcodes.BPF_JGE || op == Opcodes.BPF_JLE;
    if (!less && op != Opcodes.BPF_JGT && op != Opcodes.BPF_JGE) {
      return false;
    }
    RegState packet;
    int packetReg;
    // Whether the jump is taken when the packet pointer is the greater one.
    boolean takenBeyond;
    if (forward(dst, src)) {
      packet = dst;
      packetReg = insn.dst();
      takenBeyond = !less;
    } else if (forward(src, dst)) {
      packet = src;
      packetReg = insn.src();
      takenBeyond = less;
    } else {
      return false;
    }
    VerifierState beyond = takenBeyond ? other : here;
    VerifierState within = takenBeyond ? here : other;
    // An equal pointer falls to the side the comparison says: with `>=` beyond, with `>` within.
    boolean equalIsBeyond = orEqual == takenBeyond;
    goodRange(within, packet, equalIsBeyond);
    markEnd(beyond, packetReg, !equalIsBeyond);
    return true;
  }

  /** {@code a} moves towards {@code b}: packet data towards its end, or metadata towards data. */
  private static boolean forward(RegState a, RegState b) {
    return (a.type == RegType.PTR_TO_PACKET && b.type == RegType.PTR_TO_PACKET_END)
        || (a.type == RegType.PTR_TO_PACKET_META && b.isInitPacket(RegType.PTR_TO_PACKET));
  }

  private static void goodRange(VerifierState st, RegState packet, boolean openEnd) {
    if (packet.off < 0 || (packet.off == 0 && openEnd)) {
      return;
    }
    if (Long.compareUnsigned(packet.umax, MAX_PACKET_OFF) > 0
        || packet.umax + packet.off > MAX_PACKET_OFF) {
      return;
    }
    int range = packet.off + (openEnd ? 1 : 0);
    int type = packet.type;
    int id = packet.id;
    st.eachReg(r -> {
      if (r.type == type && r.id == id) {
        r.range = Math.max(r.range, range);
      }
    });
  }

  private static void markEnd(VerifierState st, int regno, boolean openRange) {
    RegState r = st.cur().regs[regno];
    if (r.type == RegType.PTR_TO_PACKET) {
      r.range = openRange ? RegState.BEYOND_PKT_END : RegState.AT_PKT_END;
    }
  }
}
