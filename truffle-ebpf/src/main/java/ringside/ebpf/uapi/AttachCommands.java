package ringside.ebpf.uapi;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.core.Errno;

/**
 * {@code BPF_PROG_ATTACH}, {@code BPF_PROG_DETACH} and {@code BPF_PROG_QUERY}.
 *
 * <p>They are for programs on cgroups, sockets, flow dissectors and traffic control, none of which
 * exist here; so all is checked as in a kernel that was built without them, and nothing attached.
 */
final class AttachCommands {
  private static final int BASE_FLAGS = 1 | 1 << 1 | 1 << 2;
  private static final int MPROG_FLAGS = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 13;

  private final Context context;

  AttachCommands(Context context) {
    this.context = context;
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.PROG_ATTACH, this::attach);
    table.put(Command.PROG_DETACH, this::detach);
    table.put(Command.PROG_QUERY, this::query);
  }

  private static @Nullable ProgramType type(int attachType) {
    AttachType known = AttachType.byId(attachType);
    return known == null ? null : ProgramRules.ofAttachType(known);
  }

  private static boolean cgroup(ProgramType type) {
    return switch (type) {
      case CGROUP_DEVICE,
          CGROUP_SKB,
          CGROUP_SOCK,
          CGROUP_SOCK_ADDR,
          CGROUP_SOCKOPT,
          CGROUP_SYSCTL,
          SOCK_OPS ->
          true;
      default -> false;
    };
  }

  private long attach(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("attach_bpf_fd", "expected_revision");
    ProgramType type = type(args.u32("attach_type"));
    int flags = args.u32("attach_flags");
    if (type == null || !flagsFit(type, flags, args)) {
      throw new SyscallError(Errno.EINVAL);
    }
    LoadedProgram program =
        context.descriptors().get(args.u32("attach_bpf_fd"), LoadedProgram.class);
    if (program.type() != type) {
      throw new SyscallError(Errno.EINVAL);
    }
    LinkCommands.checkAttachType(program, AttachType.byId(args.u32("attach_type")));
    throw new SyscallError(Errno.EINVAL);
  }

  private static boolean flagsFit(ProgramType type, int flags, BpfAttr.Arguments args) {
    if (type == ProgramType.SCHED_CLS) {
      return (flags & ~MPROG_FLAGS) == 0;
    }
    if (cgroup(type)) {
      return (flags & ~(BASE_FLAGS | MPROG_FLAGS)) == 0;
    }
    return (flags & ~BASE_FLAGS) == 0
        && args.u32("relative_fd") == 0
        && args.u64("expected_revision") == 0;
  }

  private long detach(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("attach_bpf_fd", "expected_revision");
    ProgramType type = type(args.u32("attach_type"));
    if (type == ProgramType.SCHED_CLS && (args.u32("attach_flags") & ~MPROG_FLAGS) == 0) {
      int fd = args.u32("attach_bpf_fd");
      if (fd != 0 && context.descriptors().get(fd, LoadedProgram.class).type() != type) {
        throw new SyscallError(Errno.EINVAL);
      }
      if (fd == 0) {
        throw new SyscallError(Errno.EPERM);
      }
    }
    throw new SyscallError(Errno.EINVAL);
  }

  private long query(BpfAttr attr) {
    context.caller().demand(context.caller().netAdmin());
    BpfAttr.Arguments args = attr.arguments("query", "revision");
    if ((args.u32("query_flags") & ~1) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    throw new SyscallError(Errno.EINVAL);
  }
}
