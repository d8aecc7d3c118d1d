package ringside.shell.bpftool;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Prints bytes by their types, with field names ({@code btf_dumper.c}). */
final class BtfValues {
  private static final int SIGNED = 1;
  private static final int CHAR = 2;
  private static final int BOOL = 4;

  private final Btf btf;

  BtfValues(Btf btf) {
    this.btf = btf;
  }

  /** One element of a map. */
  void entry(JsonText json, MapCommand.Shape map, byte[] key, byte[] value, boolean plain) {
    json.object();
    int keyType = map.info().u32("btf_key_type_id");
    int valueType = map.info().u32("btf_value_type_id");
    if (keyType != 0) {
      json.name("key");
      print(json, keyType, key, 0, 0, plain);
    }
    if (map.type().perCpu()) {
      int stride = (map.valueSize() + 7) & -8;
      json.name("values").array();
      for (int cpu = 0; cpu * stride < value.length; cpu++) {
        json.object().field("cpu", cpu).name("value");
        print(json, valueType, value, cpu * stride, 0, plain);
        json.endObject();
      }
      json.endArray();
    } else {
      json.name("value");
      print(json, valueType, value, 0, 0, plain);
    }
    json.endObject();
  }

  private void print(JsonText json, int id, byte[] data, int at, int bit, boolean plain) {
    switch (btf.stripped(id)) {
      case BtfType.Int type -> number(json, type, data, at, bit, plain);
      case BtfType.Composite type -> struct(json, type, data, at, plain);
      case BtfType.Array type -> array(json, type, data, at, plain);
      case BtfType.Enum32 type ->
          enumerator(json, type.values(), little(data, at, (int) type.size(), true));
      case BtfType.Enum64 type -> enumerator(json, type.values(), little(data, at, 8, true));
      case BtfType.Ptr _ -> {
        long value = little(data, at, 8, false);
        json.raw(
            plain
                ? value == 0 ? "\"(nil)\"" : "\"0x" + Long.toHexString(value) + "\""
                : Long.toUnsignedString(value));
      }
      case BtfType.Var type -> print(json, type.type(), data, at, 0, plain);
      case BtfType.Datasec type -> section(json, type, data, at, plain);
      case BtfType.Fwd _ -> json.raw("\"(fwd-kind-invalid)\"");
      default -> json.raw("\"(unsupported-kind)\"");
    }
  }

  private void section(JsonText json, BtfType.Datasec type, byte[] data, int at, boolean plain) {
    json.object().name(type.name()).array();
    for (BtfType.SectionVariable variable : type.variables()) {
      if (btf.type(variable.type()) instanceof BtfType.Var named) {
        json.object().name(named.name());
        print(json, named.type(), data, at + variable.offset(), 0, plain);
        json.endObject();
      }
    }
    json.endArray().endObject();
  }

  private void struct(JsonText json, BtfType.Composite type, byte[] data, int at, boolean plain) {
    json.object();
    for (BtfType.Member member : type.members()) {
      json.name(member.name());
      int offset = at + member.bitOffset() / 8;
      int bit = member.bitOffset() % 8;
      if (member.bitSize() != 0) {
        bits(json, data, offset, bit, member.bitSize(), plain);
      } else {
        print(json, member.type(), data, offset, bit, plain);
      }
    }
    json.endObject();
  }

  private void array(JsonText json, BtfType.Array type, byte[] data, int at, boolean plain) {
    if (isText(type, data, at)) {
      int end = at;
      while (data[end] != 0) {
        end++;
      }
      json.text(new String(data, at, end - at, StandardCharsets.US_ASCII));
      return;
    }
    int size = (int) btf.sizeOf(type.element());
    json.array();
    for (int i = 0; i < type.count(); i++) {
      print(json, type.element(), data, at + i * size, 0, plain);
    }
    json.endArray();
  }

  /** Printable bytes up to a zero, of a type that is {@code char} itself and no typedef of it. */
  private boolean isText(BtfType.Array array, byte[] data, int at) {
    if (!(btf.stripped(array.element()) instanceof BtfType.Int type)
        || type.size() != 1
        || btf.type(array.element()) instanceof BtfType.Typedef
        || ((type.encoding() & CHAR) == 0 && !type.name().equals("char"))) {
      return false;
    }
    for (int i = 0; i < array.count(); i++) {
      byte b = data[at + i];
      if (b == 0) {
        return true;
      }
      if (b <= 0x1f || b == 0x7f) {
        return false;
      }
    }
    return false;
  }

  private static void enumerator(JsonText json, List<BtfType.Enumerator> values, long value) {
    for (BtfType.Enumerator each : values) {
      if (each.value() == value) {
        json.text(each.name());
        return;
      }
    }
    json.raw(Long.toString(value));
  }

  private static void number(
      JsonText json, BtfType.Int type, byte[] data, int at, int bit, boolean plain) {
    int bits = type.bits();
    if (bit != 0 || type.bitOffset() != 0 || (bits & 7) != 0 || bits > 64) {
      bits(json, data, at, bit + type.bitOffset(), bits, plain);
      return;
    }
    switch (type.encoding()) {
      case SIGNED -> json.raw(Long.toString(little(data, at, bits / 8, true)));
      case CHAR -> {
        byte b = data[at];
        json.raw(
            b >= 0x20 && b < 0x7f
                ? "\"" + (char) b + "\""
                : plain ? "0x%x".formatted(b & 0xff) : "\"\\u00%02x\"".formatted(b));
      }
      case BOOL -> json.raw(data[at] != 0 ? "true" : "false");
      default -> json.raw(Long.toUnsignedString(little(data, at, bits / 8, false)));
    }
  }

  private static void bits(JsonText json, byte[] data, int at, int bit, int count, boolean plain) {
    int from = at + bit / 8;
    byte[] raw = Arrays.copyOfRange(data, from, Math.min(data.length, from + 17));
    BigInteger all = new BigInteger(1, reversed(raw));
    BigInteger value =
        all.shiftRight(bit % 8).and(BigInteger.ONE.shiftLeft(count).subtract(BigInteger.ONE));
    String text = "0x" + value.toString(16);
    json.raw(plain ? text : "\"" + text + "\"");
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] turned = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      turned[i] = bytes[bytes.length - 1 - i];
    }
    return turned;
  }

  private static long little(byte[] data, int at, int size, boolean signed) {
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << 8 | (at + i < data.length ? data[at + i] & 0xff : 0);
    }
    int shift = 64 - 8 * size;
    return signed && shift > 0 ? value << shift >> shift : value;
  }
}
