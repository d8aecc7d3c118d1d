package ringside.ebpf.isa;

/** The constants of {@code linux/bpf_common.h} and {@code linux/bpf.h} that encode instructions. */
public final class Opcodes {
  // classes
  public static final int BPF_LD = 0x00;
  public static final int BPF_LDX = 0x01;
  public static final int BPF_ST = 0x02;
  public static final int BPF_STX = 0x03;
  public static final int BPF_ALU = 0x04;
  public static final int BPF_JMP = 0x05;
  public static final int BPF_JMP32 = 0x06;
  public static final int BPF_ALU64 = 0x07;

  // sizes
  public static final int BPF_W = 0x00;
  public static final int BPF_H = 0x08;
  public static final int BPF_B = 0x10;
  public static final int BPF_DW = 0x18;

  // modes
  public static final int BPF_IMM = 0x00;
  public static final int BPF_ABS = 0x20;
  public static final int BPF_IND = 0x40;
  public static final int BPF_MEM = 0x60;
  public static final int BPF_MEMSX = 0x80;
  public static final int BPF_ATOMIC = 0xc0;

  // modes that the verifier gives to accesses that may fault; never loaded (linux/filter.h)
  public static final int BPF_PROBE_MEM = 0x20;
  public static final int BPF_PROBE_MEMSX = 0x40;
  public static final int BPF_PROBE_MEM32 = 0xa0;
  public static final int BPF_PROBE_MEM32SX = 0xc0;
  public static final int BPF_PROBE_ATOMIC = 0xe0;

  /** {@code BPF_ST | BPF_NOSPEC}: a barrier that the verifier puts in against speculation. */
  public static final int NOSPEC = 0xc2;

  // sources
  public static final int BPF_K = 0x00;
  public static final int BPF_X = 0x08;
  public static final int BPF_TO_LE = 0x00;
  public static final int BPF_TO_BE = 0x08;

  // arithmetic
  public static final int BPF_ADD = 0x00;
  public static final int BPF_SUB = 0x10;
  public static final int BPF_MUL = 0x20;
  public static final int BPF_DIV = 0x30;
  public static final int BPF_OR = 0x40;
  public static final int BPF_AND = 0x50;
  public static final int BPF_LSH = 0x60;
  public static final int BPF_RSH = 0x70;
  public static final int BPF_NEG = 0x80;
  public static final int BPF_MOD = 0x90;
  public static final int BPF_XOR = 0xa0;
  public static final int BPF_MOV = 0xb0;
  public static final int BPF_ARSH = 0xc0;
  public static final int BPF_END = 0xd0;

  // jumps
  public static final int BPF_JA = 0x00;
  public static final int BPF_JEQ = 0x10;
  public static final int BPF_JGT = 0x20;
  public static final int BPF_JGE = 0x30;
  public static final int BPF_JSET = 0x40;
  public static final int BPF_JNE = 0x50;
  public static final int BPF_JSGT = 0x60;
  public static final int BPF_JSGE = 0x70;
  public static final int BPF_CALL = 0x80;
  public static final int BPF_EXIT = 0x90;
  public static final int BPF_JLT = 0xa0;
  public static final int BPF_JLE = 0xb0;
  public static final int BPF_JSLT = 0xc0;
  public static final int BPF_JSLE = 0xd0;
  public static final int BPF_JCOND = 0xe0;

  // atomics, in imm
  public static final int BPF_FETCH = 0x01;
  public static final int BPF_XCHG = 0xe0 | BPF_FETCH;
  public static final int BPF_CMPXCHG = 0xf0 | BPF_FETCH;
  public static final int BPF_LOAD_ACQ = 0x100;
  public static final int BPF_STORE_REL = 0x110;

  // what src means for BPF_LD | BPF_IMM | BPF_DW
  public static final int BPF_PSEUDO_MAP_FD = 1;
  public static final int BPF_PSEUDO_MAP_VALUE = 2;
  public static final int BPF_PSEUDO_BTF_ID = 3;
  public static final int BPF_PSEUDO_FUNC = 4;
  public static final int BPF_PSEUDO_MAP_IDX = 5;
  public static final int BPF_PSEUDO_MAP_IDX_VALUE = 6;

  // what src means for BPF_JMP | BPF_CALL
  public static final int BPF_PSEUDO_CALL = 1;
  public static final int BPF_PSEUDO_KFUNC_CALL = 2;

  /** The frame pointer's register number. */
  public static final int BPF_REG_FP = 10;

  /** A register of the kernel's own, free inside of what it makes of one instruction. */
  public static final int BPF_REG_AX = 11;

  /** Registers r0–r10. */
  public static final int MAX_BPF_REG = 11;

  /** Bytes of stack of one subprogram. */
  public static final int MAX_BPF_STACK = 512;

  private Opcodes() {}
}
