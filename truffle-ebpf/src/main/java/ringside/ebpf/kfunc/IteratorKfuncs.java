package ringside.ebpf.kfunc;

import static ringside.ebpf.kfunc.KfuncFlag.KF_ITER_DESTROY;
import static ringside.ebpf.kfunc.KfuncFlag.KF_ITER_NEW;
import static ringside.ebpf.kfunc.KfuncFlag.KF_ITER_NEXT;
import static ringside.ebpf.kfunc.KfuncFlag.KF_RCU_PROTECTED;
import static ringside.ebpf.kfunc.KfuncFlag.KF_RET_NULL;
import static ringside.ebpf.kfunc.KfuncFlag.KF_TRUSTED_ARGS;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.List;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;
import ringside.kernel.task.Task;

/** Iterators that programs step through in their own loops ({@code kernel/bpf/*_iter.c}). */
public final class IteratorKfuncs {
  private static final int MAX_LOOPS = 8 * 1024 * 1024;

  /** {@code BITS_ITER_NR_WORDS_MAX}. */
  private static final int MAX_WORDS = 511;

  private static final int ALL_PROCS = 0;
  private static final int ALL_THREADS = 1;
  private static final int PROC_THREADS = 2;

  private final Kernel kernel;
  private final Memory memory;

  /** Makes the family for one kernel. */
  public IteratorKfuncs(Kernel kernel) {
    this.kernel = kernel;
    this.memory = kernel.memory();
  }

  /** Numbers from {@code start} up to {@code end}, which is not among them. */
  @BpfKfunc(value = "bpf_iter_num_new", flags = KF_ITER_NEW)
  public long numNew(long it, long start, long end) {
    int first = (int) start;
    int behind = (int) end;
    memory.writeLong(it, 0);
    if (first > behind) {
      return -Errno.EINVAL;
    }
    if ((long) behind - first > MAX_LOOPS) {
      return -Errno.E2BIG;
    }
    memory.writeInt(it, first - 1);
    memory.writeInt(it + 4, behind);
    return 0;
  }

  /** The address of the next number, or null. */
  @BpfKfunc(
      value = "bpf_iter_num_next",
      flags = {KF_ITER_NEXT, KF_RET_NULL})
  public long numNext(long it) {
    int next = memory.readInt(it) + 1;
    if (next >= memory.readInt(it + 4)) {
      memory.writeLong(it, 0);
      return 0;
    }
    memory.writeInt(it, next);
    return it;
  }

  /** Ends the iteration. */
  @BpfKfunc(value = "bpf_iter_num_destroy", flags = KF_ITER_DESTROY)
  public long numDestroy(long it) {
    memory.writeLong(it, 0);
    return 0;
  }

  /** The bits that are set in words; the words are copied. */
  @BpfKfunc(value = "bpf_iter_bits_new", flags = KF_ITER_NEW)
  @TruffleBoundary
  public long bitsNew(long it, long words, long count) {
    int number = (int) count;
    memory.writeLong(it, 0);
    memory.writeInt(it + 8, 0);
    memory.writeInt(it + 12, -1);
    if (words == 0 || number == 0) {
      return -Errno.EINVAL;
    }
    if (Integer.compareUnsigned(number, MAX_WORDS) > 0) {
      return -Errno.E2BIG;
    }
    if (words >= 0 || !memory.allows(words, number * Long.BYTES, PageTable.READ)) {
      return -Errno.EFAULT;
    }
    long copy = kernel.slab().kmalloc((long) number * Long.BYTES, Gfp.ATOMIC);
    if (copy == 0) {
      return -Errno.ENOMEM;
    }
    byte[] bytes = new byte[number * Long.BYTES];
    memory.read(words, bytes, 0, bytes.length);
    memory.write(copy, bytes, 0, bytes.length);
    memory.writeLong(it, copy);
    memory.writeInt(it + 8, number * Long.SIZE);
    return 0;
  }

  /** The address of the next bit's number, or null. */
  @BpfKfunc(
      value = "bpf_iter_bits_next",
      flags = {KF_ITER_NEXT, KF_RET_NULL})
  @TruffleBoundary
  public long bitsNext(long it) {
    long words = memory.readLong(it);
    int count = memory.readInt(it + 8);
    for (int bit = memory.readInt(it + 12) + 1; words != 0 && bit < count; bit++) {
      if ((memory.readByte(words + bit / 8) >>> bit % 8 & 1) != 0) {
        memory.writeInt(it + 12, bit);
        return it + 12;
      }
    }
    memory.writeInt(it + 8, 0);
    return 0;
  }

  /** Ends the iteration. */
  @BpfKfunc(value = "bpf_iter_bits_destroy", flags = KF_ITER_DESTROY)
  @TruffleBoundary
  public long bitsDestroy(long it) {
    kernel.slab().kfree(memory.readLong(it));
    memory.writeLong(it, 0);
    return 0;
  }

  /** All processes, all threads, or the threads of one process. */
  @BpfKfunc(
      value = "bpf_iter_task_new",
      flags = {KF_ITER_NEW, KF_TRUSTED_ARGS, KF_RCU_PROTECTED})
  @TruffleBoundary
  public long taskNew(long it, long task, long flags) {
    memory.writeLong(it, 0);
    memory.writeLong(it + 8, 0);
    memory.writeLong(it + 16, 0);
    int which = (int) flags;
    if (which != ALL_PROCS && which != ALL_THREADS && which != PROC_THREADS) {
      return -Errno.EINVAL;
    }
    if (which == PROC_THREADS && task == 0) {
      return -Errno.EINVAL;
    }
    memory.writeLong(it + 8, task);
    memory.writeInt(it + 16, which + 1);
    return 0;
  }

  /** The next task, or null. */
  @BpfKfunc(
      value = "bpf_iter_task_next",
      flags = {KF_ITER_NEXT, KF_RET_NULL})
  @TruffleBoundary
  public long taskNext(long it) {
    int which = memory.readInt(it + 16) - 1;
    if (which < 0) {
      return 0;
    }
    List<Task> tasks = kernel.tasks().all();
    int group = tgid(memory.readLong(it + 8));
    // The iterator keeps how many tasks it has seen.
    for (int i = memory.readInt(it + 20); i < tasks.size(); i++) {
      Task task = tasks.get(i);
      boolean wanted =
          switch (which) {
            case ALL_PROCS -> task.pid() != 0 && task.pid() == task.tgid();
            case ALL_THREADS -> task.pid() != 0;
            default -> task.tgid() == group;
          };
      if (wanted) {
        memory.writeInt(it + 20, i + 1);
        return task.address();
      }
    }
    memory.writeInt(it + 16, 0);
    return 0;
  }

  private int tgid(long task) {
    return task == 0 ? 0 : memory.readInt(task + kernel.layouts().of("task_struct").offset("tgid"));
  }

  /** Ends the iteration. */
  @BpfKfunc(value = "bpf_iter_task_destroy", flags = KF_ITER_DESTROY)
  public long taskDestroy(long it) {
    memory.writeLong(it + 16, 0);
    return 0;
  }
}
