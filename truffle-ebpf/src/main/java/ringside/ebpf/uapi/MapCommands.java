package ringside.ebpf.uapi;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapBtf;
import ringside.ebpf.map.MapCreator;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapException;
import ringside.ebpf.map.MapType;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.BtfObject;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.Fs;

/** {@code BPF_MAP_CREATE} and {@code BPF_MAP_FREEZE}. */
final class MapCommands {
  private static final int SHA256_DIGEST_SIZE = 32;

  private final Bpf bpf;
  private final Context context;

  MapCommands(Bpf bpf, Context context) {
    this.bpf = bpf;
    this.context = context;
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.MAP_CREATE, this::create);
    table.put(Command.MAP_FREEZE, this::freeze);
  }

  private long create(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("map_type", "excl_prog_hash_size");
    boolean token = (args.u32("map_flags") & Flags.TOKEN_FD) != 0;
    int flags = args.u32("map_flags") & ~Flags.TOKEN_FD;
    int keyType = args.u32("btf_key_type_id");
    int valueType = args.u32("btf_value_type_id");
    // Values that are kernel structs belong to struct_ops, which do not exist here.
    if (args.u32("btf_vmlinux_value_type_id") != 0 || (keyType != 0 && valueType == 0)) {
      throw new SyscallError(Errno.EINVAL);
    }
    int fileFlags = fileFlags(flags);
    MapType type = MapType.byId(args.u32("map_type"));
    if (type == null || type == MapType.UNSPEC) {
      throw new SyscallError(Errno.EINVAL);
    }
    if (token) {
      throw context.token(args.u32("map_token_fd"));
    }
    checkHash(args);
    if (!Names.valid(args.array("map_name"))) {
      throw new SyscallError(Errno.EINVAL);
    }
    BtfObject btf = null;
    if (keyType != 0 || valueType != 0) {
      btf = context.descriptors().get(args.u32("btf_fd"), BtfObject.class);
      if (btf.kernel()) {
        throw new SyscallError(Errno.EACCES);
      }
    }
    BpfMap map = make(type, flags, args, btf);
    if (btf != null) {
      map.keep(btf);
    }
    return context.descriptors().give(map, fileFlags);
  }

  /** Programs are not signed here, and a map for one of them alone would be anybody's. */
  private void checkHash(BpfAttr.Arguments args) {
    int size = args.u32("excl_prog_hash_size");
    if (args.u64("excl_prog_hash") == 0 && size == 0) {
      return;
    }
    if (args.u64("excl_prog_hash") == 0 || size != SHA256_DIGEST_SIZE) {
      throw new SyscallError(Errno.EINVAL);
    }
    context.user().read(args.u64("excl_prog_hash"), size);
    throw new SyscallError(Errno.EOPNOTSUPP);
  }

  private BpfMap make(MapType type, int flags, BpfAttr.Arguments args, @Nullable BtfObject btf) {
    MapDescriptor shape =
        MapDescriptor.of(
                type, args.u32("key_size"), args.u32("value_size"), args.u32("max_entries"))
            .withName(Names.lenient(args.array("map_name")))
            .withFlags(flags)
            .withMapExtra(args.u64("map_extra"))
            .withPlace(Math.max(0, args.u32("numa_node")), args.u32("map_ifindex"));
    if (type == MapType.ARRAY_OF_MAPS || type == MapType.HASH_OF_MAPS) {
      shape =
          shape.withInner(
              context.descriptors().get(args.u32("inner_map_fd"), BpfMap.class).descriptor());
    }
    if (btf != null) {
      shape =
          shape.withBtf(
              new MapBtf(
                  btf.types(),
                  btf.id(),
                  args.u32("btf_key_type_id"),
                  args.u32("btf_value_type_id")));
    }
    Caller caller = context.caller();
    MapCreator creator =
        new MapCreator(caller.bpf(), caller.netAdmin(), context.settings().unprivilegedDisabled());
    try {
      return bpf.maps().create(shape, creator);
    } catch (MapException e) {
      throw new SyscallError(e.errno());
    }
  }

  /** {@code bpf_get_file_flag}. */
  static int fileFlags(int flags) {
    boolean read = (flags & MapDescriptor.BPF_F_RDONLY) != 0;
    boolean write = (flags & MapDescriptor.BPF_F_WRONLY) != 0;
    if (read && write) {
      throw new SyscallError(Errno.EINVAL);
    }
    return read ? 0 : write ? Fs.O_WRONLY : Fs.O_RDWR;
  }

  private long freeze(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("map_fd", "map_fd");
    Descriptors.Opened<BpfMap> opened =
        context.descriptors().opened(args.u32("map_fd"), BpfMap.class);
    long error = opened.object().descriptor().record() == null ? 0 : -Errno.ENOTSUPP;
    if (error == 0) {
      context.caller().demand(opened.writable());
      error = opened.object().freeze();
    }
    return error;
  }

  /** {@code bpf_obj_name_cpy}. */
  static final class Names {
    private Names() {}

    static boolean valid(byte[] name) {
      for (byte b : name) {
        if (b == 0) {
          return true;
        }
        boolean letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
        if (!letter && !(b >= '0' && b <= '9') && b != '_' && b != '.') {
          return false;
        }
      }
      return false;
    }

    /** The text before the first zero byte; without one, what fits. */
    static String lenient(byte[] name) {
      int length = 0;
      while (length < name.length - 1 && name[length] != 0) {
        length++;
      }
      return new String(name, 0, length, StandardCharsets.US_ASCII);
    }
  }

  /** For map references of programs: the map of a descriptor, or null. */
  static @Nullable BpfMap find(Context context, int fd) {
    return context.descriptors().peek(fd) instanceof BpfMap map ? map : null;
  }
}
