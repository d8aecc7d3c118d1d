package ringside.ebpf.core;

import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * What a relocation of some kind yields for a place in a type.
 *
 * @param value what goes into the instruction
 * @param fieldSize bytes of what is loaded or stored there, 0 where that is no question
 * @param fieldType its type's id
 * @param validate whether the compiler must have put the same value into the instruction
 */
record CoreValue(long value, int fieldSize, int fieldType, boolean validate) {

  /** The relocation cannot be made at all. */
  static final class Unsupported extends Exception {
    private static final long serialVersionUID = 1L;

    private final String what;

    Unsupported(String what) {
      super(what);
      this.what = what;
    }

    String what() {
      return what;
    }
  }

  private static CoreValue of(long value) {
    return new CoreValue(value, 0, 0, true);
  }

  /**
   * Works it out.
   *
   * @param spec null where the kernel has nothing like it
   * @return null where that makes the instruction unusable
   */
  static @Nullable CoreValue of(CoreKind kind, @Nullable CoreSpec spec) throws Unsupported {
    return switch (kind) {
      case FIELD_EXISTS, TYPE_EXISTS, TYPE_MATCHES, ENUMVAL_EXISTS -> of(spec == null ? 0 : 1);
      case TYPE_ID_LOCAL, TYPE_ID_TARGET ->
          spec == null ? of(0) : new CoreValue(spec.root, 0, 0, false);
      case TYPE_SIZE -> of(spec == null ? 0 : sizeOf(spec.btf, spec.root));
      case ENUMVAL_VALUE -> spec == null ? null : enumerator(spec);
      default -> spec == null ? null : field(kind, spec);
    };
  }

  private static long sizeOf(Btf btf, int id) throws Unsupported {
    long size = TypeSize.of(btf, id);
    if (size < 0) {
      throw new Unsupported("type [%d] has no size".formatted(id));
    }
    return size;
  }

  private static CoreValue enumerator(CoreSpec spec) {
    CoreSpec.Accessor accessor = spec.accessors.getFirst();
    return switch (spec.btf.type(accessor.type())) {
      case BtfType.Enum32 e -> {
        // Taken as signed, whatever the enum says of itself.
        int value = (int) e.values().get(accessor.index()).value();
        yield of(value);
      }
      case BtfType.Enum64 e -> of(e.values().get(accessor.index()).value());
      default -> throw new IllegalStateException("enumerator of no enum");
    };
  }

  private static CoreValue field(CoreKind kind, CoreSpec spec) throws Unsupported {
    CoreSpec.Accessor accessor = spec.accessors.getLast();
    if (accessor.name() == null) {
      return element(kind, spec, accessor);
    }
    Btf btf = spec.btf;
    BtfType.Member member =
        ((BtfType.Composite) btf.type(accessor.type())).members().get(accessor.index());
    int type = btf.strip(member.type());
    boolean bitField = member.bitSize() > 0;
    Span span = bitField ? bitField(spec, type, member.bitSize()) : plain(spec, type);
    return switch (kind) {
      case FIELD_BYTE_OFFSET ->
          bitField
              ? new CoreValue(span.offset, 0, 0, false)
              : new CoreValue(span.offset, elementSize(btf, type), type, true);
      case FIELD_BYTE_SIZE -> new CoreValue(span.size, 0, 0, !bitField);
      case FIELD_SIGNED -> of(signed(btf.type(type)) ? 1 : 0);
      case FIELD_LSHIFT_U64 ->
          new CoreValue(64 - (span.bit + span.bits - span.offset * 8), 0, 0, !bitField);
      case FIELD_RSHIFT_U64 -> of(64 - span.bits);
      default -> throw new Unsupported("no field relocation");
    };
  }

  /**
   * What to load for a field.
   *
   * @param offset first byte
   * @param size bytes
   * @param bit where the field begins, in bits from the start of everything
   * @param bits its width
   */
  private record Span(long offset, long size, long bit, long bits) {}

  private static Span plain(CoreSpec spec, int type) throws Unsupported {
    long size = sizeOf(spec.btf, type);
    return new Span(spec.bitOffset / 8, size, spec.bitOffset, size * 8);
  }

  /** The smallest aligned load of up to 8 bytes that has a bit-field whole. */
  private static Span bitField(CoreSpec spec, int type, int bits) throws Unsupported {
    long bit = spec.bitOffset;
    long size =
        switch (spec.btf.type(type)) {
          case BtfType.Int i -> i.size();
          case BtfType.Enum32 e -> e.size();
          case BtfType.Enum64 e -> e.size();
          default -> 0;
        };
    if (size == 0) {
      throw new Unsupported("bit-field of type [%d], no integer".formatted(type));
    }
    long offset = bit / 8 / size * size;
    while (bit + bits - offset * 8 > size * 8) {
      if (size >= 8) {
        throw new Unsupported("can't be satisfied for bitfield");
      }
      size *= 2;
      offset = bit / 8 / size * size;
    }
    return new Span(offset, size, bit, bits);
  }

  private static CoreValue element(CoreKind kind, CoreSpec spec, CoreSpec.Accessor accessor)
      throws Unsupported {
    return switch (kind) {
      case FIELD_BYTE_OFFSET ->
          new CoreValue(
              spec.bitOffset / 8, elementSize(spec.btf, accessor.type()), accessor.type(), true);
      case FIELD_BYTE_SIZE -> of(sizeOf(spec.btf, accessor.type()));
      default -> throw new Unsupported("can't be applied to array access");
    };
  }

  /** Of an array, loads and stores take single elements. */
  private static int elementSize(Btf btf, int id) throws Unsupported {
    int element = btf.strip(id);
    for (int depth = 0; btf.type(element) instanceof BtfType.Array array; depth++) {
      if (depth == CoreSpec.MAX_LEN) {
        throw new Unsupported("array of arrays of arrays without end");
      }
      element = btf.strip(array.element());
    }
    return (int) sizeOf(btf, element);
  }

  private static boolean signed(BtfType type) {
    return switch (type) {
      case BtfType.Int i -> i.isSigned();
      case BtfType.Enum32 e -> e.isSigned();
      case BtfType.Enum64 e -> e.isSigned();
      default -> false;
    };
  }
}
