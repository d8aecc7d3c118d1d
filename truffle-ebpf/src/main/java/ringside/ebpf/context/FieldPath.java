package ringside.ebpf.context;

import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.kernel.layout.StructLayouts;

/**
 * A field at the end of a chain of pointers, the first of them in the kernel's context.
 *
 * @param hops offsets of the pointers to follow
 * @param nullable which of them give 0 where they are null
 * @param offset of the field in the last struct
 * @param size of the field
 * @param indexed whether it is an array whose elements are accessed by what size the program uses
 * @param shift bits to shift left afterwards
 * @param mask of the bits that belong to the field; 0 for all
 */
@SuppressWarnings("ArrayRecordComponent") // made once, never compared
record FieldPath(
    int[] hops, boolean[] nullable, int offset, int size, boolean indexed, int shift, int mask)
    implements Conversion {

  /**
   * Follows a chain.
   *
   * @param path {@code struct.field}, each but the last a pointer to the next one's struct; a
   *     question mark behind a pointer lets it be null
   */
  static FieldPath of(StructLayouts layouts, String... path) {
    int[] hops = new int[path.length - 1];
    boolean[] nullable = new boolean[path.length - 1];
    for (int i = 0; i < hops.length; i++) {
      nullable[i] = path[i].endsWith("?");
      hops[i] = offset(layouts, nullable[i] ? path[i].substring(0, path[i].length() - 1) : path[i]);
    }
    String last = path[path.length - 1];
    int dot = last.indexOf('.');
    int size = layouts.of(last.substring(0, dot)).sizeOf(last.substring(dot + 1));
    return new FieldPath(hops, nullable, offset(layouts, last), size, false, 0, 0);
  }

  static int offset(StructLayouts layouts, String path) {
    int dot = path.indexOf('.');
    return layouts.of(path.substring(0, dot)).offset(path.substring(dot + 1));
  }

  /** The same with accesses by index. */
  FieldPath array() {
    return new FieldPath(hops, nullable, offset, size, true, shift, mask);
  }

  /** The same further on in the struct. */
  FieldPath plus(int bytes, int newSize) {
    return new FieldPath(hops, nullable, offset + bytes, newSize, indexed, shift, mask);
  }

  /** The same with a shift, as a port has in its upper half. */
  FieldPath shifted(int bits) {
    return new FieldPath(hops, nullable, offset, size, indexed, bits, mask);
  }

  /** The same with bits cut out. */
  FieldPath masked(int bits) {
    return new FieldPath(hops, nullable, offset, size, indexed, shift, bits);
  }

  @Override
  public int load(Emitter out, int wanted, int dst, int src, int at) {
    int base = src;
    for (int i = 0; i < hops.length; i++) {
      out.load(Long.BYTES, dst, base, hops[i]);
      if (nullable[i]) {
        out.skipIf(Opcodes.BPF_JEQ, dst, 0, behind(i));
      }
      base = dst;
    }
    int width = indexed ? wanted : size;
    out.load(width, dst, base, offset + (indexed ? at : 0));
    if (mask != 0) {
      out.alu32(Opcodes.BPF_AND, dst, mask);
    }
    if (shift != 0) {
      out.alu32(Opcodes.BPF_LSH, dst, shift);
    }
    return shift == 0 ? width : Integer.BYTES;
  }

  /** How many instructions stand behind the check of pointer {@code i}. */
  private int behind(int i) {
    int count = 1 + (mask != 0 ? 1 : 0) + (shift != 0 ? 1 : 0);
    for (int j = i + 1; j < hops.length; j++) {
      count += nullable[j] ? 2 : 1;
    }
    return count;
  }

  @Override
  public void store(Emitter out, Insn insn, int wanted, int at) {
    int base = insn.dst();
    for (int hop : hops) {
      out.load(Long.BYTES, Opcodes.BPF_REG_AX, base, hop);
      base = Opcodes.BPF_REG_AX;
    }
    out.store(insn, indexed ? wanted : Math.min(size, wanted), base, offset + (indexed ? at : 0));
  }
}
