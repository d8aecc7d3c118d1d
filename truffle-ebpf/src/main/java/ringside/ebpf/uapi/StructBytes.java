package ringside.ebpf.uapi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The bytes of one struct, read and written by field. */
final class StructBytes {
  private final Fields fields;
  private final byte[] bytes;
  private final ByteBuffer view;

  StructBytes(Fields fields, byte[] bytes) {
    this.fields = fields;
    this.bytes = bytes;
    this.view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All of it. */
  byte[] bytes() {
    return bytes;
  }

  /** The same fields over other bytes. */
  StructBytes over(byte[] others) {
    return new StructBytes(fields, others);
  }

  int u32(String field) {
    return view.getInt(fields.place(field).offset());
  }

  long u64(String field) {
    return view.getLong(fields.place(field).offset());
  }

  byte[] array(String field) {
    Fields.Place place = fields.place(field);
    byte[] value = new byte[place.size()];
    view.get(place.offset(), value);
    return value;
  }

  StructBytes u32(String field, int value) {
    view.putInt(fields.place(field).offset(), value);
    return this;
  }

  StructBytes u64(String field, long value) {
    view.putLong(fields.place(field).offset(), value);
    return this;
  }

  StructBytes array(String field, byte[] value) {
    Fields.Place place = fields.place(field);
    view.put(place.offset(), value, 0, Math.min(value.length, place.size()));
    return this;
  }

  StructBytes text(String field, String value) {
    return array(field, value.getBytes(StandardCharsets.UTF_8));
  }
}
