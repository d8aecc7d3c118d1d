package ringside.ebpf.cbpf;

import static ringside.ebpf.isa.Opcodes.BPF_ABS;
import static ringside.ebpf.isa.Opcodes.BPF_ADD;
import static ringside.ebpf.isa.Opcodes.BPF_ALU;
import static ringside.ebpf.isa.Opcodes.BPF_AND;
import static ringside.ebpf.isa.Opcodes.BPF_B;
import static ringside.ebpf.isa.Opcodes.BPF_DIV;
import static ringside.ebpf.isa.Opcodes.BPF_H;
import static ringside.ebpf.isa.Opcodes.BPF_IMM;
import static ringside.ebpf.isa.Opcodes.BPF_IND;
import static ringside.ebpf.isa.Opcodes.BPF_JA;
import static ringside.ebpf.isa.Opcodes.BPF_JEQ;
import static ringside.ebpf.isa.Opcodes.BPF_JGE;
import static ringside.ebpf.isa.Opcodes.BPF_JGT;
import static ringside.ebpf.isa.Opcodes.BPF_JMP;
import static ringside.ebpf.isa.Opcodes.BPF_JSET;
import static ringside.ebpf.isa.Opcodes.BPF_K;
import static ringside.ebpf.isa.Opcodes.BPF_LD;
import static ringside.ebpf.isa.Opcodes.BPF_LDX;
import static ringside.ebpf.isa.Opcodes.BPF_LSH;
import static ringside.ebpf.isa.Opcodes.BPF_MEM;
import static ringside.ebpf.isa.Opcodes.BPF_MOD;
import static ringside.ebpf.isa.Opcodes.BPF_MUL;
import static ringside.ebpf.isa.Opcodes.BPF_NEG;
import static ringside.ebpf.isa.Opcodes.BPF_OR;
import static ringside.ebpf.isa.Opcodes.BPF_RSH;
import static ringside.ebpf.isa.Opcodes.BPF_ST;
import static ringside.ebpf.isa.Opcodes.BPF_STX;
import static ringside.ebpf.isa.Opcodes.BPF_SUB;
import static ringside.ebpf.isa.Opcodes.BPF_W;
import static ringside.ebpf.isa.Opcodes.BPF_X;
import static ringside.ebpf.isa.Opcodes.BPF_XOR;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The opcodes of classic BPF that differ from eBPF's, and which opcodes there are. */
public final class Classic {
  // classes
  public static final int BPF_RET = 0x06;
  public static final int BPF_MISC = 0x07;

  // modes
  public static final int BPF_LEN = 0x80;
  public static final int BPF_MSH = 0xa0;

  // where BPF_RET takes its value from
  public static final int BPF_A = 0x10;

  // what BPF_MISC does
  public static final int BPF_TAX = 0x00;
  public static final int BPF_TXA = 0x80;

  /** {@code BPF_MEMWORDS}: how many words of scratch memory a filter has. */
  public static final int MEMWORDS = 16;

  /** {@code SKF_NET_OFF}: loads from here on count from the network header. */
  public static final int SKF_NET_OFF = -0x100000;

  /** {@code SKF_LL_OFF}: loads from here on count from the link-layer header. */
  public static final int SKF_LL_OFF = -0x200000;

  /** {@code SKF_AD_OFF}: loads from here on are ancillary. */
  public static final int SKF_AD_OFF = -0x1000;

  private static final Set<Integer> CODES = codes();

  private Classic() {}

  /** What a load from {@code SKF_AD_OFF + number} gives; the numbers are {@code SKF_AD_*}. */
  public enum Ancillary {
    PROTOCOL(0),
    PKTTYPE(4),
    IFINDEX(8),
    NLATTR(12),
    NLATTR_NEST(16),
    MARK(20),
    QUEUE(24),
    HATYPE(28),
    RXHASH(32),
    CPU(36),
    ALU_XOR_X(40),
    VLAN_TAG(44),
    VLAN_TAG_PRESENT(48),
    PAY_OFFSET(52),
    RANDOM(56),
    VLAN_TPID(60);

    private final int number;

    Ancillary(int number) {
      this.number = number;
    }

    /** The {@code k} that asks for it. */
    public int k() {
      return SKF_AD_OFF + number;
    }

    /** What {@code k} asks for, or null. */
    public static @Nullable Ancillary of(int k) {
      for (Ancillary each : values()) {
        if (each.k() == k) {
          return each;
        }
      }
      return null;
    }
  }

  /** Whether the kernel knows an opcode in a socket filter ({@code chk_code_allowed}). */
  public static boolean known(int code) {
    return CODES.contains(code);
  }

  /** Whether it is a conditional jump. */
  public static boolean conditional(int code) {
    return known(code) && (code & 0x07) == BPF_JMP && code != (BPF_JMP | BPF_JA);
  }

  /** Whether it loads from the packet at a constant offset. */
  public static boolean loadsAbsolute(int code) {
    return known(code) && (code & 0xe7) == (BPF_LD | BPF_ABS);
  }

  private static Set<Integer> codes() {
    Set<Integer> codes = new HashSet<>();
    int[] alu = {
      BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH
    };
    for (int source : new int[] {BPF_K, BPF_X}) {
      for (int op : alu) {
        codes.add(BPF_ALU | op | source);
      }
      for (int op : new int[] {BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET}) {
        codes.add(BPF_JMP | op | source);
      }
    }
    for (int size : new int[] {BPF_W, BPF_H, BPF_B}) {
      codes.add(BPF_LD | size | BPF_ABS);
      codes.add(BPF_LD | size | BPF_IND);
    }
    codes.addAll(
        Set.of(
            BPF_ALU | BPF_NEG,
            BPF_LD | BPF_W | BPF_LEN,
            BPF_LD | BPF_IMM,
            BPF_LD | BPF_MEM,
            BPF_LDX | BPF_W | BPF_LEN,
            BPF_LDX | BPF_B | BPF_MSH,
            BPF_LDX | BPF_IMM,
            BPF_LDX | BPF_MEM,
            BPF_ST,
            BPF_STX,
            BPF_MISC | BPF_TAX,
            BPF_MISC | BPF_TXA,
            BPF_RET | BPF_K,
            BPF_RET | BPF_A,
            BPF_JMP | BPF_JA));
    return Set.copyOf(codes);
  }
}
