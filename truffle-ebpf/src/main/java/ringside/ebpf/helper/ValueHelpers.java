package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_MAP_PTR;
import static ringside.ebpf.helper.ArgType.ARG_KPTR_XCHG_DEST;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_BTF_ID_OR_NULL;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_BTF_ID_OR_NULL_OBJ_RELEASE;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_FUNC;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MAP_VALUE_OR_NULL;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_SPIN_LOCK;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_TIMER;

import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapRuntime;
import ringside.ebpf.map.TaskStorageMap;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;

/** Helpers on what lives in map values: locks, timers, kptrs ({@code kernel/bpf/helpers.c}). */
public final class ValueHelpers {
  private final MapRuntime maps;
  private final Memory memory;

  /** Makes the family for one kernel. */
  public ValueHelpers(MapRuntime maps) {
    this.maps = maps;
    this.memory = maps.core().memory();
  }

  /** {@code bpf_spin_lock}: takes the value's lock, which on one processor is free. */
  @BpfHelper(
      id = 93,
      ret = ReturnType.RET_VOID,
      args = {ARG_PTR_TO_SPIN_LOCK})
  public long spinLock(long lock) {
    memory.writeInt(lock, 1);
    return 0;
  }

  /** {@code bpf_spin_unlock}: gives the lock back. */
  @BpfHelper(
      id = 94,
      ret = ReturnType.RET_VOID,
      args = {ARG_PTR_TO_SPIN_LOCK})
  public long spinUnlock(long lock) {
    memory.writeInt(lock, 0);
    return 0;
  }

  /** {@code bpf_timer_init}: makes the value's timer. */
  @BpfHelper(
      id = 169,
      args = {ARG_PTR_TO_TIMER, ARG_CONST_MAP_PTR, ARG_ANYTHING},
      gplOnly = true)
  public long timerInit(long timer, long map, long flags) {
    BpfMap owner = maps.mapAt(map);
    return owner == null ? -Errno.EINVAL : maps.callbacks().initTimer(timer, owner, flags);
  }

  /** {@code bpf_timer_set_callback}: says which function runs. */
  @BpfHelper(
      id = 170,
      args = {ARG_PTR_TO_TIMER, ARG_PTR_TO_FUNC},
      gplOnly = true)
  public long timerSetCallback(long timer, long function) {
    return maps.callbacks().setCallback(timer, function);
  }

  /** {@code bpf_timer_start}: arms it, in nanoseconds of virtual time. */
  @BpfHelper(
      id = 171,
      args = {ARG_PTR_TO_TIMER, ARG_ANYTHING, ARG_ANYTHING},
      gplOnly = true)
  public long timerStart(long timer, long nanos, long flags) {
    return maps.callbacks().startTimer(timer, nanos, flags);
  }

  /** {@code bpf_timer_cancel}: disarms it; 1 where it was armed. */
  @BpfHelper(
      id = 172,
      args = {ARG_PTR_TO_TIMER},
      gplOnly = true)
  public long timerCancel(long timer) {
    return maps.callbacks().cancelTimer(timer);
  }

  /** {@code bpf_kptr_xchg}: puts a pointer into a value and takes out what was there. */
  @BpfHelper(
      id = 194,
      ret = ReturnType.RET_PTR_TO_BTF_ID_OR_NULL,
      args = {ARG_KPTR_XCHG_DEST, ARG_PTR_TO_BTF_ID_OR_NULL_OBJ_RELEASE})
  public long kptrXchg(long field, long pointer) {
    return maps.objects().exchange(field, pointer);
  }

  /** {@code bpf_task_storage_get}: a task's value, made on demand. */
  @BpfHelper(
      id = 156,
      ret = ReturnType.RET_PTR_TO_MAP_VALUE_OR_NULL,
      args = {
        ARG_CONST_MAP_PTR,
        ARG_PTR_TO_BTF_ID_OR_NULL,
        ARG_PTR_TO_MAP_VALUE_OR_NULL,
        ARG_ANYTHING
      },
      argBtf = "task_struct")
  public long taskStorageGet(BpfMap map, long task, long value, long flags) {
    return map instanceof TaskStorageMap storage ? storage.get(task, value, flags) : 0;
  }

  /** {@code bpf_task_storage_delete}: drops a task's value. */
  @BpfHelper(
      id = 157,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_BTF_ID_OR_NULL},
      argBtf = "task_struct")
  public long taskStorageDelete(BpfMap map, long task) {
    return map instanceof TaskStorageMap storage ? storage.remove(task) : -Errno.EINVAL;
  }
}
