package ringside.ebpf.uapi;

import ringside.kernel.core.Errno;

/** The kernel's check of one type's own data ({@code check_meta} of its kind). */
final class BtfTypeCheck {
  private static final int BTF_INT_MASK = 0x0fffffff;
  private static final int BITS_PER_U128 = 128;
  private static final int BTF_FUNC_GLOBAL = 1;
  private static final int BTF_VAR_GLOBAL_ALLOCATED = 1;

  private final BtfCheck check;
  private final BtfMeta type;

  BtfTypeCheck(BtfCheck check, BtfMeta type) {
    this.check = check;
    this.type = type;
  }

  /**
   * Checks it.
   *
   * @return how many bytes stand behind the type
   */
  int run() {
    return switch (type.kind()) {
      case BtfMeta.INT -> integer();
      case BtfMeta.ARRAY -> array();
      case BtfMeta.STRUCT, BtfMeta.UNION -> struct();
      case BtfMeta.ENUM -> enumeration(8);
      case BtfMeta.ENUM64 -> enumeration(12);
      case BtfMeta.FWD -> forward();
      case BtfMeta.FUNC -> function();
      case BtfMeta.FUNC_PROTO -> prototype();
      case BtfMeta.VAR -> variable();
      case BtfMeta.DATASEC -> section();
      case BtfMeta.FLOAT -> floating();
      case BtfMeta.DECL_TAG -> declarationTag();
      default -> reference();
    };
  }

  private SyscallError refuse(String words) {
    return check.refuse(type, Errno.EINVAL, words);
  }

  private void need(int bytes) {
    if (type.left() < bytes) {
      throw refuse("meta_left:%d meta_needed:%d".formatted(type.left(), bytes));
    }
  }

  private void plain() {
    if (type.vlen() != 0) {
      throw refuse("vlen != 0");
    }
    noFlag();
  }

  private void noFlag() {
    if (type.flag()) {
      throw refuse("Invalid btf_info kind_flag");
    }
  }

  private void identifier(boolean required) {
    if (type.name() == 0 ? required : !check.isIdentifier(type.name(), false)) {
      throw refuse("Invalid name");
    }
  }

  private void anonymous() {
    if (type.name() != 0) {
      throw refuse("Invalid name");
    }
  }

  private int integer() {
    need(4);
    plain();
    int data = type.extra(0);
    if ((data & ~BTF_INT_MASK) != 0) {
      throw refuse("Invalid int_data:%x".formatted(data));
    }
    int bits = (data & 0xff) + (data >>> 16 & 0xff);
    if (bits > BITS_PER_U128) {
      throw refuse("nr_bits exceeds " + BITS_PER_U128);
    }
    if (Integer.compareUnsigned((bits + 7) / 8, type.sizeOrType()) > 0) {
      throw refuse("nr_bits exceeds type_size");
    }
    int encoding = data >>> 24 & 0xf;
    if (Integer.bitCount(encoding) > 1 || encoding == 8) {
      throw check.refuse(type, Errno.ENOTSUPP, "Unsupported encoding");
    }
    String name =
        switch (encoding) {
          case 1 -> "SIGNED";
          case 2 -> "CHAR";
          case 4 -> "BOOL";
          default -> "(none)";
        };
    check.tell(
        type,
        "size=%d bits_offset=%d nr_bits=%d encoding=%s"
            .formatted(type.sizeOrType(), data >>> 16 & 0xff, data & 0xff, name));
    return 4;
  }

  private int array() {
    need(12);
    anonymous();
    plain();
    if (type.sizeOrType() != 0) {
      throw refuse("size != 0");
    }
    if (type.extra(0) == 0 || !BtfCheck.isId(type.extra(0))) {
      throw refuse("Invalid elem");
    }
    if (type.extra(1) == 0 || !BtfCheck.isId(type.extra(1))) {
      throw refuse("Invalid index");
    }
    check.tell(
        type,
        "type_id=%d index_type_id=%d nr_elems=%s"
            .formatted(type.extra(0), type.extra(1), Integer.toUnsignedString(type.extra(2))));
    return 12;
  }

  private int struct() {
    int needed = type.vlen() * 12;
    need(needed);
    identifier(false);
    check.tell(type, "size=%d vlen=%d".formatted(type.sizeOrType(), type.vlen()));
    long last = 0;
    for (int i = 0; i < type.vlen(); i++) {
      int name = type.extra(3 * i);
      int member = type.extra(3 * i + 1);
      int word = type.extra(3 * i + 2);
      long offset = Integer.toUnsignedLong(type.flag() ? word & 0xffffff : word);
      String problem = null;
      if (!check.isOffset(name)) {
        problem = "Invalid member name_offset:" + Integer.toUnsignedString(name);
      } else if (name != 0 && !check.isIdentifier(name, false)) {
        problem = "Invalid name";
      } else if (member == 0 || !BtfCheck.isId(member)) {
        problem = "Invalid type_id";
      } else if ((type.kind() == BtfMeta.UNION && offset != 0) || last > offset) {
        problem = "Invalid member bits_offset";
      } else if ((offset + 7) / 8 > Integer.toUnsignedLong(type.sizeOrType())) {
        problem = "Member bits_offset exceeds its struct size";
      }
      String bits = type.flag() ? " bitfield_size=" + (word >>> 24) : "";
      check.tellMember(
          "%s type_id=%d%s bits_offset=%d%s"
              .formatted(
                  check.text(name), member, bits, offset, problem == null ? "" : " " + problem));
      if (problem != null) {
        throw new SyscallError(Errno.EINVAL);
      }
      last = offset;
    }
    return needed;
  }

  private int enumeration(int size) {
    int needed = type.vlen() * size;
    need(needed);
    int bytes = type.sizeOrType();
    if (bytes <= 0 || bytes > 8 || Integer.bitCount(bytes) != 1) {
      throw refuse("Unexpected size");
    }
    identifier(false);
    check.tell(type, "size=%d vlen=%d".formatted(bytes, type.vlen()));
    for (int i = 0; i < type.vlen(); i++) {
      int at = i * size / 4;
      int name = type.extra(at);
      if (!check.isOffset(name)) {
        check.tellMember("Invalid name_offset:" + Integer.toUnsignedString(name));
        throw new SyscallError(Errno.EINVAL);
      }
      if (!check.isIdentifier(name, false)) {
        throw refuse("Invalid name");
      }
      long value = type.extra(at + 1);
      if (size == 12) {
        value = (long) type.extra(at + 2) << 32 | (value & 0xffffffffL);
      } else if (!type.flag()) {
        value &= 0xffffffffL;
      }
      check.tellMember(
          "%s val=%s"
              .formatted(
                  check.text(name),
                  type.flag() ? Long.toString(value) : Long.toUnsignedString(value)));
    }
    return needed;
  }

  private int forward() {
    if (type.vlen() != 0) {
      throw refuse("vlen != 0");
    }
    if (type.sizeOrType() != 0) {
      throw refuse("type != 0");
    }
    identifier(true);
    check.tell(type, type.flag() ? "union" : "struct");
    return 0;
  }

  private int reference() {
    plain();
    if (!BtfCheck.isId(type.sizeOrType())) {
      throw refuse("Invalid type_id");
    }
    switch (type.kind()) {
      case BtfMeta.TYPEDEF -> identifier(true);
      case BtfMeta.TYPE_TAG -> {
        if (type.name() == 0 || check.text(type.name()).isEmpty()) {
          throw refuse("Invalid name");
        }
      }
      default -> anonymous();
    }
    check.tell(type, "type_id=" + type.sizeOrType());
    return 0;
  }

  private int function() {
    identifier(true);
    if (type.vlen() > BTF_FUNC_GLOBAL) {
      throw refuse("Invalid func linkage");
    }
    noFlag();
    check.tell(type, "type_id=" + type.sizeOrType());
    return 0;
  }

  private int prototype() {
    int needed = type.vlen() * 8;
    need(needed);
    anonymous();
    noFlag();
    StringBuilder arguments = new StringBuilder();
    for (int i = 0; i < type.vlen(); i++) {
      int name = type.extra(2 * i);
      int argument = type.extra(2 * i + 1);
      boolean last = i == type.vlen() - 1;
      arguments.append(i == 0 ? "" : ", ");
      arguments.append(
          last && argument == 0 && name == 0 ? "vararg" : argument + " " + check.text(name));
    }
    check.tell(
        type,
        "return=%d args=(%s)"
            .formatted(type.sizeOrType(), type.vlen() == 0 ? "void" : arguments.toString()));
    return needed;
  }

  private int variable() {
    need(4);
    plain();
    identifier(true);
    if (type.sizeOrType() == 0 || !BtfCheck.isId(type.sizeOrType())) {
      throw refuse("Invalid type_id");
    }
    int linkage = type.extra(0);
    if (linkage != 0 && linkage != BTF_VAR_GLOBAL_ALLOCATED) {
      throw refuse("Linkage not supported");
    }
    check.tell(type, "type_id=%d linkage=%d".formatted(type.sizeOrType(), linkage));
    return 4;
  }

  private int section() {
    int needed = type.vlen() * 12;
    need(needed);
    if (type.sizeOrType() == 0) {
      throw refuse("size == 0");
    }
    noFlag();
    if (!check.isIdentifier(type.name(), true)) {
      throw refuse("Invalid name");
    }
    check.tell(type, "size=%d vlen=%d".formatted(type.sizeOrType(), type.vlen()));
    long last = 0;
    long sum = 0;
    long size = Integer.toUnsignedLong(type.sizeOrType());
    for (int i = 0; i < type.vlen(); i++) {
      int variable = type.extra(3 * i);
      long offset = Integer.toUnsignedLong(type.extra(3 * i + 1));
      long length = Integer.toUnsignedLong(type.extra(3 * i + 2));
      String problem = null;
      if (variable == 0 || !BtfCheck.isId(variable)) {
        problem = "Invalid type_id";
      } else if (offset < last || offset >= size) {
        problem = "Invalid offset";
      } else if (length == 0 || length > size) {
        problem = "Invalid size";
      } else if (offset + length > size) {
        problem = "Invalid offset+size";
      }
      check.tellMember(
          " type_id=%d offset=%d size=%d%s"
              .formatted(variable, offset, length, problem == null ? "" : " " + problem));
      if (problem != null) {
        throw new SyscallError(Errno.EINVAL);
      }
      last = offset + length;
      sum += length;
    }
    if (size < sum) {
      throw refuse("Invalid btf_info size");
    }
    return needed;
  }

  private int floating() {
    plain();
    int size = type.sizeOrType();
    if (size != 2 && size != 4 && size != 8 && size != 12 && size != 16) {
      throw refuse("Invalid type_size");
    }
    check.tell(type, "size=" + size);
    return 0;
  }

  private int declarationTag() {
    need(4);
    if (type.name() == 0 || check.text(type.name()).isEmpty()) {
      throw refuse("Invalid value");
    }
    if (type.vlen() != 0) {
      throw refuse("vlen != 0");
    }
    int component = type.extra(0);
    if (component < -1) {
      throw refuse("Invalid component_idx");
    }
    check.tell(type, "type=%d component_idx=%d".formatted(type.sizeOrType(), component));
    return 4;
  }
}
