package ringside.ebpf.cbpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One classic instruction, {@code struct sock_filter}.
 *
 * @param code the 16-bit opcode
 * @param jt how many instructions a true condition skips, 0–255
 * @param jf how many a false one skips, 0–255
 * @param k the operand, 32 bits
 */
public record SockFilter(int code, int jt, int jf, int k) {
  /** Bytes of one instruction. */
  public static final int BYTES = 8;

  /** {@code BPF_MAXINSNS}: the longest filter. */
  public static final int MAXINSNS = 4096;

  /** Makes an instruction, cutting each field to its width. */
  public SockFilter(int code, int jt, int jf, int k) {
    this.code = code & 0xffff;
    this.jt = jt & 0xff;
    this.jf = jf & 0xff;
    this.k = k;
  }

  /** An instruction that does not branch ({@code BPF_STMT}). */
  public static SockFilter stmt(int code, int k) {
    return new SockFilter(code, 0, 0, k);
  }

  /**
   * Decodes a filter of little-endian {@code struct sock_filter}s.
   *
   * @throws IllegalArgumentException where the length is not whole instructions
   */
  public static List<SockFilter> decodeAll(byte[] bytes) {
    if (bytes.length % BYTES != 0) {
      throw new IllegalArgumentException(
          "filter of " + bytes.length + " bytes is not whole 8-byte instructions");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<SockFilter> filter = new ArrayList<>(bytes.length / BYTES);
    while (in.hasRemaining()) {
      filter.add(new SockFilter(in.getShort(), in.get(), in.get(), in.getInt()));
    }
    return filter;
  }

  /** Encodes a filter, little-endian. */
  public static byte[] encodeAll(List<SockFilter> filter) {
    ByteBuffer out = ByteBuffer.allocate(filter.size() * BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (SockFilter insn : filter) {
      out.putShort((short) insn.code).put((byte) insn.jt).put((byte) insn.jf).putInt(insn.k);
    }
    return out.array();
  }
}
