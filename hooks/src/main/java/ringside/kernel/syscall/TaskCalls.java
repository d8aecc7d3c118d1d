package ringside.kernel.syscall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.fs.FsException;
import ringside.kernel.task.AddressSpace;
import ringside.kernel.task.Signal;
import ringside.kernel.task.Task;
import ringside.kernel.task.Tasks;
import ringside.kernel.trap.TaskKilled;

/** System calls about tasks; names and results are Linux's. */
public final class TaskCalls {
  private static final long CLONE_VM = 0x100;
  private static final long CLONE_THREAD = 0x10000;
  private static final int WNOHANG = 1;
  private static final int UTS_LENGTH = 65;

  private final KernelCore core;
  private final Tasks tasks;
  private final Syscalls syscalls;

  TaskCalls(KernelCore core, Tasks tasks, Syscalls syscalls) {
    this.core = core;
    this.tasks = tasks;
    this.syscalls = syscalls;
  }

  /** The process id. */
  @Syscall(172)
  public long getpid() {
    return tasks.current().tgid();
  }

  /** The parent's process id. */
  @Syscall(173)
  public long getppid() {
    Task parent = tasks.current().parent();
    return parent == null ? 0 : parent.tgid();
  }

  /** The thread id. */
  @Syscall(178)
  public long gettid() {
    return tasks.current().readPid();
  }

  /** The real user id. */
  @Syscall(174)
  public long getuid() {
    return Integer.toUnsignedLong(tasks.current().credential("uid"));
  }

  /** The effective user id. */
  @Syscall(175)
  public long geteuid() {
    return Integer.toUnsignedLong(tasks.current().credential("euid"));
  }

  /** The real group id. */
  @Syscall(176)
  public long getgid() {
    return Integer.toUnsignedLong(tasks.current().credential("gid"));
  }

  /** The effective group id. */
  @Syscall(177)
  public long getegid() {
    return Integer.toUnsignedLong(tasks.current().credential("egid"));
  }

  /** Ends the thread. */
  @Syscall(93)
  public long exit(int status) {
    tasks.exit(tasks.current(), (status & 0xff) << 8);
    return leave();
  }

  /** Ends the process. */
  @Syscall(94)
  public long exit_group(int status) {
    tasks.exitGroup((status & 0xff) << 8);
    return leave();
  }

  /** {@code do_exit} never returns; machine code that has called it must not go on. */
  private long leave() {
    if (!syscalls.mayWait()) {
      throw new TaskKilled(0);
    }
    return 0;
  }

  /** Sends a signal to a process. */
  @Syscall(129)
  public long kill(int pid, int signal) {
    if (signal < 0 || signal > Signal.NSIG) {
      return -Errno.EINVAL;
    }
    Task target = tasks.find(pid);
    if (target == null) {
      return -Errno.ESRCH;
    }
    if (!tasks.current().maySignal(target)) {
      return -Errno.EPERM;
    }
    tasks.signal(target, signal);
    return 0;
  }

  /** Gives up the rest of the time slice. */
  @Syscall(124)
  public long sched_yield() {
    tasks.yieldCpu();
    return 0;
  }

  /** Makes a child process or a thread. */
  @Syscall(220)
  public long clone(long flags, long stack) {
    try {
      return tasks.clone((flags & CLONE_VM) != 0, (flags & CLONE_THREAD) != 0, stack).pid();
    } catch (FsException e) {
      return -e.errno();
    }
  }

  /** Waits for a child to end. */
  @Syscall(260)
  public long wait4(int pid, long status, int options, long usage) {
    long result = tryWait(pid, status);
    if (result != Task.Blocked.STILL_BLOCKED) {
      return result;
    }
    if ((options & WNOHANG) != 0) {
      return 0;
    }
    if (!syscalls.mayWait()) {
      return -Errno.EINTR;
    }
    tasks.block(() -> tryWait(pid, status));
    return 0;
  }

  private long tryWait(int pid, long status) {
    Task child = tasks.zombieChild(pid);
    if (child == null) {
      return tasks.hasChild(pid) ? Task.Blocked.STILL_BLOCKED : -Errno.ECHILD;
    }
    int number = child.pid();
    int code = child.exitCode();
    tasks.reap(child);
    byte[] word = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(code).array();
    return status == 0 || copyToUser(status, word) ? number : -Errno.EFAULT;
  }

  /** Names the system. */
  @Syscall(160)
  public long newuname(long buffer) {
    String[] fields = {
      "Linux", "ringside", core.version().release(), "#1 SMP PREEMPT", "riscv64", "(none)"
    };
    byte[] bytes = new byte[fields.length * UTS_LENGTH];
    for (int i = 0; i < fields.length; i++) {
      byte[] field = fields[i].getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(field, 0, bytes, i * UTS_LENGTH, Math.min(field.length, UTS_LENGTH - 1));
    }
    return copyToUser(buffer, bytes) ? 0 : -Errno.EFAULT;
  }

  /** Moves the end of the heap. */
  @Syscall(214)
  public long brk(long end) {
    AddressSpace space = tasks.current().mm();
    return space == null ? 0 : space.brk(end);
  }

  private boolean copyToUser(long address, byte[] bytes) {
    AddressSpace space = tasks.current().mm();
    return space != null && space.write(address, bytes, bytes.length);
  }
}
