package ringside.kernel.syscall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.task.AddressSpace;
import ringside.kernel.task.Task;
import ringside.kernel.task.Tasks;

/** System calls about time, all of it virtual. */
public final class TimeCalls {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** More would overflow a signed count of nanoseconds; Linux clamps likewise. */
  private static final long LONGEST_SECONDS = Long.MAX_VALUE / NANOS_PER_SECOND - 1;

  private final KernelCore core;
  private final Tasks tasks;
  private final Syscalls syscalls;

  TimeCalls(KernelCore core, Tasks tasks, Syscalls syscalls) {
    this.core = core;
    this.tasks = tasks;
    this.syscalls = syscalls;
  }

  /** Sleeps; nothing interrupts but death, so the remaining time is never written. */
  @Syscall(101)
  public long nanosleep(long request, long remaining) {
    byte[] bytes = new byte[16];
    AddressSpace space = tasks.current().mm();
    if (space == null || !space.read(request, bytes, bytes.length)) {
      return -Errno.EFAULT;
    }
    ByteBuffer timespec = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long seconds = timespec.getLong();
    long nanos = timespec.getLong();
    if (seconds < 0 || nanos < 0 || nanos >= NANOS_PER_SECOND) {
      return -Errno.EINVAL;
    }
    sleep(Math.min(seconds, LONGEST_SECONDS) * NANOS_PER_SECOND + nanos);
    return 0;
  }

  private void sleep(long nanos) {
    if (!syscalls.mayWait()) {
      core.watchdog().touch();
      core.clock().idle(nanos);
      core.watchdog().touch();
      return;
    }
    Task task = tasks.current();
    long until = core.clock().nanos() + nanos;
    tasks.wakeAfter(nanos);
    tasks.block(() ->
        core.clock().nanos() >= until || task.pendingSignal() != 0
            ? 0
            : Task.Blocked.STILL_BLOCKED);
  }

  /** Reads a clock: real time (which starts at 1970 here), monotonic or since boot. */
  @Syscall(113)
  public long clock_gettime(int clock, long into) {
    if (clock < 0 || clock > 7 || clock == 2 || clock == 3) {
      return -Errno.EINVAL;
    }
    long now = core.clock().nanos();
    byte[] timespec =
        ByteBuffer.allocate(16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(now / NANOS_PER_SECOND)
            .putLong(now % NANOS_PER_SECOND)
            .array();
    AddressSpace space = tasks.current().mm();
    return space != null && space.write(into, timespec, timespec.length) ? 0 : -Errno.EFAULT;
  }
}
