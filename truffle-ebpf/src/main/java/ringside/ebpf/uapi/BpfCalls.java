package ringside.ebpf.uapi;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import ringside.ebpf.attach.Links;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.hook.AttachException;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FsException;
import ringside.kernel.syscall.Syscall;
import ringside.kernel.task.UserAccess;

/** bpf(2) itself: copies the attributes and hands them to the command's family. */
public final class BpfCalls {
  private final AttrLayout layout;
  private final UserAccess user;
  private final Map<Command, Handler> handlers = new EnumMap<>(Command.class);

  private BpfCalls(Bpf bpf, Context context, Links links) {
    this.layout = context.layout();
    this.user = context.user();
    new MapCommands(bpf, context).addTo(handlers);
    new ElementCommands(context).addTo(handlers);
    new BatchCommands(context).addTo(handlers);
    new ProgramCommands(bpf, context).addTo(handlers);
    new TestRunCommand(bpf.kernel(), context).addTo(handlers);
    new PinCommands(bpf.kernel().fs(), context).addTo(handlers);
    new IdCommands(bpf, context).addTo(handlers);
    new InfoCommands(context).addTo(handlers);
    new BtfCommands(bpf, context).addTo(handlers);
    new LinkCommands(context, links).addTo(handlers);
    new AttachCommands(context).addTo(handlers);
    new OtherCommands(bpf, context).addTo(handlers);
  }

  /**
   * Gives a kernel bpf(2) and {@code perf_event_open}, bpffs at {@code /sys/fs/bpf}, the sysctls
   * and {@code /sys/kernel/btf/vmlinux}; once a kernel.
   */
  public static void install(Bpf bpf) {
    Kernel kernel = bpf.kernel();
    Caller caller = new Caller(kernel.tasks());
    Settings settings = new Settings(caller);
    Context context =
        new Context(
            new AttrLayout(kernel.layouts().btf()),
            new UserAccess(kernel.tasks()),
            new Descriptors(kernel.tasks(), kernel.fs()),
            caller,
            settings);
    Links links = new Links(kernel);
    settings.addTo(kernel.fs(), bpf.statsSwitch()::change);
    kernel.fs().mount("/sys/fs/bpf", new BpfDirectory(01777));
    kernel.fs().mount("/sys/kernel/btf", KernelBtf.directory());
    kernel
        .fs()
        .writeFile(
            "/sys/bus/event_source/devices/kprobe/type",
            (PerfCalls.PERF_TYPE_KPROBE + "\n").getBytes(StandardCharsets.UTF_8));
    bpf.socketFilters().setDescriptors(fd -> socketProgram(context.descriptors(), fd));
    kernel.syscalls().register(new BpfCalls(bpf, context, links));
    kernel.syscalls().register(new PerfCalls(kernel, context, links));
  }

  /** The program that {@code SO_ATTACH_BPF} names. */
  private static LoadedProgram socketProgram(Descriptors descriptors, int fd) {
    try {
      return descriptors.get(fd, LoadedProgram.class);
    } catch (SyscallError e) {
      throw new AttachException(e.errno(), "descriptor " + fd + " is no program");
    }
  }

  /** Does what a command says to maps, programs and links. */
  @Syscall(280)
  public long bpf(int command, long attr, int size) {
    try {
      BpfAttr copied = new BpfAttr(layout, user, attr, size);
      Command known = Command.of(command);
      Handler handler = known == null ? null : handlers.get(known);
      return handler == null ? -Errno.EINVAL : handler.run(copied);
    } catch (SyscallError e) {
      return -e.errno();
    } catch (FsException e) {
      return -e.errno();
    }
  }
}
