package ringside.ebpf.uapi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import ringside.ebpf.attach.Links;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;
import ringside.kernel.syscall.Syscall;
import ringside.kernel.trace.Tracepoint;

/**
 * {@code perf_event_open}, as far as programs attach to what it opens: tracepoints by number, and
 * entries of kernel functions by name. Nothing is counted or sampled.
 */
public final class PerfCalls {
  private static final int PERF_TYPE_TRACEPOINT = 2;

  /** The number of the kprobe unit, as {@code /sys/bus/event_source/devices/kprobe/type} says. */
  static final int PERF_TYPE_KPROBE = 6;

  private static final int PERF_ATTR_SIZE_VER0 = 64;
  private static final int PERF_ATTR_CONFIG1 = 56;
  private static final int PERF_ATTR_CONFIG2 = 64;
  private static final int KSYM_NAME_LEN = 512;
  private static final int KNOWN_FLAGS = 0xf;

  private final Kernel kernel;
  private final Context context;
  private final Links links;

  PerfCalls(Kernel kernel, Context context, Links links) {
    this.kernel = kernel;
    this.context = context;
    this.links = links;
  }

  /** Opens an event. */
  @Syscall(241)
  public long perf_event_open(long attr, int pid, int cpu, int group, long flags) {
    try {
      return open(attr, pid, cpu, flags);
    } catch (SyscallError e) {
      return -e.errno();
    } catch (FsException e) {
      return -e.errno();
    }
  }

  private long open(long address, int pid, int cpu, long flags) {
    if ((flags & ~KNOWN_FLAGS) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    ByteBuffer head =
        ByteBuffer.wrap(context.user().read(address, PERF_ATTR_SIZE_VER0))
            .order(ByteOrder.LITTLE_ENDIAN);
    int type = head.getInt(0);
    int size = head.getInt(4);
    if (size != 0 && (size < PERF_ATTR_SIZE_VER0 || size > 4096)) {
      throw new SyscallError(Errno.E2BIG);
    }
    if (pid < -1 || (pid == -1 && cpu == -1) || cpu > 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    context.caller().demand(context.caller().perfmon());
    PerfEvent.Source source =
        switch (type) {
          case PERF_TYPE_TRACEPOINT -> event(head.getLong(8));
          case PERF_TYPE_KPROBE -> function(address, head, size);
          default -> throw new SyscallError(Errno.ENOENT);
        };
    return context
        .descriptors()
        .install(
            "[perf_event]",
            new PerfEvent(
                source,
                new PerfEvent.Programs() {
                  @Override
                  public Links links() {
                    return links;
                  }

                  @Override
                  public LoadedProgram program(int fd) {
                    return context.descriptors().get(fd, LoadedProgram.class);
                  }
                }),
            Fs.O_RDWR);
  }

  private PerfEvent.Source event(long id) {
    Tracepoint tracepoint = LinkCommands.byId(kernel.trace().tracepoints(), id);
    if (tracepoint == null) {
      throw new SyscallError(Errno.EINVAL);
    }
    return new PerfEvent.Source.Event(tracepoint);
  }

  private PerfEvent.Source function(long address, ByteBuffer head, int size) {
    long name = head.getLong(PERF_ATTR_CONFIG1);
    long offset = 0;
    if (size >= PERF_ATTR_CONFIG2 + Long.BYTES) {
      offset =
          ByteBuffer.wrap(context.user().read(address + PERF_ATTR_CONFIG2, Long.BYTES))
              .order(ByteOrder.LITTLE_ENDIAN)
              .getLong();
    }
    boolean returns = (head.getLong(8) & 1) != 0;
    if (returns || offset != 0 || name == 0) {
      throw new SyscallError(Errno.EOPNOTSUPP); // entries only, by name only
    }
    String function = context.user().string(name, KSYM_NAME_LEN);
    if (kernel.trace().kprobe(function) == null) {
      throw new SyscallError(Errno.ENOENT);
    }
    return new PerfEvent.Source.Function(function);
  }
}
