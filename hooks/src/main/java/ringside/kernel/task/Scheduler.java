package ringside.kernel.task;

import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelCore;
import ringside.kernel.cpu.CpuTrap;
import ringside.kernel.cpu.UserExit;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.time.VirtualClock;
import ringside.kernel.trap.TaskKilled;

/**
 * Round robin over the runnable tasks, in slices of virtual time.
 *
 * <p>Deterministic: who runs when depends on instructions retired and on the order of wake-ups,
 * never on the host.
 */
final class Scheduler {
  /** A slice: one tick at {@code CONFIG_HZ}. */
  private static final long SLICE_NANOS = 1_000_000_000L / VirtualClock.HZ;

  private final KernelCore core;
  private final Tasks tasks;
  private final UserFaults faults;
  private final ArrayDeque<Task> queue = new ArrayDeque<>();
  private final long sliceInstructions;
  private boolean yielded;

  Scheduler(KernelCore core, Tasks tasks) {
    this.core = core;
    this.tasks = tasks;
    this.faults = new UserFaults(core);
    this.sliceInstructions = Math.max(1, core.clock().instructionsIn(SLICE_NANOS));
  }

  /** Puts a task at the end of the queue. */
  void enqueue(Task task) {
    queue.add(task);
  }

  void dequeue(Task task) {
    queue.remove(task);
  }

  /** The current task gives up the rest of its slice. */
  void yieldCpu() {
    yielded = true;
  }

  /**
   * Runs tasks until {@code done}, until {@code nanos} of virtual time have passed, or until none
   * can ever run again.
   *
   * @return whether {@code done} holds
   */
  boolean run(long nanos, BooleanSupplier done) {
    VirtualClock clock = core.clock();
    long end = clock.nanos() + nanos;
    while (!done.getAsBoolean() && clock.nanos() < end) {
      core.watchdog().touch();
      Task next = queue.poll();
      if (next != null) {
        tasks.switchTo(next);
        slice(next);
        tasks.switchTo(tasks.swapper());
        if (next.state() == Task.State.RUNNABLE) {
          queue.add(next);
        }
      } else if (tasks.anyTimer()) {
        long until = Math.min(clock.untilNextTimer(), end - clock.nanos());
        clock.idle(Math.max(1, until));
      } else {
        break;
      }
    }
    return done.getAsBoolean();
  }

  private void slice(Task task) {
    long end = core.clock().instructions() + sliceInstructions;
    yielded = false;
    try {
      while (task.state() == Task.State.RUNNABLE && !yielded) {
        if (task.pendingSignal() != 0) {
          throw new TaskKilled(task.pendingSignal());
        }
        Task.Blocked blocked = task.blocked();
        if (blocked != null) {
          long result = blocked.retry();
          if (result == Task.Blocked.STILL_BLOCKED) {
            task.setState(Task.State.SLEEPING);
            return;
          }
          task.setBlocked(null);
          tasks.syscallEntry().finish(task, result);
          task.restoreRegisters();
          continue;
        }
        long budget = end - core.clock().instructions();
        AddressSpace space = task.mm();
        if (budget <= 0 || space == null) {
          return;
        }
        UserExit exit = runUser(task, space, budget);
        if (exit == UserExit.SYSCALL) {
          task.saveRegisters();
          tasks.syscallEntry().enter(task);
          if (task.state() == Task.State.RUNNABLE) {
            task.restoreRegisters();
          }
        }
      }
    } catch (TaskKilled killed) {
      tasks.exit(task, killed.signal());
    }
  }

  /** Runs Ring 3 code; null where it faulted, and the signal is pending now. */
  private @Nullable UserExit runUser(Task task, AddressSpace space, long budget) {
    core.memory().setUserWindow(space.table());
    try {
      return core.cpu().runUser(task.context(), budget);
    } catch (MemoryFault fault) {
      task.setPendingSignal(faults.pageFault(task, space, fault.address(), fault.access()));
    } catch (CpuTrap trap) {
      task.setPendingSignal(faults.exception(task, space, trap));
    } finally {
      core.memory().setUserWindow(null);
    }
    return null;
  }
}
