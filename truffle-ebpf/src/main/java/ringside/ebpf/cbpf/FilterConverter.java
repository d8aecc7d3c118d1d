package ringside.ebpf.cbpf;

import static ringside.ebpf.isa.Opcodes.BPF_ADD;
import static ringside.ebpf.isa.Opcodes.BPF_ALU;
import static ringside.ebpf.isa.Opcodes.BPF_ALU64;
import static ringside.ebpf.isa.Opcodes.BPF_AND;
import static ringside.ebpf.isa.Opcodes.BPF_B;
import static ringside.ebpf.isa.Opcodes.BPF_CALL;
import static ringside.ebpf.isa.Opcodes.BPF_DIV;
import static ringside.ebpf.isa.Opcodes.BPF_DW;
import static ringside.ebpf.isa.Opcodes.BPF_END;
import static ringside.ebpf.isa.Opcodes.BPF_EXIT;
import static ringside.ebpf.isa.Opcodes.BPF_H;
import static ringside.ebpf.isa.Opcodes.BPF_IMM;
import static ringside.ebpf.isa.Opcodes.BPF_IND;
import static ringside.ebpf.isa.Opcodes.BPF_JA;
import static ringside.ebpf.isa.Opcodes.BPF_JEQ;
import static ringside.ebpf.isa.Opcodes.BPF_JGE;
import static ringside.ebpf.isa.Opcodes.BPF_JGT;
import static ringside.ebpf.isa.Opcodes.BPF_JLE;
import static ringside.ebpf.isa.Opcodes.BPF_JLT;
import static ringside.ebpf.isa.Opcodes.BPF_JMP;
import static ringside.ebpf.isa.Opcodes.BPF_JNE;
import static ringside.ebpf.isa.Opcodes.BPF_JSGE;
import static ringside.ebpf.isa.Opcodes.BPF_JSLT;
import static ringside.ebpf.isa.Opcodes.BPF_LD;
import static ringside.ebpf.isa.Opcodes.BPF_LDX;
import static ringside.ebpf.isa.Opcodes.BPF_LSH;
import static ringside.ebpf.isa.Opcodes.BPF_MEM;
import static ringside.ebpf.isa.Opcodes.BPF_MOD;
import static ringside.ebpf.isa.Opcodes.BPF_MOV;
import static ringside.ebpf.isa.Opcodes.BPF_NEG;
import static ringside.ebpf.isa.Opcodes.BPF_ST;
import static ringside.ebpf.isa.Opcodes.BPF_STX;
import static ringside.ebpf.isa.Opcodes.BPF_SUB;
import static ringside.ebpf.isa.Opcodes.BPF_TO_BE;
import static ringside.ebpf.isa.Opcodes.BPF_W;
import static ringside.ebpf.isa.Opcodes.BPF_X;
import static ringside.ebpf.isa.Opcodes.BPF_XOR;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.kernel.core.Errno;

/**
 * Makes eBPF of a checked filter, instruction for instruction what {@code bpf_convert_filter} of
 * {@code net/core/filter.c} makes.
 *
 * <p>A is r0, X is r7, the packet is r6; a filter that loads from the packet keeps {@code data} in
 * r8 and the length of its linear part in r9. Scratch memory is the lowest words of the stack.
 */
public final class FilterConverter {
  private static final int A = 0;
  private static final int ARG1 = 1;
  private static final int TMP = 2;
  private static final int ARG3 = 3;
  private static final int ARG4 = 4;
  private static final int CTX = 6;
  private static final int X = 7;
  private static final int DATA = 8;
  private static final int HEADLEN = 9;

  /** Instructions of the slow way of a packet load, which the fast way jumps over. */
  private static final int SLOW_LOAD = 8;

  private static final int PKT_TYPE_MAX = 7;

  /** The {@link Step#target} of what is no jump to another classic instruction. */
  private static final int NONE = -1;

  private final List<SockFilter> filter;
  private final SkbLayout layout;
  private final List<Step> steps = new ArrayList<>();
  private boolean loadsPacket;

  private FilterConverter(List<SockFilter> filter, SkbLayout layout) {
    this.filter = filter;
    this.layout = layout;
  }

  /** One instruction that came out, and the classic instruction that it jumps to. */
  private record Step(Insn insn, int target) {}

  /**
   * Converts a filter that {@link FilterCheck} accepted.
   *
   * @throws FilterException {@code EINVAL} where a jump becomes too long for eBPF
   */
  public static List<Insn> convert(List<SockFilter> filter, SkbLayout layout)
      throws FilterException {
    return new FilterConverter(filter, layout).convert();
  }

  private List<Insn> convert() throws FilterException {
    int[] starts = new int[filter.size()];
    for (int pc = 0; pc < filter.size(); pc++) {
      starts[pc] = steps.size();
      instruction(pc, filter.get(pc));
    }
    List<Insn> all = prologue();
    for (int at = 0; at < steps.size(); at++) {
      Step step = steps.get(at);
      if (step.target == NONE) {
        all.add(step.insn);
        continue;
      }
      int off = starts[step.target] - at - 1;
      if (off > Short.MAX_VALUE) {
        throw new FilterException(
            Errno.EINVAL,
            "the jump to insn %d is %d instructions long after translation, the longest is %d"
                .formatted(step.target, off, Short.MAX_VALUE));
      }
      all.add(step.insn.withOff(off));
    }
    return all;
  }

  private List<Insn> prologue() {
    List<Insn> all = new ArrayList<>();
    all.add(reg(BPF_ALU | BPF_XOR, A, A));
    all.add(reg(BPF_ALU | BPF_XOR, X, X));
    all.add(reg(BPF_ALU64 | BPF_MOV, CTX, ARG1));
    if (loadsPacket) {
      all.add(load(BPF_DW, DATA, CTX, layout.data()));
      all.add(load(BPF_W, HEADLEN, CTX, layout.len()));
      all.add(load(BPF_W, TMP, CTX, layout.dataLen()));
      all.add(reg(BPF_ALU | BPF_SUB, HEADLEN, TMP));
    }
    return all;
  }

  private void instruction(int pc, SockFilter insn) {
    switch (insn.code() & 0x07) {
      case BPF_LD -> loadA(insn);
      case BPF_LDX -> loadX(insn);
      case BPF_ST -> put(store(A, insn.k()));
      case BPF_STX -> put(store(X, insn.k()));
      case BPF_ALU -> arithmetic(insn);
      case BPF_JMP -> jump(pc, insn);
      case Classic.BPF_RET -> {
        if (insn.code() == Classic.BPF_RET) {
          put(imm(BPF_ALU | BPF_MOV, A, insn.k()));
        }
        put(exit());
      }
      default -> {
        boolean toX = insn.code() == (Classic.BPF_MISC | Classic.BPF_TAX);
        put(toX ? reg(BPF_ALU64 | BPF_MOV, X, A) : reg(BPF_ALU64 | BPF_MOV, A, X));
      }
    }
  }

  private void loadA(SockFilter insn) {
    int size = insn.code() & 0x18;
    switch (insn.code() & 0xe0) {
      case BPF_IMM -> put(imm(BPF_ALU | BPF_MOV, A, insn.k()));
      case BPF_MEM -> put(scratch(A, insn.k()));
      case Classic.BPF_LEN -> put(load(BPF_W, A, CTX, layout.len()));
      case BPF_IND -> slowLoad(size, insn.k(), true);
      default -> {
        Classic.Ancillary ancillary = Classic.Ancillary.of(insn.k());
        if (ancillary == null) {
          absoluteLoad(size, insn.k());
        } else {
          ancillaryLoad(ancillary);
        }
      }
    }
  }

  private void loadX(SockFilter insn) {
    switch (insn.code() & 0xe0) {
      case BPF_IMM -> put(imm(BPF_ALU | BPF_MOV, X, insn.k()));
      case BPF_MEM -> put(scratch(X, insn.k()));
      case Classic.BPF_LEN -> put(load(BPF_W, X, CTX, layout.len()));
      default -> headerLength(insn.k());
    }
  }

  /** {@code ldxb 4*([k]&0xf)}: an IPv4 header's length; A waits in X meanwhile. */
  private void headerLength(int k) {
    put(reg(BPF_ALU64 | BPF_MOV, X, A));
    absoluteLoad(BPF_B, k);
    put(imm(BPF_ALU | BPF_AND, A, 0xf));
    put(imm(BPF_ALU | BPF_LSH, A, 2));
    put(reg(BPF_ALU64 | BPF_MOV, TMP, X));
    put(reg(BPF_ALU64 | BPF_MOV, X, A));
    put(reg(BPF_ALU64 | BPF_MOV, A, TMP));
  }

  /** A load inside the linear part is done in place; whatever else is left to the slow way. */
  private void absoluteLoad(int size, int offset) {
    if (offset >= 0) {
      int bytes = bytes(size);
      int swap = size == BPF_B ? 0 : 1;
      boolean near = offset <= Short.MAX_VALUE;
      put(reg(BPF_ALU64 | BPF_MOV, TMP, HEADLEN));
      if (offset != 0) {
        put(imm(BPF_ALU64 | BPF_SUB, TMP, offset));
      }
      put(jumpImm(BPF_JSLT, TMP, bytes, 2 + swap + (near ? 0 : 2)));
      if (near) {
        put(load(size, A, DATA, offset));
      } else {
        put(reg(BPF_ALU64 | BPF_MOV, TMP, DATA));
        put(imm(BPF_ALU64 | BPF_ADD, TMP, offset));
        put(load(size, A, TMP, 0));
      }
      if (swap != 0) {
        put(fromBigEndian(A, bytes * 8));
      }
      put(new Insn(BPF_JMP | BPF_JA, 0, 0, SLOW_LOAD, 0));
    }
    slowLoad(size, offset, false);
  }

  /** Calls the kernel to load; a load outside the packet ends the filter with 0. */
  private void slowLoad(int size, int offset, boolean indirect) {
    loadsPacket = true;
    put(reg(BPF_ALU64 | BPF_MOV, ARG1, CTX));
    put(reg(BPF_ALU64 | BPF_MOV, TMP, DATA));
    put(reg(BPF_ALU64 | BPF_MOV, ARG3, HEADLEN));
    if (!indirect) {
      put(imm(BPF_ALU64 | BPF_MOV, ARG4, offset));
    } else {
      put(reg(BPF_ALU64 | BPF_MOV, ARG4, X));
      if (offset != 0) {
        put(imm(BPF_ALU64 | BPF_ADD, ARG4, offset));
      }
    }
    put(
        call(
            switch (size) {
              case BPF_B -> SkbHelpers.LOAD_8;
              case BPF_H -> SkbHelpers.LOAD_16;
              default -> SkbHelpers.LOAD_32;
            }));
    put(jumpImm(BPF_JSGE, A, 0, 2));
    put(reg(BPF_ALU | BPF_XOR, A, A));
    put(exit());
  }

  /** {@code convert_bpf_extensions}. */
  private void ancillaryLoad(Classic.Ancillary ancillary) {
    switch (ancillary) {
      case PROTOCOL -> {
        put(load(BPF_H, A, CTX, layout.protocol()));
        put(fromBigEndian(A, 16));
      }
      case VLAN_TPID -> {
        put(load(BPF_H, A, CTX, layout.vlanProto()));
        put(fromBigEndian(A, 16));
      }
      case PKTTYPE -> {
        put(load(BPF_B, A, CTX, layout.pktType()));
        put(imm(BPF_ALU | BPF_AND, A, PKT_TYPE_MAX));
      }
      case IFINDEX, HATYPE -> {
        put(load(BPF_DW, TMP, CTX, layout.dev()));
        put(jumpImm(BPF_JNE, TMP, 0, 1));
        put(exit());
        boolean index = ancillary == Classic.Ancillary.IFINDEX;
        put(
            index
                ? load(BPF_W, A, TMP, layout.ifindex())
                : load(BPF_H, A, TMP, layout.deviceType()));
      }
      case MARK -> put(load(BPF_W, A, CTX, layout.mark()));
      case RXHASH -> put(load(BPF_W, A, CTX, layout.hash()));
      case QUEUE -> put(load(BPF_H, A, CTX, layout.queueMapping()));
      case VLAN_TAG -> put(load(BPF_H, A, CTX, layout.vlanTci()));
      case VLAN_TAG_PRESENT -> {
        put(load(BPF_W, A, CTX, layout.vlanAll()));
        put(jumpImm(BPF_JEQ, A, 0, 1));
        put(imm(BPF_ALU | BPF_MOV, A, 1));
      }
      case ALU_XOR_X -> put(reg(BPF_ALU | BPF_XOR, A, X));
      case PAY_OFFSET -> helper(SkbHelpers.GET_PAY_OFFSET);
      case NLATTR -> helper(SkbHelpers.GET_NLATTR);
      case NLATTR_NEST -> helper(SkbHelpers.GET_NLATTR_NEST);
      case CPU -> helper(SkbHelpers.GET_RAW_CPU_ID);
      case RANDOM -> helper(SkbHelpers.USER_RND_U32);
    }
  }

  /** A call with the packet, A and X. */
  private void helper(int id) {
    put(reg(BPF_ALU64 | BPF_MOV, ARG1, CTX));
    put(reg(BPF_ALU64 | BPF_MOV, TMP, A));
    put(reg(BPF_ALU64 | BPF_MOV, ARG3, X));
    put(call(id));
  }

  private void arithmetic(SockFilter insn) {
    int op = insn.code() & 0xf0;
    boolean byX = (insn.code() & BPF_X) != 0;
    if (byX && (op == BPF_DIV || op == BPF_MOD)) {
      // Where eBPF goes on, classic BPF ends with 0.
      put(reg(BPF_ALU | BPF_MOV, X, X));
      put(jumpImm(BPF_JNE, X, 0, 2));
      put(reg(BPF_ALU | BPF_XOR, A, A));
      put(exit());
    }
    if (op == BPF_NEG) {
      put(imm(insn.code(), A, 0));
    } else {
      put(byX ? reg(insn.code(), A, X) : imm(insn.code(), A, insn.k()));
    }
  }

  private void jump(int pc, SockFilter insn) {
    if (insn.code() == (BPF_JMP | BPF_JA)) {
      goTo(insn.code(), 0, 0, 0, pc + 1 + insn.k());
      return;
    }
    int op = insn.code() & 0xf0;
    int source = insn.code() & BPF_X;
    int register = source == 0 ? 0 : X;
    int k = source == 0 ? insn.k() : 0;
    if (k < 0) {
      // Immediates are sign-extended in a 64-bit comparison; classic ones are unsigned.
      put(imm(BPF_ALU | BPF_MOV, TMP, k));
      source = BPF_X;
      register = TMP;
      k = 0;
    }
    int whenTrue = pc + 1 + insn.jt();
    int whenFalse = pc + 1 + insn.jf();
    @Nullable Integer opposite = opposite(op);
    if (insn.jf() == 0) {
      goTo(BPF_JMP | op | source, A, register, k, whenTrue);
    } else if (insn.jt() == 0 && opposite != null) {
      goTo(BPF_JMP | opposite | source, A, register, k, whenFalse);
    } else {
      goTo(BPF_JMP | op | source, A, register, k, whenTrue);
      goTo(BPF_JMP | BPF_JA, 0, 0, 0, whenFalse);
    }
  }

  private static @Nullable Integer opposite(int op) {
    return switch (op) {
      case BPF_JEQ -> BPF_JNE;
      case BPF_JGT -> BPF_JLE;
      case BPF_JGE -> BPF_JLT;
      default -> null;
    };
  }

  private void put(Insn insn) {
    steps.add(new Step(insn, NONE));
  }

  private void goTo(int code, int dst, int src, int k, int target) {
    steps.add(new Step(new Insn(code, dst, src, 0, k), target));
  }

  private static int bytes(int size) {
    return switch (size) {
      case BPF_B -> 1;
      case BPF_H -> 2;
      default -> 4;
    };
  }

  private static Insn reg(int code, int dst, int src) {
    return new Insn(code | BPF_X, dst, src, 0, 0);
  }

  private static Insn imm(int code, int dst, int value) {
    return new Insn(code, dst, 0, 0, value);
  }

  private static Insn load(int size, int dst, int src, int off) {
    return new Insn(BPF_LDX | BPF_MEM | size, dst, src, off, 0);
  }

  private static Insn scratch(int dst, int word) {
    return load(BPF_W, dst, Opcodes.BPF_REG_FP, -(word * 4 + 4));
  }

  private static Insn store(int src, int word) {
    return new Insn(BPF_STX | BPF_MEM | BPF_W, Opcodes.BPF_REG_FP, src, -(word * 4 + 4), 0);
  }

  private static Insn fromBigEndian(int dst, int bits) {
    return new Insn(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits);
  }

  private static Insn jumpImm(int op, int dst, int value, int off) {
    return new Insn(BPF_JMP | op, dst, 0, off, value);
  }

  private static Insn call(int helper) {
    return new Insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
  }

  private static Insn exit() {
    return new Insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
}
