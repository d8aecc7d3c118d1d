package ringside.shell;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.GeneratedFile;
import ringside.kernel.printk.Printk;
import ringside.kernel.task.Task;
import ringside.kernel.vm.GuestContext;
import ringside.lkm.Modules;
import ringside.lkm.kmod.Kmod;
import ringside.lkm.loader.ModuleLoader;
import ringside.rv64.Rv64Cpu;

/**
 * One booted kernel with a shell on it.
 *
 * <p>Paths are looked up in the kernel first and then on the host, below the directory that the
 * shell was started in, so that what {@code ringside cc} wrote is there.
 */
final class Session implements AutoCloseable {
  /** Virtual time that a foreground program may take, in nanoseconds. */
  static final long FOREGROUND_NANOS = 600L * 1_000_000_000;

  private final Kernel kernel;
  private final GuestContext.Scope scope;
  private final ModuleLoader loader;
  private final Programs programs;
  private final Path directory;
  private final PrintWriter err;
  private PrintWriter out;
  private boolean exited;
  private int status;

  /** Boots. */
  Session(KernelConfig config, Path directory, PrintWriter out, PrintWriter err) {
    this.directory = directory;
    this.out = out;
    this.err = err;
    this.kernel = Kernel.boot(config.withCpu(Rv64Cpu::of));
    this.scope = kernel.enter();
    this.loader = Modules.install(kernel);
    this.programs = new Programs(kernel);
    kernel.fs().proc().add("modules", new GeneratedFile(loader::procModules));
    kernel
        .fs()
        .setConsole(text -> {
          this.out.print(text);
          this.out.flush();
        });
  }

  /** The kernel. */
  Kernel kernel() {
    return kernel;
  }

  /** Its module loader. */
  ModuleLoader loader() {
    return loader;
  }

  /** Its eBPF programs. */
  Programs programs() {
    return programs;
  }

  /** The kmod tools, writing where commands write now. */
  Kmod kmod() {
    return new Kmod(kernel, loader, this::read, out, err);
  }

  /** Where data goes. */
  PrintWriter out() {
    return out;
  }

  /** Sends data elsewhere; returns where it went. */
  PrintWriter redirect(PrintWriter to) {
    PrintWriter old = out;
    out = to;
    return old;
  }

  /** Where diagnostics go. */
  PrintWriter err() {
    return err;
  }

  /** Says what is wrong with an input, and what can be done about it. */
  void complain(BadInputException e) {
    err.println(e.getMessage());
    if (e.hint() != null) {
      err.println("hint: " + e.hint());
    }
  }

  /** Ends the shell with a status. */
  void exit(int code) {
    exited = true;
    status = code;
  }

  /** Whether {@code exit} was called. */
  boolean exited() {
    return exited;
  }

  /** The exit status of the last command. */
  int status() {
    return status;
  }

  /** Notes the exit status of a command. */
  void setStatus(int code) {
    status = code;
  }

  /** The contents of a file in the kernel, else on the host; null where there is none. */
  byte @Nullable [] read(String path) {
    try {
      return kernel.fs().readFile(path);
    } catch (FsException notThere) {
      Path host = host(path);
      try {
        return Files.isRegularFile(host) ? Files.readAllBytes(host) : null;
      } catch (IOException e) {
        throw new BadInputException(
            host.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
      }
    }
  }

  /** A path on the host, from the directory that the shell was started in. */
  Path host(String path) {
    return directory.resolve(path);
  }

  /**
   * Starts a Ring 3 program.
   *
   * @param background whether the shell goes on beside it
   * @return the exit status: the program's, or 128 and the signal that killed it
   */
  int start(List<String> words, byte[] elf, boolean background) {
    Task task = kernel.tasks().spawn(words.getFirst(), elf, words);
    if (background) {
      err.println("[1] " + task.pid());
      return 0;
    }
    if (!kernel.tasks().runUntilExit(task, FOREGROUND_NANOS)) {
      err.println(
          "%s: still running after %d virtual seconds; it goes on in the background as %d"
              .formatted(words.getFirst(), FOREGROUND_NANOS / 1_000_000_000, task.pid()));
      return 124;
    }
    return status(task.exitCode());
  }

  /** The shell's number for a wait status; says how a killed program died. */
  int status(int waitStatus) {
    int signal = waitStatus & 0x7f;
    if (signal == 0) {
      return waitStatus >> 8 & 0xff;
    }
    err.println(
        switch (signal) {
          case 4 -> "Illegal instruction";
          case 5 -> "Trace/breakpoint trap";
          case 6 -> "Aborted";
          case 7 -> "Bus error";
          case 8 -> "Floating point exception";
          case 9 -> "Killed";
          case 11 -> "Segmentation fault";
          case 15 -> "Terminated";
          default -> "Killed by signal " + signal;
        });
    return 128 + signal;
  }

  /** The kernel's log from a line on, as {@code dmesg} prints it. */
  String logFrom(int line) {
    List<Printk.Line> lines = kernel.printk().lines();
    StringBuilder text = new StringBuilder();
    for (Printk.Line one : lines.subList(Math.min(line, lines.size()), lines.size())) {
      text.append(printable(one.toString())).append('\n');
    }
    return text.toString();
  }

  /** How many lines the log has. */
  int logLines() {
    return kernel.printk().lines().size();
  }

  /** Bytes that a terminal would act on as {@code \x7f}, as {@code dmesg} shows them. */
  private static String printable(String line) {
    StringBuilder text = new StringBuilder();
    line.chars()
        .forEach(c -> {
          if ((c < ' ' && c != '\t') || c == 127) {
            text.append("\\x%02x".formatted(c));
          } else {
            text.append((char) c);
          }
        });
    return text.toString();
  }

  /** Puts text into a file of the kernel. */
  void write(String path, String text, boolean append) {
    byte[] old = new byte[0];
    if (append) {
      try {
        old = kernel.fs().readFile(path);
      } catch (FsException notThere) {
        // It begins empty then.
      }
    }
    String before = new String(old, StandardCharsets.UTF_8);
    kernel.fs().writeFile(path, (before + text).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    scope.close();
    kernel.close();
  }
}
