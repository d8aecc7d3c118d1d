package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.time.VirtualClock;

/**
 * Timers and work queues that live in map values: {@code struct bpf_async_kern} and what it points
 * to.
 *
 * <p>They go by virtual time. The field in the value holds the address of a {@code bpf_async_cb}
 * allocated from the slab, as in the kernel; its state is the host's.
 */
public final class AsyncCallbacks {
  /** {@code BPF_F_TIMER_ABS}: the time is since boot, not from now. */
  public static final long BPF_F_TIMER_ABS = 1;

  /** {@code BPF_F_TIMER_CPU_PIN}: on the processor that starts it. */
  public static final long BPF_F_TIMER_CPU_PIN = 2;

  private static final int MAX_CLOCKS = 16;
  private static final int CLOCK_REALTIME = 0;
  private static final int CLOCK_MONOTONIC = 1;
  private static final int CLOCK_BOOTTIME = 7;

  /** {@code sizeof(struct bpf_hrtimer)}, about. */
  private static final int SIZE = 192;

  private final KernelCore core;
  private final Memory memory;
  private final Map<Long, Callback> byAddress = new TreeMap<>();
  private Caller caller = (function, r1, r2, r3) -> 0;
  private @Nullable Callback running;

  AsyncCallbacks(KernelCore core) {
    this.core = core;
    this.memory = core.memory();
  }

  /** Calls functions of programs. */
  @FunctionalInterface
  public interface Caller {
    /**
     * Calls one.
     *
     * @param function its address
     */
    long call(long function, long r1, long r2, long r3);
  }

  /** Sets who calls functions of programs. */
  public void setCaller(Caller newCaller) {
    caller = newCaller;
  }

  /** One {@code bpf_async_cb}. */
  private static final class Callback {
    private final BpfMap map;
    private final long value;
    private long function;
    private VirtualClock.@Nullable Timer armed;

    Callback(BpfMap map, long value) {
      this.map = map;
      this.value = value;
    }
  }

  /**
   * {@code bpf_timer_init}.
   *
   * @param timer the address of the {@code struct bpf_timer} in the value
   * @param flags a clock id
   * @return 0, {@code -EINVAL}, {@code -EBUSY} where it is initialised, {@code -ENOMEM}, {@code
   *     -EPERM} where user space holds the map no more
   */
  @TruffleBoundary
  public long initTimer(long timer, BpfMap map, long flags) {
    boolean known = flags == CLOCK_MONOTONIC || flags == CLOCK_REALTIME || flags == CLOCK_BOOTTIME;
    if (Long.compareUnsigned(flags, MAX_CLOCKS) >= 0 || !known) {
      return -Errno.EINVAL;
    }
    return init(timer, map, BtfFieldType.BPF_TIMER);
  }

  /** {@code bpf_wq_init}; results as those of {@link #initTimer}. */
  @TruffleBoundary
  public long initWork(long work, BpfMap map, long flags) {
    return flags != 0 ? -Errno.EINVAL : init(work, map, BtfFieldType.BPF_WORKQUEUE);
  }

  private long init(long field, BpfMap map, BtfFieldType type) {
    if (memory.readLong(field) != 0) {
      return -Errno.EBUSY;
    }
    BtfRecord record = map.descriptor().record();
    int offset = record == null ? -1 : record.offsetOf(type);
    if (offset < 0) {
      return -Errno.EINVAL;
    }
    if (!map.heldByUser()) {
      return -Errno.EPERM;
    }
    long address = core.slab().kmalloc(SIZE, Gfp.ATOMIC | Gfp.ZERO | Gfp.NOWARN);
    if (address == 0) {
      return -Errno.ENOMEM;
    }
    byAddress.put(address, new Callback(map, field - offset));
    memory.writeLong(field, address);
    return 0;
  }

  /** {@code bpf_timer_set_callback} and {@code bpf_wq_set_callback_impl}. */
  @TruffleBoundary
  public long setCallback(long field, long function) {
    Callback callback = at(field);
    if (callback == null) {
      return -Errno.EINVAL;
    }
    if (!callback.map.heldByUser()) {
      return -Errno.EPERM;
    }
    callback.function = function;
    return 0;
  }

  /** {@code bpf_timer_start}: 0, or {@code -EINVAL} for flags or where there is no callback. */
  @TruffleBoundary
  public long startTimer(long timer, long nanos, long flags) {
    if ((flags & ~(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN)) != 0) {
      return -Errno.EINVAL;
    }
    Callback callback = at(timer);
    if (callback == null || callback.function == 0) {
      return -Errno.EINVAL;
    }
    long wait = (flags & BPF_F_TIMER_ABS) != 0 ? nanos - core.clock().nanos() : nanos;
    arm(callback, Math.max(0, nanos < 0 ? Long.MAX_VALUE / 2 : wait));
    return 0;
  }

  /** {@code bpf_wq_start}: the work runs as soon as the processor gets to it. */
  @TruffleBoundary
  public long startWork(long work, long flags) {
    Callback callback = at(work);
    if (flags != 0 || callback == null || callback.function == 0) {
      return -Errno.EINVAL;
    }
    if (callback.armed == null) {
      arm(callback, 0);
    }
    return 0;
  }

  /**
   * {@code bpf_timer_cancel}.
   *
   * @return 1 where it was armed, 0 where not, {@code -EINVAL} where not initialised, {@code
   *     -EDEADLK} from its own callback
   */
  @TruffleBoundary
  @SuppressWarnings("ReferenceEquality") // one object a timer
  public long cancelTimer(long timer) {
    Callback callback = at(timer);
    if (callback == null) {
      return -Errno.EINVAL;
    }
    if (callback == running) {
      return -Errno.EDEADLK;
    }
    callback.function = 0;
    return disarm(callback) ? 1 : 0;
  }

  /** {@code bpf_timer_cancel_and_free} and {@code bpf_wq_cancel_and_free}: the value goes. */
  void cancelAndFree(long field) {
    long address = memory.readLong(field);
    Callback callback = byAddress.remove(address);
    if (callback == null) {
      return;
    }
    callback.function = 0;
    memory.writeLong(field, 0);
    disarm(callback);
    core.slab().kfree(address);
  }

  private @Nullable Callback at(long field) {
    return byAddress.get(memory.readLong(field));
  }

  private void arm(Callback callback, long nanos) {
    disarm(callback);
    callback.armed = core.clock().after(nanos, () -> fire(callback));
  }

  private boolean disarm(Callback callback) {
    VirtualClock.Timer armed = callback.armed;
    callback.armed = null;
    return armed != null && core.clock().cancel(armed);
  }

  private void fire(Callback callback) {
    callback.armed = null;
    long function = callback.function;
    if (function == 0) {
      return;
    }
    Callback outer = running;
    running = callback;
    try {
      BpfMap map = callback.map;
      caller.call(function, map.address(), map.keyOf(callback.value), callback.value);
    } finally {
      running = outer;
    }
  }
}
