package ringside.ebpf.syscall;

import java.util.function.IntFunction;
import ringside.ebpf.cbpf.SockFilter;
import ringside.ebpf.isa.ProgramType;
import ringside.hook.AttachException;
import ringside.kernel.core.Errno;
import ringside.kernel.net.SocketFilter;
import ringside.kernel.net.SocketFilterLoader;

/** Makes the programs that sockets filter with: {@code SO_ATTACH_FILTER}, {@code SO_ATTACH_BPF}. */
public final class SocketFilters implements SocketFilterLoader {
  private final Bpf bpf;
  private IntFunction<LoadedProgram> descriptors =
      _ -> {
        throw new AttachException(Errno.EBADF, "no descriptor of the task is a program");
      };

  SocketFilters(Bpf bpf) {
    this.bpf = bpf;
  }

  /**
   * Says how the current task's descriptors lead to programs.
   *
   * @param programs throws {@link AttachException} where one leads to none
   */
  public void setDescriptors(IntFunction<LoadedProgram> programs) {
    descriptors = programs;
  }

  @Override
  public SocketFilter classic(byte[] filter) {
    LoadResult loaded = bpf.loadClassic("filter", SockFilter.decodeAll(filter));
    LoadedProgram program = loaded.program();
    if (program == null) {
      throw new AttachException(loaded.errno(), loaded.log().stripTrailing());
    }
    // Its socket alone knows it: it has no id that one could ask for.
    bpf.unload(program);
    return new SocketFilter(
        program.name(), program.target(), program.translated().size(), filter, () -> {});
  }

  @Override
  public SocketFilter program(int fd) {
    LoadedProgram program = descriptors.apply(fd);
    if (program.type() != ProgramType.SOCKET_FILTER) {
      throw new AttachException(Errno.EINVAL, program.name() + " is no socket filter");
    }
    program.get();
    return new SocketFilter(
        program.name(), program.target(), program.translated().size(), null, program::put);
  }
}
