package ringside.format.btf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes types as the bytes of a {@code .BTF} section; the same types always give the same bytes.
 */
public final class BtfWriter {
  private static final int HEADER_SIZE = 24;
  private static final int MOST_IN_ONE_TYPE = 0xffff;

  private final ByteArrayOutputStream types = new ByteArrayOutputStream();
  private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
  private final Map<String, Integer> offsets = new HashMap<>();

  private BtfWriter() {
    string("");
  }

  /**
   * Writes a section.
   *
   * @param types by id, with {@code void} first, as {@link Btf#types} gives them
   */
  public static byte[] write(List<BtfType> types) {
    BtfWriter writer = new BtfWriter();
    types.stream().skip(1).forEach(writer::type);
    byte[] typeBytes = writer.types.toByteArray();
    byte[] stringBytes = writer.strings.toByteArray();
    ByteBuffer section =
        ByteBuffer.allocate(HEADER_SIZE + typeBytes.length + stringBytes.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    section.putShort((short) BtfBytes.MAGIC).put((byte) 1).put((byte) 0).putInt(HEADER_SIZE);
    section.putInt(0).putInt(typeBytes.length);
    section.putInt(typeBytes.length).putInt(stringBytes.length);
    return section.put(typeBytes).put(stringBytes).array();
  }

  private void type(BtfType type) {
    switch (type) {
      case BtfType.VoidType v -> throw new IllegalArgumentException("void is not written");
      case BtfType.Int i -> {
        head(type, 0, false, (int) i.size());
        word(i.encoding() << 24 | i.bitOffset() << 16 | i.bits());
      }
      case BtfType.Array a -> {
        head(type, 0, false, 0);
        word(a.element());
        word(a.index());
        word(a.count());
      }
      case BtfType.Composite c -> composite(c);
      case BtfType.Enum32 e -> {
        head(type, e.values().size(), e.isSigned(), (int) e.size());
        for (BtfType.Enumerator value : e.values()) {
          word(string(value.name()));
          word((int) value.value());
        }
      }
      case BtfType.Enum64 e -> {
        head(type, e.values().size(), e.isSigned(), (int) e.size());
        for (BtfType.Enumerator value : e.values()) {
          word(string(value.name()));
          word((int) value.value());
          word((int) (value.value() >>> 32));
        }
      }
      case BtfType.Fwd f -> head(type, 0, f.isUnion(), 0);
      case BtfType.FloatType f -> head(type, 0, false, (int) f.size());
      case BtfType.Func f -> head(type, f.linkage(), false, f.type());
      case BtfType.FuncProto f -> {
        head(type, f.parameters().size(), false, f.type());
        for (BtfType.Parameter parameter : f.parameters()) {
          word(string(parameter.name()));
          word(parameter.type());
        }
      }
      case BtfType.Var v -> {
        head(type, 0, false, v.type());
        word(v.linkage());
      }
      case BtfType.DeclTag t -> {
        head(type, 0, false, t.type());
        word(t.component());
      }
      case BtfType.Datasec d -> {
        head(type, d.variables().size(), false, (int) d.size());
        for (BtfType.SectionVariable variable : d.variables()) {
          word(variable.type());
          word(variable.offset());
          word(variable.size());
        }
      }
      case BtfType.Reference r -> head(type, 0, false, r.type());
    }
  }

  private void composite(BtfType.Composite composite) {
    boolean bitFields = composite.members().stream().anyMatch(member -> member.bitSize() != 0);
    head(composite, composite.members().size(), bitFields, (int) composite.size());
    for (BtfType.Member member : composite.members()) {
      if (bitFields && member.bitOffset() >= 1 << 24) {
        throw new IllegalArgumentException("offset does not fit beside bit-fields: " + member);
      }
      word(string(member.name()));
      word(member.type());
      word(member.bitSize() << 24 | member.bitOffset());
    }
  }

  private void head(BtfType type, int vlen, boolean flag, int sizeOrType) {
    if (vlen > MOST_IN_ONE_TYPE) {
      throw new IllegalArgumentException(type.name() + " has too many parts");
    }
    word(string(type.name()));
    word((flag ? 1 << 31 : 0) | type.kind() << 24 | vlen);
    word(sizeOrType);
  }

  private void word(int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      types.write(value >>> shift);
    }
  }

  private int string(String text) {
    Integer known = offsets.get(text);
    if (known != null) {
      return known;
    }
    int offset = strings.size();
    strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    strings.write(0);
    offsets.put(text, offset);
    return offset;
  }
}
