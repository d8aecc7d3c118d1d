package ringside.ebpf.kfunc;

import static ringside.ebpf.kfunc.KfuncFlag.KF_FASTCALL;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.nodes.ControlFlowException;
import ringside.ebpf.helper.ProgramThrow;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;

/**
 * Sections and casts ({@code kernel/bpf/helpers.c}).
 *
 * <p>There is one processor, and nothing interrupts a program, so that sections change no more than
 * what can be seen of them.
 */
public final class CommonKfuncs {
  private final KernelCore core;
  private final Memory memory;
  private final int preemptCount;

  /** Makes the family for one kernel. */
  public CommonKfuncs(KernelCore core) {
    this.core = core;
    this.memory = core.memory();
    this.preemptCount = core.layouts().of("task_struct").offset("thread_info.preempt_count");
  }

  /** Begins an RCU read section. */
  @BpfKfunc("bpf_rcu_read_lock")
  public long rcuReadLock() {
    return 0;
  }

  /** Ends an RCU read section. */
  @BpfKfunc("bpf_rcu_read_unlock")
  public long rcuReadUnlock() {
    return 0;
  }

  /** Keeps other tasks off the processor. */
  @BpfKfunc("bpf_preempt_disable")
  @TruffleBoundary
  public long preemptDisable() {
    return preempt(1);
  }

  /** Lets other tasks on the processor again. */
  @BpfKfunc("bpf_preempt_enable")
  @TruffleBoundary
  public long preemptEnable() {
    return preempt(-1);
  }

  private long preempt(int by) {
    long task = core.thisCpu().current();
    if (task != 0) {
      memory.writeInt(task + preemptCount, memory.readInt(task + preemptCount) + by);
    }
    return 0;
  }

  /** Keeps interrupts off. */
  @BpfKfunc("bpf_local_irq_save")
  public long localIrqSave(long flags) {
    memory.writeLong(flags, 0);
    return 0;
  }

  /** Lets interrupts in as before. */
  @BpfKfunc("bpf_local_irq_restore")
  public long localIrqRestore(long flags) {
    return 0;
  }

  /** Leaves the program at once. */
  @BpfKfunc("bpf_throw")
  public long leave(long cookie) {
    ControlFlowException leaving = new ProgramThrow(cookie);
    throw leaving;
  }

  /** The kernel's own struct behind a context. */
  @BpfKfunc(value = "bpf_cast_to_kern_ctx", flags = KF_FASTCALL)
  public long castToKernCtx(long object) {
    return object;
  }

  /** An address as that of a kernel struct, to be read only. */
  @BpfKfunc(value = "bpf_rdonly_cast", flags = KF_FASTCALL)
  public long rdonlyCast(long object, long type) {
    return object;
  }
}
