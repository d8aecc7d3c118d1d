package ringside.ebpf.uapi;

import java.util.Arrays;
import java.util.Map;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapBtf;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.syscall.BtfObject;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.core.Errno;

/** {@code BPF_OBJ_GET_INFO_BY_FD}. */
final class InfoCommands {
  private final Context context;
  private final Fields mapFields;
  private final ProgramInfo programs;
  private final LinkInfo links;
  private final BtfInfo btfs;

  InfoCommands(Context context) {
    this.context = context;
    this.mapFields = context.layout().struct("bpf_map_info");
    this.programs = new ProgramInfo(context);
    this.links = new LinkInfo(context);
    this.btfs = new BtfInfo(context);
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.OBJ_GET_INFO_BY_FD, this::info);
  }

  private long info(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("info", "info");
    int fd = args.u32("bpf_fd");
    if (context.descriptors().file(fd) == null) {
      throw new SyscallError(Errno.EBADFD);
    }
    long at = args.u64("info");
    int length = args.u32("info_len");
    int filled =
        switch (context.descriptors().peek(fd)) {
          case LoadedProgram program -> programs.fill(program, at, length);
          case BpfMap map -> map(map, at, length);
          case BtfObject btf -> btfs.fill(btf, at, length);
          case BpfLink link -> links.fill(link, at, length);
          case null, default -> throw new SyscallError(Errno.EINVAL);
        };
    args.put("info_len", filled);
    return 0;
  }

  private int map(BpfMap map, long at, int length) {
    BpfAttr.checkTail(context.user(), at, mapFields.size(), length);
    int size = Math.min(length, mapFields.size());
    MapDescriptor shape = map.descriptor();
    StructBytes info =
        new StructBytes(mapFields, new byte[mapFields.size()])
            .u32("type", shape.type().id())
            .u32("id", shape.id())
            .u32("key_size", shape.keySize())
            .u32("value_size", shape.valueSize())
            .u32("max_entries", shape.maxEntries())
            .u32("map_flags", shape.flags())
            .text("name", shape.name());
    info.u64("map_extra", shape.mapExtra());
    MapBtf types = shape.btf();
    if (types != null) {
      info.u32("btf_id", types.id())
          .u32("btf_key_type_id", types.keyTypeId())
          .u32("btf_value_type_id", types.valueTypeId());
    }
    context.user().write(at, Arrays.copyOf(info.bytes(), size));
    return size;
  }

  /**
   * The caller's info struct, as far as it goes, for the kernel to fill.
   *
   * @param known how much of it the kernel knows
   */
  static StructBytes open(Context context, Fields fields, long at, int length, int known) {
    BpfAttr.checkTail(context.user(), at, known, length);
    int size = Math.min(length, fields.size());
    byte[] given = context.user().read(at, size);
    return new StructBytes(fields, Arrays.copyOf(given, fields.size()));
  }

  /** Gives the filled struct back; how much of it was. */
  static int close(Context context, StructBytes info, long at, int length) {
    int size = Math.min(length, info.bytes().length);
    context.user().write(at, Arrays.copyOf(info.bytes(), size));
    return size;
  }
}
