package ringside.ebpf.uapi;

import java.nio.ByteBuffer;

/**
 * One {@code struct btf_type} in a section.
 *
 * @param at its offset in {@code view}
 * @param left bytes behind it in the type section
 */
record BtfMeta(ByteBuffer view, int at, int left) {
  static final int KIND_MAX = 19;
  static final int INT = 1;
  static final int PTR = 2;
  static final int ARRAY = 3;
  static final int STRUCT = 4;
  static final int UNION = 5;
  static final int ENUM = 6;
  static final int FWD = 7;
  static final int TYPEDEF = 8;
  static final int VOLATILE = 9;
  static final int CONST = 10;
  static final int RESTRICT = 11;
  static final int FUNC = 12;
  static final int FUNC_PROTO = 13;
  static final int VAR = 14;
  static final int DATASEC = 15;
  static final int FLOAT = 16;
  static final int DECL_TAG = 17;
  static final int TYPE_TAG = 18;
  static final int ENUM64 = 19;

  private static final String[] LABELS = {
    "UNKNOWN",
    "INT",
    "PTR",
    "ARRAY",
    "STRUCT",
    "UNION",
    "ENUM",
    "FWD",
    "TYPEDEF",
    "VOLATILE",
    "CONST",
    "RESTRICT",
    "FUNC",
    "FUNC_PROTO",
    "VAR",
    "DATASEC",
    "FLOAT",
    "DECL_TAG",
    "TYPE_TAG",
    "ENUM64"
  };

  int name() {
    return view.getInt(at);
  }

  int info() {
    return view.getInt(at + 4);
  }

  int kind() {
    return info() >>> 24 & 0x1f;
  }

  int vlen() {
    return info() & 0xffff;
  }

  boolean flag() {
    return info() < 0;
  }

  /** {@code size} or {@code type}. */
  int sizeOrType() {
    return view.getInt(at + 8);
  }

  /** A word of what stands behind it. */
  int extra(int word) {
    return view.getInt(at + 12 + 4 * word);
  }

  String label() {
    return LABELS[kind()];
  }
}
