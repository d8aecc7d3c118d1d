package ringside.ebpf.isa;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One 8-byte instruction slot, {@code struct bpf_insn}.
 *
 * <p>A 64-bit immediate takes two slots, as in the kernel: the second has code 0 and the upper half
 * in its {@code imm}. Indexes and jump offsets count slots.
 *
 * @param code the opcode, 0–255
 * @param dst destination register field, 0–15
 * @param src source register field, 0–15
 * @param off signed 16-bit offset
 * @param imm signed 32-bit immediate
 */
public record Insn(int code, int dst, int src, int off, int imm) {
  /** Bytes in one slot. */
  public static final int BYTES = 8;

  /** Makes a slot, cutting each field to its width. */
  public Insn(int code, int dst, int src, int off, int imm) {
    this.code = code & 0xff;
    this.dst = dst & 0xf;
    this.src = src & 0xf;
    this.off = (short) off;
    this.imm = imm;
  }

  /** The instruction class, {@code BPF_CLASS(code)}. */
  public int insnClass() {
    return code & 0x07;
  }

  /** Whether this is the first slot of a 64-bit immediate load. */
  public boolean isWide() {
    return code == (Opcodes.BPF_LD | Opcodes.BPF_IMM | Opcodes.BPF_DW);
  }

  /** The 64-bit immediate that this slot and the one behind it make. */
  public long wideImm(Insn second) {
    return (long) second.imm << 32 | (imm & 0xffffffffL);
  }

  /** The second slot of a 64-bit immediate load. */
  public static Insn wideSecond(long imm) {
    return new Insn(0, 0, 0, 0, (int) (imm >>> 32));
  }

  /** Decodes one slot, little-endian. */
  public static Insn decode(byte[] bytes, int at) {
    ByteBuffer b = ByteBuffer.wrap(bytes, at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int code = b.get() & 0xff;
    int regs = b.get() & 0xff;
    return new Insn(code, regs & 0xf, regs >>> 4, b.getShort(), b.getInt());
  }

  /**
   * Decodes a program.
   *
   * @throws IllegalArgumentException where the length is not whole slots
   */
  public static List<Insn> decodeAll(byte[] bytes) {
    if (bytes.length % BYTES != 0) {
      throw new IllegalArgumentException(
          "program of " + bytes.length + " bytes is not whole 8-byte instructions");
    }
    List<Insn> insns = new ArrayList<>(bytes.length / BYTES);
    for (int at = 0; at < bytes.length; at += BYTES) {
      insns.add(decode(bytes, at));
    }
    return insns;
  }

  /** Encodes a program, little-endian. */
  public static byte[] encodeAll(List<Insn> insns) {
    ByteBuffer b = ByteBuffer.allocate(insns.size() * BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Insn insn : insns) {
      b.put((byte) insn.code)
          .put((byte) (insn.src << 4 | insn.dst))
          .putShort((short) insn.off)
          .putInt(insn.imm);
    }
    return b.array();
  }

  /** The same slot with another {@code imm}. */
  public Insn withImm(int value) {
    return new Insn(code, dst, src, off, value);
  }

  /** The same slot with another {@code off}. */
  public Insn withOff(int value) {
    return new Insn(code, dst, src, value, imm);
  }

  /** The same slot with another source register field. */
  public Insn withSrc(int value) {
    return new Insn(code, dst, value, off, imm);
  }
}
