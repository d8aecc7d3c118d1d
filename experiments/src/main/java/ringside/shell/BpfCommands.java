package ringside.shell;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import ringside.ebpf.syscall.Bpf;
import ringside.kernel.Kernel;
import ringside.shell.bpftool.Bpftool;
import ringside.shell.bpftool.Environment;

/** {@code bpftool} on a session. */
final class BpfCommands {
  private BpfCommands() {}

  /** {@code bpftool}. */
  @Command(name = "bpftool", description = "[OPTIONS] OBJECT COMMAND: programs, maps, links, types")
  static final class BpftoolCommand extends Builtin {
    BpftoolCommand(Session session) {
      super(session);
    }

    @Override
    int call() {
      return Bpftool.run(new Surroundings(session()), arguments());
    }
  }

  /** What bpftool gets of a session. */
  private record Surroundings(Session session) implements Environment {
    @Override
    public Kernel kernel() {
      return session.kernel();
    }

    @Override
    public Bpf bpf() {
      return session.programs().bpf();
    }

    @Override
    public byte @Nullable [] read(String path) {
      return session.read(path);
    }

    @Override
    public void write(String path, byte[] content) {
      session.kernel().fs().writeFile(path, content);
    }

    @Override
    public PrintWriter out() {
      return session.out();
    }

    @Override
    public PrintWriter err() {
      return session.err();
    }
  }
}
