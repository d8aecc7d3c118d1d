package ringside.ebpf.helper;

import ringside.kernel.mm.Memory;

/** The Internet checksum's arithmetic on 32 bits ({@code include/net/checksum.h}). */
final class InternetChecksum {
  private static final long LOW = 0xffffffffL;

  private InternetChecksum() {}

  /** {@code csum_add}: with end-around carry. */
  static int add(int a, int b) {
    long sum = (a & LOW) + (b & LOW);
    return (int) ((sum & LOW) + (sum >>> 32));
  }

  /** {@code csum_sub}. */
  static int sub(int a, int b) {
    return add(a, ~b);
  }

  /** {@code csum_fold}: the complement of the sum on 16 bits. */
  static short fold(int sum) {
    int folded = (sum & 0xffff) + (sum >>> 16);
    folded = (folded & 0xffff) + (folded >>> 16);
    return (short) ~folded;
  }

  /** {@code csum_unfold}. */
  static int unfold(short sum) {
    return Short.toUnsignedInt(sum);
  }

  /** {@code csum_partial} of bytes in memory. */
  static int partial(Memory memory, long at, int length, int seed) {
    long sum = seed & LOW;
    int i = 0;
    for (; i + 1 < length; i += 2) {
      sum += Short.toUnsignedInt(memory.readShort(at + i));
    }
    if (i < length) {
      sum += memory.readByte(at + i) & 0xff;
    }
    while (sum >>> 32 != 0) {
      sum = (sum & LOW) + (sum >>> 32);
    }
    return (int) sum;
  }

  /** {@code csum_block_add}: adds a sum that begins at an offset, odd or even. */
  static int blockAdd(int sum, int other, int offset) {
    return add(sum, (offset & 1) == 0 ? other : Integer.rotateRight(other, Byte.SIZE));
  }

  /** {@code csum16_add}. */
  static short add16(short a, short b) {
    int sum = Short.toUnsignedInt(a) + Short.toUnsignedInt(b);
    return (short) (sum + (sum >>> 16));
  }
}
