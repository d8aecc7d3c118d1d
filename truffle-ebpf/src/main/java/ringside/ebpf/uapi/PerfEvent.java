package ringside.ebpf.uapi;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.attach.LinkTarget;
import ringside.ebpf.attach.Links;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.hook.AttachException;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.AnonymousInode;
import ringside.kernel.trace.Tracepoint;

/** What {@code perf_event_open} opens: an event that a program can be attached to. */
final class PerfEvent extends AnonymousInode {
  private static final int IOC_ENABLE = 0x2400;
  private static final int IOC_DISABLE = 0x2401;
  private static final int IOC_SET_BPF = 0x40042408;

  private final Source source;
  private final Programs programs;
  private @Nullable BpfLink own;

  /** What happens. */
  sealed interface Source {
    /** A tracepoint is passed. */
    record Event(Tracepoint tracepoint) implements Source {}

    /** A kernel function is entered. */
    record Function(String name) implements Source {}
  }

  /** Finds the programs that {@code ioctl} names. */
  interface Programs {
    Links links();

    LoadedProgram program(int fd);
  }

  PerfEvent(Source source, Programs programs) {
    this.source = source;
    this.programs = programs;
  }

  /** What happens. */
  Source source() {
    return source;
  }

  /** The link of the program that {@code ioctl} has attached, or null. */
  @Nullable BpfLink own() {
    return own;
  }

  /**
   * Attaches a program.
   *
   * @throws AttachException {@code EINVAL} where the program is for other events
   */
  BpfLink attach(Links links, LoadedProgram program, long cookie) {
    return switch (source) {
      case Source.Event event when program.type() == ProgramType.TRACEPOINT ->
          links.tracepoint(program, event.tracepoint(), cookie);
      case Source.Function function when program.type() == ProgramType.KPROBE ->
          links.kprobe(program, function.name(), cookie);
      default -> throw new AttachException(Errno.EINVAL, "the program is for other events");
    };
  }

  @Override
  protected long ioctl(int command, long argument) {
    switch (command) {
      case IOC_ENABLE, IOC_DISABLE -> {
        return 0;
      }
      case IOC_SET_BPF -> {
        try {
          LoadedProgram program = programs.program((int) argument);
          if (own != null) {
            return -Errno.EEXIST;
          }
          own = attach(programs.links(), program, 0);
          return 0;
        } catch (SyscallError refused) {
          return -refused.errno();
        } catch (AttachException refused) {
          return -refused.errno();
        }
      }
      default -> {
        return super.ioctl(command, argument);
      }
    }
  }

  @Override
  protected void released() {
    if (own != null) {
      own.put();
      own = null;
    }
  }

  /** What it is called in listings: the function or the event. */
  String label() {
    return switch (source) {
      case Source.Event event -> event.tracepoint().name();
      case Source.Function function -> function.name();
    };
  }

  /** The address of the function, 0 for events. */
  long address() {
    return own != null && own.target() instanceof LinkTarget.Kprobe probe ? probe.address() : 0;
  }
}
