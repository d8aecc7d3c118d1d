package ringside.ebpf.uapi;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Opcodes;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.BtfObject;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.MapReferences;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.Fs;

/** {@code BPF_PROG_LOAD}, {@code BPF_PROG_BIND_MAP} and {@code BPF_PROG_STREAM_READ_BY_FD}. */
final class ProgramCommands {
  private static final int BPF_COMPLEXITY_LIMIT_INSNS = 1_000_000;
  private static final int BPF_MAXINSNS = 4096;
  private static final int LICENSE_LENGTH = 128;

  /** {@code BPF_F_STRICT_ALIGNMENT} to {@code BPF_F_TEST_REG_INVARIANTS}. */
  private static final int KNOWN_FLAGS = (1 << 8) - 1 | Flags.TOKEN_FD;

  private static final int ANY_ALIGNMENT = 1 << 1;

  private final Bpf bpf;
  private final Context context;

  ProgramCommands(Bpf bpf, Context context) {
    this.bpf = bpf;
    this.context = context;
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.PROG_LOAD, this::load);
    table.put(Command.PROG_BIND_MAP, this::bindMap);
    table.put(Command.PROG_STREAM_READ_BY_FD, this::readStream);
  }

  // --- BPF_PROG_LOAD, in the kernel's order ---

  private long load(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("prog_type", "keyring_id");
    int flags = args.u32("prog_flags");
    if ((flags & ~KNOWN_FLAGS) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    if ((flags & Flags.TOKEN_FD) != 0) {
      throw context.token(args.u32("prog_token_fd"));
    }
    ProgramType type = ProgramType.byId(args.u32("prog_type"));
    permit(type, flags, args.u32("insn_cnt"));
    int attachType = attachType(type, args.u32("expected_attach_type"));
    Attachment attachment = attachment(type, attachType, args);
    byte[] code = context.user().read(args.u64("insns"), args.u32("insn_cnt") * Insn.BYTES);
    String license = context.user().string(args.u64("license"), LICENSE_LENGTH - 1);
    if (args.u32("prog_ifindex") != 0) {
      throw new SyscallError(Errno.EINVAL); // no device here takes programs
    }
    if (type == null || type == ProgramType.UNSPEC) {
      throw new SyscallError(Errno.EINVAL);
    }
    if (!MapCommands.Names.valid(args.array("prog_name"))) {
      throw new SyscallError(Errno.EINVAL);
    }
    if (args.u64("signature") != 0) {
      throw new SyscallError(Errno.EOPNOTSUPP); // no keys to check it with
    }
    LogBuffer log = LogBuffer.of(context.user(), args);
    LoadResult result = null;
    int errno = 0;
    try {
      List<Insn> insns = Insn.decodeAll(code);
      FdReferences maps = new FdReferences(context, args, log);
      LoadedProgram.DebugInfo debug = new DebugInfoReader(context, log).read(args, insns);
      LoadRequest request =
          new LoadRequest(
              MapCommands.Names.lenient(args.array("prog_name")),
              type,
              attachType == 0 ? null : AttachType.byId(attachType),
              insns,
              maps.used(insns),
              debug == null ? List.of() : DebugInfoReader.functions(debug),
              debug == null ? List.of() : DebugInfoReader.lines(debug),
              license,
              context.caller().capabilities(),
              log.level(),
              flags & ~Flags.TOKEN_FD,
              true,
              debug == null ? null : debug.btf().types(),
              attachment.btfId());
      int uid = context.caller().task().credential("uid");
      result = bpf.load(request, maps, new LoadedProgram.Origin(uid, debug, attachment.btfId()));
      log.print(result.log());
      errno = result.errno();
    } catch (SyscallError refused) {
      errno = refused.errno();
    }
    int lost = log.finish(args);
    LoadedProgram program = result == null ? null : result.program();
    if (program != null && lost == 0) {
      return context.descriptors().give(program, Fs.O_RDWR);
    }
    if (program != null) {
      program.put();
    }
    return -(lost == 0 ? errno : lost);
  }

  private void permit(@Nullable ProgramType type, int flags, int count) {
    Caller caller = context.caller();
    boolean capable = caller.bpf();
    // Riscv has no cheap unaligned access.
    caller.demand((flags & ANY_ALIGNMENT) == 0 || capable);
    caller.demand(!context.settings().unprivilegedDisabled() || capable);
    int most = capable ? BPF_COMPLEXITY_LIMIT_INSNS : BPF_MAXINSNS;
    if (count == 0 || Integer.compareUnsigned(count, most) > 0) {
      throw new SyscallError(Errno.E2BIG);
    }
    boolean open = type == ProgramType.SOCKET_FILTER || type == ProgramType.CGROUP_SKB;
    caller.demand(open || capable);
    caller.demand(type == null || !ProgramRules.netAdmin(type) || caller.netAdmin());
    caller.demand(type == null || !ProgramRules.perfmon(type) || caller.perfmon());
  }

  /** {@code bpf_prog_load_fixup_attach_type}. */
  private static int attachType(@Nullable ProgramType type, int given) {
    if (given != 0 || type == null) {
      return given;
    }
    return switch (type) {
      case CGROUP_SOCK -> AttachType.CGROUP_INET_SOCK_CREATE.id();
      case SK_REUSEPORT -> AttachType.SK_REUSEPORT_SELECT.id();
      default -> 0;
    };
  }

  /** What the program is made for, besides its attach type. */
  private record Attachment(int btfId) {}

  private Attachment attachment(
      @Nullable ProgramType type, int attachType, BpfAttr.Arguments args) {
    int btfId = args.u32("attach_btf_id");
    int fd = args.u32("attach_prog_fd");
    LoadedProgram destination = null;
    boolean kernelTypes = btfId != 0;
    if (fd != 0) {
      switch (context.descriptors().peek(fd)) {
        case LoadedProgram program -> {
          destination = program;
          kernelTypes = false;
        }
        case BtfObject btf -> {
          if (!btf.kernel()) {
            throw new SyscallError(Errno.ENOTSUPP);
          }
          kernelTypes = true;
        }
        case null, default -> throw new SyscallError(Errno.EINVAL);
      }
    }
    ProgramRules.checkAttach(type, attachType, kernelTypes, btfId, destination != null);
    return new Attachment(btfId);
  }

  // --- the others ---

  private long bindMap(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("prog_bind_map", "flags");
    if (args.u32("flags") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    LoadedProgram program = context.descriptors().get(args.u32("prog_fd"), LoadedProgram.class);
    program.use(context.descriptors().get(args.u32("map_fd"), BpfMap.class));
    return 0;
  }

  private long readStream(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("prog_stream_read", "prog_fd");
    LoadedProgram program = context.descriptors().get(args.u32("prog_fd"), LoadedProgram.class);
    int stream = args.u32("stream_id");
    if (stream != 1 && stream != 2) {
      throw new SyscallError(Errno.ENOENT);
    }
    int room = args.u32("stream_buf_len");
    byte[] text = program.stream(stream).peek(room < 0 ? Integer.MAX_VALUE : room);
    context.user().write(args.u64("stream_buf"), text);
    program.stream(stream).drop(text.length);
    return text.length;
  }

  /** Map references by descriptor, and by position in {@code fd_array}. */
  private static final class FdReferences implements MapReferences {
    private final Context context;
    private final long array;
    private final List<BpfMap> listed = new ArrayList<>();

    FdReferences(Context context, BpfAttr.Arguments args, LogBuffer log) {
      this.context = context;
      this.array = args.u64("fd_array");
      int count = args.u32("fd_array_cnt");
      if (count != 0 && array == 0) {
        throw new SyscallError(Errno.EFAULT);
      }
      if (Integer.compareUnsigned(count, BPF_COMPLEXITY_LIMIT_INSNS) > 0) {
        log.print("fd_array_cnt is too big (%s)\n".formatted(Integer.toUnsignedString(count)));
        throw new SyscallError(Errno.EINVAL);
      }
      for (int i = 0; i < count; i++) {
        int fd = fd(i);
        switch (context.descriptors().peek(fd)) {
          case BpfMap map -> listed.add(map);
          case BtfObject _ -> {}
          case null, default -> {
            log.print("fd %d is not pointing to valid bpf_map or btf\n".formatted(fd));
            throw new SyscallError(
                context.descriptors().file(fd) == null ? Errno.EBADF : Errno.EINVAL);
          }
        }
      }
    }

    private int fd(int index) {
      byte[] bytes = context.user().read(array + 4L * index, 4);
      return (bytes[0] & 0xff) | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff) << 16 | bytes[3] << 24;
    }

    @Override
    public @Nullable BpfMap byFd(int fd) {
      return MapCommands.find(context, fd);
    }

    @Override
    public @Nullable BpfMap byIndex(int index) {
      return array == 0 || index < 0 ? null : MapCommands.find(context, fd(index));
    }

    /** All maps that the program is to hold, in the order in which the kernel meets them. */
    List<BpfMap> used(List<Insn> insns) {
      List<BpfMap> maps = new ArrayList<>(listed.stream().distinct().toList());
      for (Insn insn : insns) {
        boolean reference =
            switch (insn.src()) {
              case Opcodes.BPF_PSEUDO_MAP_FD,
                  Opcodes.BPF_PSEUDO_MAP_VALUE,
                  Opcodes.BPF_PSEUDO_MAP_IDX,
                  Opcodes.BPF_PSEUDO_MAP_IDX_VALUE ->
                  insn.isWide();
              default -> false;
            };
        BpfMap map = reference ? of(insn) : null;
        if (map != null && !maps.contains(map)) {
          maps.add(map);
        }
      }
      return maps;
    }
  }
}
