package ringside.format.btf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the types of a {@code .BTF} section. */
final class BtfReader {
  private static final int HEADER_SIZE = 24;
  private static final int TYPE_SIZE = 12;

  private final BtfBytes bytes;
  private final int stringsStart;
  private final int stringsEnd;
  private final int typesEnd;
  private final Map<Integer, String> known = new HashMap<>();
  private long budget;
  private int at;
  private int id;

  BtfReader(BtfBytes bytes) {
    this.bytes = bytes;
    int header = bytes.header(".BTF", HEADER_SIZE);
    long types = header + bytes.u32(8);
    this.at = bytes.range("type section", types, bytes.u32(12));
    this.typesEnd = (int) (types + bytes.u32(12));
    long strings = header + bytes.u32(16);
    this.stringsStart = bytes.range("string section", strings, bytes.u32(20));
    this.stringsEnd = (int) (strings + bytes.u32(20));
    this.budget = 64 * 1024 + 16L * (stringsEnd - stringsStart);
    if (stringsEnd == stringsStart || bytes.string(stringsStart, stringsEnd) == null) {
      throw bytes.bad("string section is empty or does not begin with the empty string");
    }
  }

  /** All types by id. */
  List<BtfType> types() {
    List<BtfType> types = new ArrayList<>();
    types.add(new BtfType.VoidType());
    while (at < typesEnd) {
      id = types.size();
      types.add(type());
    }
    for (id = 1; id < types.size(); id++) {
      checkReferences(types.get(id), types.size());
    }
    return List.copyOf(types);
  }

  String string(long offset) {
    String before = known.get((int) offset);
    if (before != null) {
      return before;
    }
    String text =
        offset < stringsEnd - stringsStart
            ? bytes.string((int) (stringsStart + offset), stringsEnd)
            : null;
    if (text == null) {
      throw bytes.bad(
          "no string at 0x%x of the string section, which has %d bytes"
              .formatted(offset, stringsEnd - stringsStart));
    }
    // Strings may share their ends, but a file in which all of them do is out to exhaust memory.
    budget -= text.length();
    if (budget < 0) {
      throw bytes.bad("strings of the string section overlap each other too much");
    }
    known.put((int) offset, text);
    return text;
  }

  private BtfType type() {
    int start = take(TYPE_SIZE);
    String name = string(bytes.u32(start));
    int info = bytes.s32(start + 4);
    int vlen = info & 0xffff;
    boolean flag = info < 0;
    int reference = bytes.s32(start + 8);
    long size = Integer.toUnsignedLong(reference);
    int kind = (info >>> 24) & 0x1f;
    return switch (kind) {
      case 1 -> integer(name, size);
      case 2 -> new BtfType.Ptr(reference);
      case 3 -> {
        int a = take(12);
        yield new BtfType.Array(bytes.s32(a), bytes.s32(a + 4), count(bytes.s32(a + 8)));
      }
      case 4 -> new BtfType.Struct(name, size, members(vlen, flag, size));
      case 5 -> new BtfType.Union(name, size, members(vlen, flag, size));
      case 6 -> new BtfType.Enum32(name, enumSize(size), flag, enumerators(vlen, flag, 8));
      case 7 -> new BtfType.Fwd(name, flag);
      case 8 -> new BtfType.Typedef(name, reference);
      case 9 -> new BtfType.Volatile(reference);
      case 10 -> new BtfType.Const(reference);
      case 11 -> new BtfType.Restrict(reference);
      case 12 -> new BtfType.Func(name, reference, vlen);
      case 13 -> new BtfType.FuncProto(reference, parameters(vlen));
      case 14 -> new BtfType.Var(name, reference, bytes.s32(take(4)));
      case 15 -> new BtfType.Datasec(name, size, variables(vlen));
      case 16 -> new BtfType.FloatType(name, floatSize(size));
      case 17 -> new BtfType.DeclTag(name, reference, bytes.s32(take(4)));
      case 18 -> new BtfType.TypeTag(name, reference);
      case 19 -> new BtfType.Enum64(name, enumSize(size), flag, enumerators(vlen, flag, 12));
      default -> throw bytes.bad("type %d has unknown kind %d".formatted(id, kind));
    };
  }

  private int take(int size) {
    if (size > typesEnd - at) {
      throw bytes.bad(
          "truncated: type %d at 0x%x needs %d more bytes, the type section has %d"
              .formatted(id, at, size, typesEnd - at));
    }
    int from = at;
    at += size;
    return from;
  }

  private int count(int count) {
    if (count < 0) {
      throw bytes.bad(
          "type %d is an array of %s elements".formatted(id, Integer.toUnsignedString(count)));
    }
    return count;
  }

  private long enumSize(long size) {
    if (size > 8 || Long.bitCount(size) != 1) {
      throw bytes.bad("type %d is an enum of %d bytes".formatted(id, size));
    }
    return size;
  }

  private long floatSize(long size) {
    if (size != 2 && size != 4 && size != 8 && size != 12 && size != 16) {
      throw bytes.bad("type %d is a float of %d bytes".formatted(id, size));
    }
    return size;
  }

  private BtfType integer(String name, long size) {
    int info = bytes.s32(take(4));
    int bits = info & 0xff;
    int offset = (info >>> 16) & 0xff;
    if (size > 16 || Long.bitCount(size) != 1 || bits + offset > size * 8) {
      throw bytes.bad("type %d is an integer of %d bits in %d bytes".formatted(id, bits, size));
    }
    return new BtfType.Int(name, size, (info >>> 24) & 0xf, offset, bits);
  }

  private List<BtfType.Member> members(int count, boolean bitFields, long size) {
    List<BtfType.Member> members = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int m = take(12);
      int offset = bytes.s32(m + 8);
      int bitSize = bitFields ? offset >>> 24 : 0;
      long bitOffset = bitFields ? offset & 0xffffff : bytes.u32(m + 8);
      String name = string(bytes.u32(m));
      if (bitOffset > size * 8 || bitOffset > Integer.MAX_VALUE) {
        throw bytes.bad(
            "member %d (%s) of type %d is at bit %d of %d"
                .formatted(i, name, id, bitOffset, size * 8));
      }
      members.add(new BtfType.Member(name, bytes.s32(m + 4), (int) bitOffset, bitSize));
    }
    return List.copyOf(members);
  }

  private List<BtfType.Enumerator> enumerators(int count, boolean signed, int size) {
    List<BtfType.Enumerator> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int e = take(size);
      long low = size == 8 && signed ? bytes.s32(e + 4) : bytes.u32(e + 4);
      long value = size == 8 ? low : low | bytes.u32(e + 8) << 32;
      values.add(new BtfType.Enumerator(string(bytes.u32(e)), value));
    }
    return List.copyOf(values);
  }

  private List<BtfType.Parameter> parameters(int count) {
    List<BtfType.Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int p = take(8);
      parameters.add(new BtfType.Parameter(string(bytes.u32(p)), bytes.s32(p + 4)));
    }
    return List.copyOf(parameters);
  }

  private List<BtfType.SectionVariable> variables(int count) {
    List<BtfType.SectionVariable> variables = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int v = take(12);
      variables.add(new BtfType.SectionVariable(bytes.s32(v), bytes.s32(v + 4), bytes.s32(v + 8)));
    }
    return List.copyOf(variables);
  }

  private void checkReferences(BtfType type, int types) {
    switch (type) {
      case BtfType.Reference r -> {
        check(r.type(), types);
        if (r instanceof BtfType.FuncProto proto) {
          proto.parameters().forEach(parameter -> check(parameter.type(), types));
        }
      }
      case BtfType.Array a -> {
        check(a.element(), types);
        check(a.index(), types);
      }
      case BtfType.Composite c -> c.members().forEach(member -> check(member.type(), types));
      case BtfType.Datasec d -> d.variables().forEach(variable -> check(variable.type(), types));
      case BtfType.VoidType v -> {}
      case BtfType.Int i -> {}
      case BtfType.Enum32 e -> {}
      case BtfType.Enum64 e -> {}
      case BtfType.Fwd f -> {}
      case BtfType.FloatType f -> {}
    }
  }

  private void check(int reference, int types) {
    if (reference < 0 || reference >= types) {
      throw bytes.bad(
          "type %d refers to type %s, but there are %d"
              .formatted(id, Integer.toUnsignedString(reference), types));
    }
  }
}
