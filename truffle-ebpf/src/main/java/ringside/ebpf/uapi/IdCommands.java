package ringside.ebpf.uapi;

import java.util.Map;
import ringside.ebpf.refcount.Counted;
import ringside.ebpf.refcount.IdTable;
import ringside.ebpf.syscall.Bpf;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.Fs;

/** The commands that find objects by number. */
final class IdCommands {
  private final Bpf bpf;
  private final Context context;

  IdCommands(Bpf bpf, Context context) {
    this.bpf = bpf;
    this.context = context;
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.PROG_GET_NEXT_ID, attr -> next(attr, bpf.programIds()));
    table.put(Command.MAP_GET_NEXT_ID, attr -> next(attr, bpf.maps().ids()));
    table.put(Command.BTF_GET_NEXT_ID, attr -> next(attr, bpf.btfs()));
    table.put(Command.LINK_GET_NEXT_ID, attr -> next(attr, bpf.links()));
    table.put(
        Command.PROG_GET_FD_BY_ID,
        attr -> open(attr, "prog_id", "prog_id", bpf.programIds(), Fs.O_RDWR));
    table.put(Command.MAP_GET_FD_BY_ID, this::openMap);
    table.put(
        Command.BTF_GET_FD_BY_ID, attr -> open(attr, "btf_id", "fd_by_id_token_fd", bpf.btfs(), 0));
    table.put(Command.LINK_GET_FD_BY_ID, attr -> open(attr, "link_id", "link_id", bpf.links(), 0));
  }

  private long next(BpfAttr attr, IdTable<?> table) {
    BpfAttr.Arguments args = attr.arguments("start_id", "next_id");
    int start = args.u32("start_id");
    if (start < 0 || start == Integer.MAX_VALUE) {
      throw new SyscallError(Errno.EINVAL);
    }
    context.caller().demand(context.caller().sysAdmin());
    int next = table.next(start + 1);
    if (next == 0) {
      throw new SyscallError(Errno.ENOENT);
    }
    args.put("next_id", next);
    return 0;
  }

  private long openMap(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("map_id", "open_flags");
    if ((args.u32("open_flags") & ~Flags.OBJ_MASK) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    context.caller().demand(context.caller().sysAdmin());
    int flags = MapCommands.fileFlags(args.u32("open_flags"));
    return open(args.u32("map_id"), bpf.maps().ids(), flags);
  }

  private long open(
      BpfAttr attr, String field, String last, IdTable<? extends Counted> table, int flags) {
    BpfAttr.Arguments args = attr.arguments(field, last);
    if (last.equals("fd_by_id_token_fd")) {
      boolean token = (args.u32("open_flags") & Flags.TOKEN_FD) != 0;
      if ((args.u32("open_flags") & ~Flags.TOKEN_FD) != 0) {
        throw new SyscallError(Errno.EINVAL);
      }
      if (token) {
        throw context.token(args.u32("fd_by_id_token_fd"));
      }
    }
    context.caller().demand(context.caller().sysAdmin());
    return open(args.u32(field), table, flags);
  }

  private long open(int id, IdTable<? extends Counted> table, int flags) {
    Counted object = table.find(id);
    if (object == null) {
      throw new SyscallError(Errno.ENOENT);
    }
    return context.descriptors().open(object, flags);
  }
}
