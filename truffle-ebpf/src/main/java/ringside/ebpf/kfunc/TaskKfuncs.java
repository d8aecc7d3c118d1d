package ringside.ebpf.kfunc;

import static ringside.ebpf.kfunc.KfuncFlag.KF_ACQUIRE;
import static ringside.ebpf.kfunc.KfuncFlag.KF_RCU;
import static ringside.ebpf.kfunc.KfuncFlag.KF_RELEASE;
import static ringside.ebpf.kfunc.KfuncFlag.KF_RET_NULL;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.Kernel;
import ringside.kernel.mm.Memory;
import ringside.kernel.task.Task;

/** References to tasks ({@code kernel/bpf/helpers.c}). */
public final class TaskKfuncs {
  private final Kernel kernel;
  private final Memory memory;
  private final int usage;

  /** Makes the family for one kernel. */
  public TaskKfuncs(Kernel kernel) {
    this.kernel = kernel;
    this.memory = kernel.memory();
    this.usage = kernel.layouts().of("task_struct").offset("usage");
  }

  /** Takes a reference; null where the task is being freed. */
  @BpfKfunc(
      value = "bpf_task_acquire",
      flags = {KF_ACQUIRE, KF_RCU, KF_RET_NULL},
      types = {
        ProgramType.TRACING,
        ProgramType.STRUCT_OPS,
        ProgramType.SYSCALL,
        ProgramType.SCHED_CLS,
        ProgramType.XDP,
        ProgramType.CGROUP_SKB
      })
  @TruffleBoundary
  public long acquire(long task) {
    int references = memory.readInt(task + usage);
    if (references == 0) {
      return 0;
    }
    memory.writeInt(task + usage, references + 1);
    return task;
  }

  /** Gives a reference back. */
  @BpfKfunc(
      value = "bpf_task_release",
      flags = KF_RELEASE,
      types = {
        ProgramType.TRACING,
        ProgramType.STRUCT_OPS,
        ProgramType.SYSCALL,
        ProgramType.SCHED_CLS,
        ProgramType.XDP,
        ProgramType.CGROUP_SKB
      })
  @TruffleBoundary
  public long release(long task) {
    memory.writeInt(task + usage, memory.readInt(task + usage) - 1);
    return 0;
  }

  /** Takes a reference to the task with a number; null where there is none. */
  @BpfKfunc(
      value = "bpf_task_from_pid",
      flags = {KF_ACQUIRE, KF_RET_NULL},
      types = {
        ProgramType.TRACING,
        ProgramType.STRUCT_OPS,
        ProgramType.SYSCALL,
        ProgramType.SCHED_CLS,
        ProgramType.XDP,
        ProgramType.CGROUP_SKB
      })
  @TruffleBoundary
  public long fromPid(long pid) {
    Task task = (int) pid <= 0 ? null : kernel.tasks().find((int) pid);
    return task == null ? 0 : acquire(task.address());
  }

  /** The same with the number that the running task knows it by. */
  @BpfKfunc(
      value = "bpf_task_from_vpid",
      flags = {KF_ACQUIRE, KF_RET_NULL},
      types = {
        ProgramType.TRACING,
        ProgramType.STRUCT_OPS,
        ProgramType.SYSCALL,
        ProgramType.SCHED_CLS,
        ProgramType.XDP,
        ProgramType.CGROUP_SKB
      })
  @TruffleBoundary
  public long fromVpid(long pid) {
    return fromPid(pid);
  }
}
