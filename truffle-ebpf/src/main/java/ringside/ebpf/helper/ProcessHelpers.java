package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_MAP_PTR;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_BTF_ID;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CTX;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MEM;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.MapRuntime;
import ringside.ebpf.map.StackTraceMap;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;
import ringside.kernel.task.AddressSpace;
import ringside.kernel.task.Signal;
import ringside.kernel.task.Task;

/** Helpers that look into processes and signal them ({@code kernel/trace/bpf_trace.c}). */
public final class ProcessHelpers {
  private static final long BPF_F_SKIP_FIELD_MASK = 0xff;
  private static final long BPF_F_USER_STACK = 1 << 8;
  private static final long BPF_F_USER_BUILD_ID = 1 << 11;
  private static final int MAX_FRAMES = 127;

  /** {@code struct bpf_pidns_info}. */
  private static final int PIDNS_INFO = 8;

  /** The number of the only pid namespace, {@code PROC_PID_INIT_INO}. */
  private static final long INIT_PID_NS = 0xeffffffcL;

  /** The device of {@code nsfs}, as {@code stat} tells it of {@code /proc/self/ns/pid}. */
  private static final long NSFS_DEVICE = 4;

  private final Kernel kernel;
  private final MapRuntime maps;
  private final Memory memory;
  private final int epc;
  private final int framePointer;

  /** Makes the family for one kernel. */
  public ProcessHelpers(Kernel kernel, MapRuntime maps) {
    this.kernel = kernel;
    this.maps = maps;
    this.memory = kernel.memory();
    this.epc = kernel.layouts().of("pt_regs").offset("epc");
    this.framePointer = kernel.layouts().of("pt_regs").offset("s0");
  }

  /** {@code bpf_send_signal}: signals the process that runs. */
  @BpfHelper(
      id = 109,
      args = {ARG_ANYTHING})
  @TruffleBoundary
  public long sendSignal(long signal) {
    return signal((int) signal);
  }

  /** {@code bpf_send_signal_thread}: signals the thread that runs. */
  @BpfHelper(
      id = 117,
      args = {ARG_ANYTHING})
  @TruffleBoundary
  public long sendSignalThread(long signal) {
    return signal((int) signal);
  }

  private long signal(int signal) {
    Task task = running();
    if (task == null || task.mm() == null || task.ended() || task.pid() == 1) {
      return -Errno.EPERM;
    }
    if (signal < 0 || signal > Signal.NSIG) {
      return -Errno.EINVAL;
    }
    kernel.tasks().signal(task, signal);
    return 0;
  }

  /** {@code bpf_get_ns_current_pid_tgid}: the ids as a pid namespace sees them; there is one. */
  @BpfHelper(
      id = 120,
      args = {ARG_ANYTHING, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE})
  @TruffleBoundary
  public long getNsCurrentPidTgid(long device, long inode, long to, long size) {
    Task task = running();
    if (size != PIDNS_INFO || task == null || device != NSFS_DEVICE || inode != INIT_PID_NS) {
      memory.fill(to, (byte) 0, size);
      return -Errno.EINVAL;
    }
    memory.writeInt(to, task.readPid());
    memory.writeInt(to + 4, task.tgid());
    return 0;
  }

  /** {@code bpf_task_pt_regs}: the registers that a task left user space with. */
  @BpfHelper(
      id = 175,
      ret = ReturnType.RET_PTR_TO_BTF_ID,
      args = {ARG_PTR_TO_BTF_ID},
      argBtf = "task_struct",
      retBtf = "pt_regs",
      gplOnly = true)
  @TruffleBoundary
  public long taskPtRegs(long task) {
    Task found = find(task);
    return found == null ? 0 : found.ptRegs();
  }

  /** {@code bpf_copy_from_user_task}: reads another process's memory. */
  @BpfHelper(
      id = 191,
      args = {
        ARG_PTR_TO_UNINIT_MEM,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_ANYTHING,
        ARG_PTR_TO_BTF_ID,
        ARG_ANYTHING
      },
      argBtf = "task_struct",
      gplOnly = true,
      mightSleep = true)
  @TruffleBoundary
  public long copyFromUserTask(long to, long size, long from, long task, long flags) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    if (size == 0) {
      return 0;
    }
    Task found = find(task);
    AddressSpace space = found == null ? null : found.mm();
    byte[] bytes = new byte[(int) size];
    if (space == null || !space.read(from, bytes, bytes.length)) {
      memory.fill(to, (byte) 0, size);
      return -Errno.EFAULT;
    }
    memory.write(to, bytes, 0, bytes.length);
    return 0;
  }

  /** {@code bpf_get_stack}: where the program was called from; bytes written. */
  @BpfHelper(
      id = 67,
      args = {ARG_PTR_TO_CTX, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  @TruffleBoundary
  public long getStack(long context, long to, long size, long flags) {
    return stack(running(), to, (int) size, flags);
  }

  /** {@code bpf_get_stackid}: keeps where the program was called from in a map; its id. */
  @BpfHelper(
      id = 27,
      args = {ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING},
      gplOnly = true)
  @TruffleBoundary
  public long getStackid(long context, long map, long flags) {
    long compared = StackTraceMap.BPF_F_FAST_STACK_CMP | StackTraceMap.BPF_F_REUSE_STACKID;
    if ((flags & ~(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | compared)) != 0
        || !(maps.mapAt(map) instanceof StackTraceMap traces)) {
      return -Errno.EINVAL;
    }
    boolean user = (flags & BPF_F_USER_STACK) != 0;
    long[] frames = user ? userFrames(running()) : new long[0];
    int skip = (int) (flags & BPF_F_SKIP_FIELD_MASK);
    return frames.length <= skip
        ? -Errno.EFAULT
        : traces.keep(Arrays.copyOfRange(frames, skip, frames.length), flags & compared);
  }

  /** {@code bpf_get_task_stack}: the same of any task. */
  @BpfHelper(
      id = 141,
      args = {ARG_PTR_TO_BTF_ID, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      argBtf = "task_struct")
  @TruffleBoundary
  public long getTaskStack(long task, long to, long size, long flags) {
    return stack(find(task), to, (int) size, flags);
  }

  private long stack(@Nullable Task task, long to, int size, long flags) {
    long known = BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID;
    boolean user = (flags & BPF_F_USER_STACK) != 0;
    boolean buildId = (flags & BPF_F_USER_BUILD_ID) != 0;
    if ((flags & ~known) != 0 || buildId || (size & 7) != 0) {
      memory.fill(to, (byte) 0, size);
      return -Errno.EINVAL;
    }
    long[] frames = user ? userFrames(task) : new long[0];
    int skip = (int) (flags & BPF_F_SKIP_FIELD_MASK);
    if ((user && frames.length == 0) || frames.length < skip) {
      memory.fill(to, (byte) 0, size);
      return -Errno.EFAULT;
    }
    int count = Math.min(frames.length - skip, size / Long.BYTES);
    for (int i = 0; i < count; i++) {
      memory.writeLong(to + (long) i * Long.BYTES, frames[skip + i]);
    }
    memory.fill(to + (long) count * Long.BYTES, (byte) 0, size - (long) count * Long.BYTES);
    return (long) count * Long.BYTES;
  }

  /** Follows the frame pointers of user code: the caller's pair lies below each. */
  private long[] userFrames(@Nullable Task task) {
    AddressSpace space = task == null ? null : task.mm();
    if (task == null || space == null) {
      return new long[0];
    }
    long[] frames = new long[MAX_FRAMES];
    int count = 0;
    frames[count++] = memory.readLong(task.ptRegs() + epc);
    long frame = memory.readLong(task.ptRegs() + framePointer);
    byte[] pair = new byte[16];
    while (count < MAX_FRAMES && frame >= 16 && space.read(frame - 16, pair, pair.length)) {
      ByteBuffer saved = ByteBuffer.wrap(pair).order(ByteOrder.LITTLE_ENDIAN);
      long caller = saved.getLong(0);
      long address = saved.getLong(8);
      if (address == 0 || caller <= frame) {
        break;
      }
      frames[count++] = address;
      frame = caller;
    }
    return Arrays.copyOf(frames, count);
  }

  /** {@code bpf_get_branch_snapshot}: what the CPU's branch recorder holds; it has none. */
  @BpfHelper(
      id = 176,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO},
      gplOnly = true)
  public long getBranchSnapshot(long to, long size, long flags) {
    return flags != 0 ? -Errno.EINVAL : -Errno.ENOENT;
  }

  /** {@code bpf_read_branch_records}: of a sample; the CPU has no branch recorder. */
  @BpfHelper(
      id = 119,
      args = {ARG_PTR_TO_CTX, ArgType.ARG_PTR_TO_MEM_OR_NULL, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  public long readBranchRecords(long context, long to, long size, long flags) {
    return (flags & ~1L) != 0 ? -Errno.EINVAL : -Errno.ENOENT;
  }

  /** {@code bpf_get_func_ip}: the address of the probed function. */
  @BpfHelper(
      id = 173,
      args = {ARG_PTR_TO_CTX},
      gplOnly = true)
  public long getFuncIp(long registers) {
    return memory.readLong(registers + epc);
  }

  private @Nullable Task running() {
    return find(kernel.core().thisCpu().current());
  }

  private @Nullable Task find(long address) {
    for (Task task : kernel.tasks().all()) {
      if (task.address() == address) {
        return task;
      }
    }
    return null;
  }
}
