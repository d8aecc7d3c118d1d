package ringside.ebpf.verifier;

import ringside.format.btf.BtfType;

/** How the kernel's log names BTF types. */
final class BtfWords {
  private static final String[] KINDS = {
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

  private BtfWords() {}

  static String kind(BtfType type) {
    return KINDS[type.kind()];
  }

  /** A type's name; Linux prints {@code (anon)} where there is none. */
  static String name(BtfType type) {
    return type.name().isEmpty() && !(type instanceof BtfType.VoidType) ? "(anon)" : type.name();
  }

  static boolean isInteger(BtfType type) {
    return type instanceof BtfType.Int
        || type instanceof BtfType.Enum32
        || type instanceof BtfType.Enum64;
  }
}
