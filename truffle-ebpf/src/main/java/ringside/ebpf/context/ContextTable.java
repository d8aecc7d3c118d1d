package ringside.ebpf.context;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;

/**
 * Context rules as a table: the fields of a context struct, and for each how wide loads and stores
 * may be.
 *
 * <p>Sizes are sets: the sum of the sizes allowed. A load that is narrower than a field's element
 * is the whole load with a shift and a mask behind it, just as the kernel makes it.
 */
final class ContextTable implements ContextRules {
  /** No size at all. */
  static final int NONE = 0;

  /** Whole words only. */
  static final int WORD = 4;

  /** Whole doublewords only. */
  static final int LONG = 8;

  /** Words and parts of them. */
  static final int NARROW = 1 | 2 | 4;

  /** Doublewords and parts of them. */
  static final int ANY = 1 | 2 | 4 | 8;

  /** With a set of sizes: narrow loads only at the field's first byte. */
  static final int AT_START = 16;

  private final List<Row> rows;

  private ContextTable(List<Row> rows) {
    this.rows = rows;
  }

  /**
   * One field.
   *
   * @param offset in the struct that programs see
   * @param length its bytes
   * @param element the bytes of a whole load
   * @param result what a load gives
   */
  private record Row(
      int offset,
      int length,
      int element,
      Field result,
      int reads,
      int writes,
      Conversion conversion) {
    boolean allows(int off, int size, boolean write) {
      int sizes = write ? writes : reads;
      return (sizes & size) != 0
          && off >= offset
          && off + size <= offset + length
          && off % size == 0
          && ((sizes & AT_START) == 0 || off == offset);
    }
  }

  /** Collects the fields of a struct. */
  static final class Builder {
    private final Map<String, Row> fields = new LinkedHashMap<>();
    private final List<Row> allowed = new ArrayList<>();

    /** A number. */
    Builder field(String name, int offset, int length, Conversion conversion) {
      return field(name, offset, length, Math.min(length, 4), Field.SCALAR, conversion);
    }

    /** A pointer, or a packet's end as far as programs can tell. */
    Builder pointer(String name, int offset, int length, Field result, Conversion conversion) {
      return field(name, offset, length, length, result, conversion);
    }

    /** Any field. */
    Builder field(
        String name, int offset, int length, int element, Field result, Conversion conversion) {
      fields.put(name, new Row(offset, length, element, result, NONE, NONE, conversion));
      return this;
    }

    /**
     * Lets programs access fields.
     *
     * @param names separated by blanks
     */
    Builder allow(int reads, int writes, String names) {
      for (String name : names.split(" ", -1)) {
        Row row = fields.get(name);
        if (row == null) {
          throw new IllegalArgumentException("the context has no field " + name);
        }
        allowed.add(
            new Row(
                row.offset, row.length, row.element, row.result, reads, writes, row.conversion));
      }
      return this;
    }

    /** The rules. */
    ContextTable build() {
      return new ContextTable(List.copyOf(allowed));
    }
  }

  @Override
  public @Nullable Field access(int off, int size, boolean write) {
    Row row = find(off, size, write);
    return row == null ? null : row.result;
  }

  private @Nullable Row find(int off, int size, boolean write) {
    for (Row row : rows) {
      if (row.allows(off, size, write)) {
        return row;
      }
    }
    return null;
  }

  @Override
  public List<Insn> convert(Insn insn) {
    boolean write = insn.insnClass() != Opcodes.BPF_LDX;
    int size = size(insn);
    Row row = find(insn.off(), size, write);
    if (row == null) {
      return List.of(insn);
    }
    Emitter out = new Emitter();
    int whole = Math.max(size, row.element);
    int at = insn.off() - row.offset;
    if (write) {
      row.conversion.store(out, insn, size, at);
      return out.insns();
    }
    int dst = insn.dst();
    int target = row.conversion.load(out, whole, dst, insn.src(), at & -whole);
    if (size < row.element && size < target) {
      int shift = (insn.off() & (row.element - 1)) * Byte.SIZE;
      boolean word = row.element <= Integer.BYTES;
      if (shift != 0 && word) {
        out.alu32(Opcodes.BPF_RSH, dst, shift);
      } else if (shift != 0) {
        out.alu64(Opcodes.BPF_RSH, dst, shift);
      }
      out.alu32(Opcodes.BPF_AND, dst, (int) ((1L << (size * Byte.SIZE)) - 1));
    }
    if ((insn.code() & 0xe0) == Opcodes.BPF_MEMSX) {
      out.alu64(Opcodes.BPF_MOV, dst, dst, size * Byte.SIZE);
    }
    return out.insns();
  }

  /** How many bytes a load or store accesses. */
  static int size(Insn insn) {
    return switch (insn.code() & 0x18) {
      case Opcodes.BPF_B -> 1;
      case Opcodes.BPF_H -> 2;
      case Opcodes.BPF_W -> 4;
      default -> 8;
    };
  }
}
