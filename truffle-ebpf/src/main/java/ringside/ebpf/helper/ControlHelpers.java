package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_MAP_PTR;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_FUNC;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_STACK_OR_NULL;

import ringside.ebpf.map.BpfMap;
import ringside.kernel.core.Errno;

/** Helpers that call back into the program ({@code kernel/bpf/bpf_iter.c}, {@code helpers.c}). */
public final class ControlHelpers {
  private static final int BPF_MAX_LOOPS = 8 * 1024 * 1024;

  private final Callbacks callbacks;

  /** Makes the family for one kernel. */
  public ControlHelpers(Callbacks callbacks) {
    this.callbacks = callbacks;
  }

  /** Calls functions of programs by the address that a program passes. */
  @FunctionalInterface
  public interface Callbacks {
    /** Calls one with r1–r4; returns its r0. */
    long call(long function, long r1, long r2, long r3, long r4);
  }

  /** {@code bpf_loop}: calls a function with 0, 1, … until it says stop; returns how often. */
  @BpfHelper(
      id = 181,
      args = {ARG_ANYTHING, ARG_PTR_TO_FUNC, ARG_PTR_TO_STACK_OR_NULL, ARG_ANYTHING})
  public long loop(long times, long callback, long context, long flags) {
    int count = (int) times;
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    if (Integer.compareUnsigned(count, BPF_MAX_LOOPS) > 0) {
      return -Errno.E2BIG;
    }
    for (int i = 0; i < count; i++) {
      if (callbacks.call(callback, i, context, 0, 0) != 0) {
        return i + 1L;
      }
    }
    return count;
  }

  /** {@code bpf_for_each_map_elem}: calls a function with each element; returns how many. */
  @BpfHelper(
      id = 164,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_FUNC, ARG_PTR_TO_STACK_OR_NULL, ARG_ANYTHING})
  public long forEachMapElem(BpfMap map, long callback, long context, long flags) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    return map.forEach(
        (key, value) -> callbacks.call(callback, map.address(), key, value, context));
  }
}
