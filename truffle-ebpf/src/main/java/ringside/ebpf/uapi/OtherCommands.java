package ringside.ebpf.uapi;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.attach.LinkTarget;
import ringside.ebpf.syscall.Bpf;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.AnonymousInode;
import ringside.kernel.fs.FileTable;
import ringside.kernel.fs.OpenFile;
import ringside.kernel.task.Task;

/** Run statistics, iterators, tokens, and what a task's descriptor is attached to. */
final class OtherCommands {
  private static final int BPF_FD_TYPE_RAW_TRACEPOINT = 0;
  private static final int BPF_FD_TYPE_TRACEPOINT = 1;
  private static final int BPF_FD_TYPE_KPROBE = 2;

  private final Bpf bpf;
  private final Context context;

  OtherCommands(Bpf bpf, Context context) {
    this.bpf = bpf;
    this.context = context;
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.ENABLE_STATS, this::enableStats);
    table.put(Command.ITER_CREATE, this::createIterator);
    table.put(Command.TOKEN_CREATE, this::createToken);
    table.put(Command.TASK_FD_QUERY, this::queryDescriptor);
  }

  /** Programs are counted until the descriptor is closed. */
  private long enableStats(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("enable_stats", "type");
    context.caller().demand(context.caller().sysAdmin());
    if (args.u32("type") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    bpf.statsSwitch().change(1);
    return context
        .descriptors()
        .install(
            "bpf-stats",
            new AnonymousInode() {
              @Override
              protected void released() {
                bpf.statsSwitch().change(-1);
              }
            },
            0);
  }

  private long createIterator(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("iter_create", "flags");
    if (args.u32("flags") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    context.descriptors().get(args.u32("link_fd"), BpfLink.class);
    throw new SyscallError(Errno.EINVAL); // no link here is an iterator's
  }

  /** bpffs is mounted without delegation, which is what tokens hand on. */
  private long createToken(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("token_create", "bpffs_fd");
    if (args.u32("flags") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    OpenFile file = context.descriptors().file(args.u32("bpffs_fd"));
    if (file == null) {
      throw new SyscallError(Errno.EBADF);
    }
    throw new SyscallError(file.inode() instanceof BpfDirectory ? Errno.EOPNOTSUPP : Errno.EINVAL);
  }

  private long queryDescriptor(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("task_fd_query", "probe_addr");
    context.caller().demand(context.caller().sysAdmin());
    if (args.u32("flags") != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    Task task = bpf.kernel().tasks().find(args.u32("pid"));
    if (task == null) {
      throw new SyscallError(Errno.ENOENT);
    }
    FileTable files = task.files();
    OpenFile file = files == null ? null : files.get(args.u32("fd"));
    if (file == null) {
      throw new SyscallError(Errno.EBADF);
    }
    if (file.inode() instanceof ObjectFile of
        && of.object() instanceof BpfLink link
        && link.target() instanceof LinkTarget.RawTracepoint raw) {
      return answer(args, link.program().id(), BPF_FD_TYPE_RAW_TRACEPOINT, raw.name(), 0);
    }
    if (file.inode() instanceof PerfEvent event && event.own() != null) {
      boolean probe = event.source() instanceof PerfEvent.Source.Function;
      return answer(
          args,
          event.own().program().id(),
          probe ? BPF_FD_TYPE_KPROBE : BPF_FD_TYPE_TRACEPOINT,
          event.label(),
          event.address());
    }
    throw new SyscallError(file.inode() instanceof PerfEvent ? Errno.ENOENT : Errno.ENOTSUPP);
  }

  private long answer(BpfAttr.Arguments args, int program, int type, String name, long address) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    args.put("buf_len", text.length);
    boolean fits = true;
    if (args.u32("buf_len") != 0 && args.u64("buf") != 0) {
      fits = UserText.copy(context.user(), args.u64("buf"), args.u32("buf_len"), text);
    }
    args.put("prog_id", program);
    args.put("fd_type", type);
    args.putLong("probe_offset", 0);
    args.putLong("probe_addr", address);
    return fits ? 0 : -Errno.ENOSPC;
  }
}
