package ringside.ebpf.uapi;

import ringside.ebpf.verifier.VerifierInput;
import ringside.kernel.core.Errno;
import ringside.kernel.task.Task;
import ringside.kernel.task.Tasks;

/** What the task that calls bpf(2) may do. */
final class Caller {
  private static final int CAP_NET_ADMIN = 12;
  private static final int CAP_SYS_ADMIN = 21;
  private static final int CAP_PERFMON = 38;
  private static final int CAP_BPF = 39;

  private final Tasks tasks;

  Caller(Tasks tasks) {
    this.tasks = tasks;
  }

  Task task() {
    return tasks.current();
  }

  /** CAP_SYS_ADMIN has what was split off it. */
  private boolean capable(int capability) {
    return task().capable(capability)
        || (capability != CAP_SYS_ADMIN && task().capable(CAP_SYS_ADMIN));
  }

  boolean bpf() {
    return capable(CAP_BPF);
  }

  boolean perfmon() {
    return capable(CAP_PERFMON);
  }

  boolean netAdmin() {
    return capable(CAP_NET_ADMIN);
  }

  boolean sysAdmin() {
    return task().capable(CAP_SYS_ADMIN);
  }

  /**
   * Demands a capability.
   *
   * @throws SyscallError {@code EPERM}
   */
  void demand(boolean has) {
    if (!has) {
      throw new SyscallError(Errno.EPERM);
    }
  }

  VerifierInput.Capabilities capabilities() {
    return new VerifierInput.Capabilities(bpf(), perfmon(), netAdmin(), sysAdmin());
  }
}
