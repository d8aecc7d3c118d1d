package ringside.shell.bpftool;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.syscall.Bpf;
import ringside.kernel.Kernel;

/** What bpftool runs in: a kernel with bpf(2), files, and streams. */
public interface Environment {
  /** The kernel. */
  Kernel kernel();

  /** Its eBPF subsystem, for what bpf(2) does not offer: the trace pipe. */
  Bpf bpf();

  /** A file of the kernel or of the host; null where there is none. */
  byte @Nullable [] read(String path);

  /** Writes a file of the kernel. */
  void write(String path, byte[] content);

  /** Where data goes. */
  PrintWriter out();

  /** Where diagnostics go. */
  PrintWriter err();
}
