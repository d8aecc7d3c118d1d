package ringside.kernel;

import java.util.Objects;
import java.util.function.LongSupplier;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import ringside.hook.HookRegistry;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.core.KernelVersion;
import ringside.kernel.cpu.Cpu;
import ringside.kernel.fs.ControlFile;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;
import ringside.kernel.layout.StructLayouts;
import ringside.kernel.lib.KernelLibrary;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Oracle;
import ringside.kernel.mm.Slab;
import ringside.kernel.net.Net;
import ringside.kernel.net.SocketCalls;
import ringside.kernel.printk.Printk;
import ringside.kernel.syscall.Syscalls;
import ringside.kernel.task.Task;
import ringside.kernel.task.Tasks;
import ringside.kernel.text.KernelSymbols;
import ringside.kernel.time.VirtualClock;
import ringside.kernel.trace.Trace;
import ringside.kernel.trap.KernelState;
import ringside.kernel.trap.Taint;
import ringside.kernel.vm.GuestContext;
import ringside.kernel.vm.KernelLanguage;

/**
 * One simulated kernel; many live in one JVM, each on its own and one thread at a time.
 *
 * <p>Only composes: it makes the core and the subsystems in the order in which they need each
 * other, and hands them out.
 */
public final class Kernel implements AutoCloseable {
  private final KernelConfig config;
  private final @Nullable Engine ownEngine;
  private final GuestContext guest;
  private final KernelCore core;
  private final HookRegistry hooks;
  private final Trace trace;
  private final Fs fs;
  private final Tasks tasks;
  private final Syscalls syscalls;
  private final Net net;
  private boolean closed;

  private Kernel(KernelConfig config, @Nullable GuestContext within) {
    this.config = config;
    Engine shared = config.engine();
    this.ownEngine = shared == null && within == null ? Engine.create() : null;
    this.guest =
        within != null
            ? within
            : new GuestContext(shared == null ? Objects.requireNonNull(ownEngine) : shared);
    this.core =
        new KernelCore(
            new KernelCore.Settings(
                config.version(),
                config.ramBytes(),
                config.ramPool(),
                config.oracle(),
                config.instructionsPerSecond(),
                config.panicOnOops(),
                config.softlockupPanic(),
                config.hangSeconds(),
                config.commandLine()),
            guest,
            StructLayouts.ofKernel());
    KernelLibrary.register(core, config.seed());
    this.hooks = new HookRegistry(core.language());
    this.trace = new Trace(core, hooks);
    this.fs = new Fs(core);
    this.tasks = new Tasks(core, fs);
    this.syscalls = new Syscalls(core, tasks, fs, trace);
    this.net = new Net(core, hooks);
    syscalls.register(new SocketCalls(core, tasks, fs, syscalls, net.sockets()));
    fs.sysctl(
        "net/core/optmem_max",
        new ControlFile(
            0644,
            () -> net.sockets().optmemMax() + "\n",
            text -> net.sockets().setOptmemMax(sysctlNumber(text))));
    if (config.cpuFactory() != null) {
      core.setCpu(config.cpuFactory().apply(this));
    }
    if (config.rodata()) {
      core.image().markReadOnly(core.memory());
    }
  }

  /** What is written to a sysctl that is a number. */
  private static int sysctlNumber(String text) {
    if (!text.matches("[0-9]{1,9}")) {
      throw new FsException(Errno.EINVAL);
    }
    return Integer.parseInt(text);
  }

  /** Boots a kernel; the caller closes it. */
  public static Kernel boot(KernelConfig config) {
    return new Kernel(config, null);
  }

  /** Boots a kernel whose guest code runs in a context that another owns. */
  public static Kernel bootWithin(KernelConfig config, GuestContext guest) {
    return new Kernel(config, guest);
  }

  /** Enters the kernel's guest context; guest code runs only between here and the scope's close. */
  public GuestContext.Scope enter() {
    return guest.enter();
  }

  /** What subsystems stand on. */
  public KernelCore core() {
    return core;
  }

  /** The configuration it was booted with. */
  public KernelConfig config() {
    return config;
  }

  /** The version it claims to be. */
  public KernelVersion version() {
    return core.version();
  }

  /** The polyglot context of all guest code. */
  public GuestContext guest() {
    return guest;
  }

  /** The language of the kernel's own root nodes. */
  public KernelLanguage language() {
    return core.language();
  }

  /** Every place where extensions attach. */
  public HookRegistry hooks() {
    return hooks;
  }

  /** Tracepoints and kprobes. */
  public Trace trace() {
    return trace;
  }

  /** The files. */
  public Fs fs() {
    return fs;
  }

  /** The tasks. */
  public Tasks tasks() {
    return tasks;
  }

  /** The running task. */
  public Task current() {
    return tasks.current();
  }

  /** The system calls. */
  public Syscalls syscalls() {
    return syscalls;
  }

  /** The network. */
  public Net net() {
    return net;
  }

  /** Memory as the kernel's own Java code accesses it. */
  public Memory memory() {
    return core.memory();
  }

  /** Memory as extensions and Ring 3 access it: engines use this one. */
  public Memory guestMemory() {
    return core.guestMemory();
  }

  /** The heap. */
  public Slab slab() {
    return core.slab();
  }

  /** Where the fields of kernel structs lie. */
  public StructLayouts layouts() {
    return core.layouts();
  }

  /** The log. */
  public Printk printk() {
    return core.printk();
  }

  /** Virtual time. */
  public VirtualClock clock() {
    return core.clock();
  }

  /** kallsyms and exports. */
  public KernelSymbols symbols() {
    return core.symbols();
  }

  /**
   * The processor.
   *
   * @throws IllegalStateException on a machine without one
   */
  public Cpu cpu() {
    return core.cpu();
  }

  /** The oracle, or null where it is off. */
  public @Nullable Oracle oracle() {
    return core.oracle();
  }

  /** What condition the kernel is in. */
  public KernelState state() {
    return core.state();
  }

  /** The taint flags. */
  public Taint taint() {
    return core.traps().taint();
  }

  /**
   * Runs Ring 0 guest code; see {@link ringside.kernel.trap.Traps#protect}.
   *
   * @throws ringside.kernel.trap.TaskKilled where it faulted and the current task is dead
   * @throws ringside.kernel.trap.KernelPanic where it faulted and the kernel is dead
   * @throws ringside.kernel.trap.KernelHang where it never gave up the CPU
   */
  public long protect(LongSupplier guestCode) {
    return core.traps().protect(guestCode);
  }

  /** Calls whatever stands at an address: a kernel function or machine code. */
  public long callFunction(long address, long... arguments) {
    return core.callFunction(address, arguments);
  }

  /** Powers off: frees context and RAM, and the engine where it was not shared; once. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    guest.close();
    core.powerOff();
    if (ownEngine != null) {
      ownEngine.close();
    }
  }
}
