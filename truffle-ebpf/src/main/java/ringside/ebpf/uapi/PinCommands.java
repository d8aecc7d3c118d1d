package ringside.ebpf.uapi;

import java.util.Map;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.refcount.Counted;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.Credentials;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.Inode;

/** {@code BPF_OBJ_PIN} and {@code BPF_OBJ_GET}: objects by path. */
final class PinCommands {
  private static final int AT_FDCWD = -100;

  private final Fs fs;
  private final Context context;

  PinCommands(Fs fs, Context context) {
    this.fs = fs;
    this.context = context;
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.OBJ_PIN, this::pin);
    table.put(Command.OBJ_GET, this::get);
  }

  private long pin(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("pathname", "path_fd");
    int flags = args.u32("file_flags");
    if ((flags & ~Flags.PATH_FD) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    int directory = directory(args, flags);
    int fd = args.u32("bpf_fd");
    Counted object = context.descriptors().peek(fd);
    boolean pinnable =
        object instanceof BpfMap || object instanceof LoadedProgram || object instanceof BpfLink;
    if (object == null || !pinnable) {
      throw new SyscallError(context.descriptors().file(fd) == null ? Errno.EBADF : Errno.EINVAL);
    }
    String path = context.user().path(directory, args.u64("pathname"));
    fs.create(
        path,
        credentials(),
        parent -> {
          if (!(parent instanceof BpfDirectory)) {
            throw new FsException(Errno.EPERM);
          }
          return new PinnedInode(object, 0600);
        });
    return 0;
  }

  private long get(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("pathname", "path_fd");
    int flags = args.u32("file_flags");
    if (args.u32("bpf_fd") != 0 || (flags & ~(Flags.OBJ_MASK | Flags.PATH_FD)) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    int directory = directory(args, flags);
    int open = MapCommands.fileFlags(flags);
    String path = context.user().path(directory, args.u64("pathname"));
    Inode found = fs.lookup(path, credentials());
    int wanted =
        switch (open) {
          case 0 -> Credentials.MAY_READ;
          case Fs.O_WRONLY -> Credentials.MAY_WRITE;
          default -> Credentials.MAY_READ | Credentials.MAY_WRITE;
        };
    if (!credentials().may(found, wanted)) {
      throw new SyscallError(Errno.EACCES);
    }
    if (!(found instanceof PinnedInode pinned)) {
      throw new SyscallError(Errno.EACCES);
    }
    return switch (pinned.object()) {
      case BpfMap map -> context.descriptors().open(map, open);
      case LoadedProgram program -> context.descriptors().open(program, Fs.O_RDWR);
      case BpfLink link -> {
        if (open != Fs.O_RDWR) {
          throw new SyscallError(Errno.EINVAL);
        }
        yield context.descriptors().open(link, 0);
      }
      default -> throw new SyscallError(Errno.ENOENT);
    };
  }

  private static int directory(BpfAttr.Arguments args, int flags) {
    boolean relative = (flags & Flags.PATH_FD) != 0;
    if (!relative && args.u32("path_fd") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    return relative ? args.u32("path_fd") : AT_FDCWD;
  }

  private Credentials credentials() {
    return context.caller().task().fileCredentials();
  }
}
