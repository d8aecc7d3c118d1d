package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MEM;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.function.LongSupplier;
import java.util.function.ToIntBiFunction;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/** Helpers about the task that runs ({@code kernel/bpf/helpers.c}). */
public final class TaskHelpers {
  private static final int TASK_COMM_LEN = 16;
  private static final long LOW = 0xffffffffL;

  private final Memory memory;
  private final LongSupplier current;
  private final int pid;
  private final int tgid;
  private final int comm;
  private final int cred;
  private final int uid;
  private final int gid;

  /**
   * Makes the family for one kernel.
   *
   * @param current the address of the running task's {@code task_struct}; 0 before there are tasks
   * @param layout offset of a kernel struct's field, by struct and field name
   */
  public TaskHelpers(Memory memory, LongSupplier current, ToIntBiFunction<String, String> layout) {
    this.memory = memory;
    this.current = current;
    this.pid = layout.applyAsInt("task_struct", "pid");
    this.tgid = layout.applyAsInt("task_struct", "tgid");
    this.comm = layout.applyAsInt("task_struct", "comm");
    this.cred = layout.applyAsInt("task_struct", "cred");
    this.uid = layout.applyAsInt("cred", "uid");
    this.gid = layout.applyAsInt("cred", "gid");
  }

  /** {@code bpf_get_current_pid_tgid}: tgid in the upper half, pid in the lower. */
  @BpfHelper(id = 14)
  public long getCurrentPidTgid() {
    long task = current.getAsLong();
    return task == 0
        ? 0
        : (long) memory.readInt(task + tgid) << 32 | (memory.readInt(task + pid) & LOW);
  }

  /** {@code bpf_get_current_uid_gid}: gid in the upper half, uid in the lower. */
  @BpfHelper(id = 15)
  public long getCurrentUidGid() {
    long task = current.getAsLong();
    if (task == 0) {
      return 0;
    }
    long credentials = memory.readLong(task + cred);
    return (long) memory.readInt(credentials + gid) << 32
        | (memory.readInt(credentials + uid) & LOW);
  }

  /** {@code bpf_get_current_comm}: the task's name, NUL-padded. */
  @BpfHelper(
      id = 16,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE})
  @TruffleBoundary
  public long getCurrentComm(long to, long size) {
    long task = current.getAsLong();
    if (size <= 0) {
      return -Errno.EINVAL;
    }
    int length = 0;
    while (task != 0 && length < Math.min(size, TASK_COMM_LEN) - 1) {
      byte letter = memory.readByte(task + comm + length);
      if (letter == 0) {
        break;
      }
      memory.writeByte(to + length, letter);
      length++;
    }
    memory.fill(to + length, (byte) 0, size - length);
    return 0;
  }

  /** {@code bpf_get_current_task}: the address of the task's {@code task_struct}. */
  @BpfHelper(id = 35, gplOnly = true)
  public long getCurrentTask() {
    return current.getAsLong();
  }

  /** {@code bpf_get_current_task_btf}: the task's {@code task_struct}. */
  @BpfHelper(
      id = 158,
      ret = ReturnType.RET_PTR_TO_BTF_ID_TRUSTED,
      retBtf = "task_struct",
      gplOnly = true)
  public long getCurrentTaskBtf() {
    return current.getAsLong();
  }
}
