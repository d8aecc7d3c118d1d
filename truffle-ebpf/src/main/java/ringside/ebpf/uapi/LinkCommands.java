package ringside.ebpf.uapi;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.attach.LinkTarget;
import ringside.ebpf.attach.Links;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.hook.AttachException;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.OpenFile;
import ringside.kernel.trace.Tracepoint;

/** The commands that make, change and take off links. */
final class LinkCommands {
  private static final int TRACEPOINT_NAME = 128;
  private static final int XDP_FLAGS = 0x1f & ~0x10;

  private final Context context;
  private final Links links;

  LinkCommands(Context context, Links links) {
    this.context = context;
    this.links = links;
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.RAW_TRACEPOINT_OPEN, attr -> refusable(() -> rawTracepoint(attr)));
    table.put(Command.LINK_CREATE, attr -> refusable(() -> create(attr)));
    table.put(Command.LINK_UPDATE, attr -> refusable(() -> update(attr)));
    table.put(Command.LINK_DETACH, this::detach);
  }

  private interface Attempt {
    long run();
  }

  private static long refusable(Attempt attempt) {
    try {
      return attempt.run();
    } catch (AttachException refused) {
      throw new SyscallError(refused.errno());
    }
  }

  private LoadedProgram program(int fd) {
    return context.descriptors().get(fd, LoadedProgram.class);
  }

  private long open(BpfLink made) {
    return context.descriptors().give(made, 0);
  }

  private long rawTracepoint(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("raw_tracepoint", "cookie");
    LoadedProgram program = program(args.u32("prog_fd"));
    return switch (program.type()) {
      case RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE -> {
        String name = context.user().string(args.u64("name"), TRACEPOINT_NAME - 1);
        yield open(links.rawTracepoint(program, name, args.u64("cookie")));
      }
      default -> throw new SyscallError(Errno.EINVAL);
    };
  }

  private long create(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("link_create", "uprobe_multi.pid");
    int attachType = args.u32("attach_type");
    if (attachType == AttachType.STRUCT_OPS.id()) {
      throw new SyscallError(Errno.EINVAL); // there are no struct_ops maps
    }
    LoadedProgram program = program(args.u32("prog_fd"));
    checkAttachType(program, AttachType.byId(attachType));
    return switch (program.type()) {
      case XDP -> xdp(program, args);
      case NETFILTER -> netfilter(program, args);
      case TRACEPOINT, PERF_EVENT -> perf(program, args);
      case KPROBE -> {
        if (attachType == AttachType.PERF_EVENT.id()) {
          yield perf(program, args);
        }
        throw new SyscallError(Errno.EOPNOTSUPP); // probes on many functions at once
      }
      default -> throw new SyscallError(Errno.EINVAL);
    };
  }

  /** {@code bpf_prog_attach_check_attach_type}. */
  static void checkAttachType(LoadedProgram program, @Nullable AttachType attachType) {
    boolean fits =
        switch (program.type()) {
          case CGROUP_SOCK, CGROUP_SOCK_ADDR, CGROUP_SOCKOPT, SK_LOOKUP ->
              attachType != null && attachType == program.attachType();
          case EXT -> true;
          case NETFILTER -> attachType == AttachType.NETFILTER;
          case PERF_EVENT, TRACEPOINT -> attachType == AttachType.PERF_EVENT;
          case KPROBE -> probe(program, attachType);
          case SCHED_CLS ->
              attachType != null && ProgramRules.ofAttachType(attachType) == ProgramType.SCHED_CLS;
          default -> attachType != null && ProgramRules.ofAttachType(attachType) == program.type();
        };
    if (!fits) {
      throw new SyscallError(Errno.EINVAL);
    }
  }

  private static boolean probe(LoadedProgram program, @Nullable AttachType attachType) {
    AttachType expected = program.attachType();
    boolean multi =
        attachType == AttachType.TRACE_KPROBE_MULTI
            || attachType == AttachType.TRACE_KPROBE_SESSION
            || attachType == AttachType.TRACE_UPROBE_MULTI
            || attachType == AttachType.TRACE_UPROBE_SESSION;
    return multi ? expected == attachType : expected == null && attachType == AttachType.PERF_EVENT;
  }

  /** {@code bpf_xdp_link_attach}. */
  private long xdp(LoadedProgram program, BpfAttr.Arguments args) {
    var device = links.device(args.u32("target_ifindex"));
    if ((args.u32("flags") & ~XDP_FLAGS) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    return open(links.xdp(program, device));
  }

  private long netfilter(LoadedProgram program, BpfAttr.Arguments args) {
    if (args.u32("flags") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    int flags = args.u32("netfilter.flags");
    if ((flags & ~1) != 0) {
      throw new SyscallError(Errno.EOPNOTSUPP);
    }
    return open(
        links.netfilter(
            program,
            args.u32("netfilter.pf"),
            args.u32("netfilter.hooknum"),
            args.u32("netfilter.priority"),
            flags));
  }

  /** {@code bpf_perf_link_attach}. */
  private long perf(LoadedProgram program, BpfAttr.Arguments args) {
    if (args.u32("flags") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    OpenFile file = context.descriptors().file(args.u32("target_fd"));
    if (file == null || !(file.inode() instanceof PerfEvent event)) {
      throw new SyscallError(Errno.EBADF);
    }
    return open(event.attach(links, program, args.u64("perf_event.bpf_cookie")));
  }

  private long update(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("link_update", "old_prog_fd");
    int flags = args.u32("flags");
    if ((flags & ~Flags.REPLACE) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    BpfLink link = context.descriptors().get(args.u32("link_fd"), BpfLink.class);
    LoadedProgram replacement = program(args.u32("new_prog_fd"));
    LoadedProgram old = null;
    if ((flags & Flags.REPLACE) != 0) {
      old = program(args.u32("old_prog_fd"));
    } else if (args.u32("old_prog_fd") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    switch (link.target()) {
      case LinkTarget.Xdp _ -> replaceXdp(link, replacement, old);
      case LinkTarget.Netfilter _ -> throw new SyscallError(Errno.EOPNOTSUPP);
      default -> throw new SyscallError(Errno.EINVAL);
    }
    return 0;
  }

  /** {@code bpf_xdp_link_update}. */
  private static void replaceXdp(
      BpfLink link, LoadedProgram replacement, @Nullable LoadedProgram old) {
    if (link.attachment() == null) {
      throw new SyscallError(Errno.ENOLINK);
    }
    if (old != null && !old.equals(link.program())) {
      throw new SyscallError(Errno.EPERM);
    }
    if (link.program().equals(replacement)) {
      return;
    }
    if (replacement.type() != ProgramType.XDP
        || replacement.attachType() != link.program().attachType()) {
      throw new SyscallError(Errno.EINVAL);
    }
    link.replace(replacement);
  }

  private long detach(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("link_detach", "link_fd");
    BpfLink link = context.descriptors().get(args.u32("link_fd"), BpfLink.class);
    switch (link.target()) {
      case LinkTarget.Xdp _, LinkTarget.Netfilter _ -> link.disconnect();
      default -> throw new SyscallError(Errno.EOPNOTSUPP);
    }
    return 0;
  }

  /** The tracepoint of an event's number, or null. */
  static @Nullable Tracepoint byId(Iterable<Tracepoint> all, long id) {
    for (Tracepoint each : all) {
      if (each.id() == id) {
        return each;
      }
    }
    return null;
  }
}
