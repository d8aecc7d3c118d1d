package ringside.kernel.task;

import ringside.kernel.layout.StructLayout;
import ringside.kernel.layout.StructLayouts;

/** Offsets in {@code struct task_struct} and its relatives, looked up once a kernel. */
final class TaskLayout {
  /** {@code TASK_DEAD}. */
  static final int TASK_DEAD = 0x80;

  /** {@code EXIT_ZOMBIE}. */
  static final int EXIT_ZOMBIE = 0x20;

  /** sstatus as Ring 3 runs with it: SPIE, and 64-bit user mode. */
  static final long STATUS_USER = 0x2_0000_0020L;

  final StructLayout task;
  final StructLayout credLayout;
  final StructLayout ptRegs;
  final int state;
  final int pid;
  final int tgid;
  final int comm;
  final int commSize;
  final int cred;
  final int realCred;
  final int realParent;
  final int parent;
  final int files;
  final int exitState;
  final int exitCode;
  final int preemptCount;
  final int tasks;

  TaskLayout(StructLayouts layouts) {
    this.task = layouts.of("task_struct");
    this.credLayout = layouts.of("cred");
    this.ptRegs = layouts.of("pt_regs");
    this.state = task.offset("__state");
    this.pid = task.offset("pid");
    this.tgid = task.offset("tgid");
    this.comm = task.offset("comm");
    this.commSize = task.sizeOf("comm");
    this.cred = task.offset("cred");
    this.realCred = task.offset("real_cred");
    this.realParent = task.offset("real_parent");
    this.parent = task.offset("parent");
    this.files = task.offset("files");
    this.exitState = task.offset("exit_state");
    this.exitCode = task.offset("exit_code");
    this.preemptCount = task.offset("thread_info.preempt_count");
    this.tasks = task.offset("tasks");
  }
}
