package ringside.ebpf.map;

import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.kernel.core.Errno;

/** What a map type asks of its BTF: {@code map_check_btf} of its operations. */
enum BtfRule {
  /** Key and value of the right size. */
  KEYED,
  /** A 32-bit integer as key; none for global data. */
  ARRAY,
  /** A 32-bit integer as key. */
  INT_KEY,
  /** A struct as key. */
  STRUCT_KEY,
  /** No key. */
  KEYLESS,
  /** Accepted as it is, with or without key. */
  ANY,
  /** None at all. */
  NONE;

  boolean mayLackKey() {
    return this != KEYED;
  }

  /**
   * Checks the types.
   *
   * @param key 0 for none
   * @throws MapException {@code EINVAL}, or {@code ENOTSUPP} where the type takes no BTF
   */
  void check(MapDescriptor shape, Btf btf, int key, int value) throws MapException {
    boolean fits =
        switch (this) {
          case KEYED, ANY -> true;
          case ARRAY -> key == 0 ? globalData(shape, btf, value) : isInt32(btf, key);
          case INT_KEY -> isInt32(btf, key);
          case STRUCT_KEY -> btf.stripped(key) instanceof BtfType.Struct;
          case KEYLESS -> key == 0;
          case NONE -> throw new MapException(Errno.ENOTSUPP, "maps of this type take no BTF");
        };
    MapChecks.require(fits, "the key's type does not suit the map's type");
  }

  private static boolean globalData(MapDescriptor shape, Btf btf, int value) {
    return shape.type() == MapType.ARRAY
        && shape.maxEntries() == 1
        && btf.stripped(value) instanceof BtfType.Datasec;
  }

  private static boolean isInt32(Btf btf, int key) {
    return btf.stripped(key) instanceof BtfType.Int number
        && number.bits() == 32
        && number.bitOffset() == 0;
  }
}
