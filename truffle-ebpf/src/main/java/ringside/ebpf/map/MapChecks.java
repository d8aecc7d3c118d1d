package ringside.ebpf.map;

import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;
import ringside.kernel.core.Errno;

/** The checks of {@code map_create} that hold for all types ({@code kernel/bpf/syscall.c}). */
final class MapChecks {
  /** {@code PCPU_MIN_UNIT_SIZE}. */
  private static final int PCPU_MIN_UNIT_SIZE = 32 << 10;

  private MapChecks() {}

  static void request(MapDescriptor shape) throws MapException {
    require(shape.mapExtra() == 0 || shape.type().takesExtra(), "map_extra means nothing here");
    int access = MapDescriptor.BPF_F_RDONLY | MapDescriptor.BPF_F_WRONLY;
    require((shape.flags() & access) != access, "a map cannot be both read-only and write-only");
    require(
        !shape.has(MapDescriptor.BPF_F_NUMA_NODE) || shape.numaNode() == 0,
        "there is no NUMA node but 0");
    require(shape.ifindex() == 0, "no device here takes offloaded maps");
    require(
        shape.name().length() < 16 && shape.name().matches("[A-Za-z0-9_.]*"),
        "map names are at most 15 letters, digits, dots and underscores");
    MapBtf btf = shape.btf();
    require(
        btf == null || btf.keyTypeId() == 0 || btf.valueTypeId() != 0,
        "typed keys need typed values");
  }

  static void privilege(MapRow row, MapCreator creator) throws MapException {
    boolean allowed =
        switch (row.privilege()) {
          case NONE -> true;
          case CAP_BPF -> creator.bpf();
          case CAP_NET_ADMIN -> creator.netAdmin();
        };
    if (!allowed || (creator.unprivilegedDisabled() && !creator.bpf())) {
      throw new MapException(Errno.EPERM, "creating such a map needs a capability");
    }
  }

  /** {@code map_check_btf}: the special fields of the values, or null. */
  static @Nullable BtfRecord values(
      MapDescriptor shape, MapRow row, MapCreator creator, BtfRecord.KernelStructs kernel)
      throws MapException {
    MapBtf types = shape.btf();
    if (types == null || types.valueTypeId() == 0) {
      return null;
    }
    Btf btf = types.btf();
    int key = types.keyTypeId();
    if (key != 0) {
      require(sizeOf(btf, key) == shape.keySize(), "the key's type has another size");
    } else {
      require(row.btf().mayLackKey(), "maps of this type have typed keys");
    }
    require(
        sizeOf(btf, types.valueTypeId()) == shape.valueSize(), "the value's type has another size");
    BtfRecord record = fields(shape, types, row, creator, kernel);
    row.btf().check(shape, btf, key, types.valueTypeId());
    return record;
  }

  private static @Nullable BtfRecord fields(
      MapDescriptor shape,
      MapBtf types,
      MapRow row,
      MapCreator creator,
      BtfRecord.KernelStructs kernel)
      throws MapException {
    Btf btf = types.btf();
    int value = resolved(btf, types.valueTypeId());
    boolean mayHold =
        btf.type(value) instanceof BtfType.Composite || btf.type(value) instanceof BtfType.Datasec;
    BtfRecord record = null;
    if (mayHold) {
      try {
        record = BtfRecord.parse(btf, value, BtfRecord.MAP_VALUE_MASK, shape.valueSize(), kernel);
      } catch (MapException unusable) {
        // The kernel notes such a record as an error: the map is made, its fields cannot be used.
        return null;
      }
    }
    if (record == null) {
      return null;
    }
    if (!creator.bpf()) {
      throw new MapException(Errno.EPERM, "special fields in values need CAP_BPF");
    }
    if (shape.has(MapDescriptor.BPF_F_RDONLY_PROG) || shape.has(MapDescriptor.BPF_F_WRONLY_PROG)) {
      throw new MapException(Errno.EACCES, "programs must read and write special fields");
    }
    if ((record.mask() & ~row.fields()) != 0) {
      throw new MapException(
          Errno.EOPNOTSUPP,
          "values of a map of type " + shape.type().label() + " cannot hold such fields");
    }
    record.checkRoots(BtfRecord.structs(btf, kernel));
    return record;
  }

  /** {@code btf_type_id_size}: the id behind typedefs and qualifiers. */
  private static int resolved(Btf btf, int id) throws MapException {
    try {
      return btf.strip(id);
    } catch (BtfException e) {
      throw new MapException(Errno.EINVAL, "no such type: " + id);
    }
  }

  private static long sizeOf(Btf btf, int id) throws MapException {
    try {
      return btf.sizeOf(id);
    } catch (BtfException e) {
      throw new MapException(Errno.EINVAL, "type " + id + " has no size");
    }
  }

  /** Refuses flags of other types, and {@code BPF_F_RDONLY_PROG} with {@code BPF_F_WRONLY_PROG}. */
  static void flags(MapDescriptor shape, int allowed) throws MapException {
    require((shape.flags() & ~allowed) == 0, "flags that maps of this type do not have");
    int access = MapDescriptor.BPF_F_RDONLY_PROG | MapDescriptor.BPF_F_WRONLY_PROG;
    require((shape.flags() & access) != access, "programs must read or write the map");
  }

  /** Refuses values that do not fit where they are kept. */
  static void valueSize(int bytes, boolean perCpu) throws MapException {
    if (bytes < 0 || (perCpu && bytes > PCPU_MIN_UNIT_SIZE)) {
      throw new MapException(
          Errno.E2BIG, "values of %s bytes".formatted(Integer.toUnsignedString(bytes)));
    }
  }

  static void require(boolean holds, String otherwise) throws MapException {
    if (!holds) {
      throw new MapException(Errno.EINVAL, otherwise);
    }
  }
}
