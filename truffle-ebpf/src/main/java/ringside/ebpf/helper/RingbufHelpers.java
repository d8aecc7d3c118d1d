package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_ALLOC_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_CONST_MAP_PTR;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_DYNPTR_RINGBUF_OBJ_RELEASE;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_DYNPTR_RINGBUF_UNINIT;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_FUNC;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_RINGBUF_MEM_OBJ_RELEASE;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_STACK_OR_NULL;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapRuntime;
import ringside.ebpf.map.RingbufMap;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;

/** Helpers on ring buffers ({@code kernel/bpf/ringbuf.c}). */
public final class RingbufHelpers {
  private static final int DYNPTR_SIZE = 16;

  private final MapRuntime maps;
  private final Dynptrs dynptrs;
  private final ControlHelpers.Callbacks callbacks;

  /**
   * Makes the family for one kernel.
   *
   * @param callbacks calls functions of programs
   */
  public RingbufHelpers(MapRuntime maps, Dynptrs dynptrs, ControlHelpers.Callbacks callbacks) {
    this.maps = maps;
    this.dynptrs = dynptrs;
    this.callbacks = callbacks;
  }

  /** {@code bpf_ringbuf_output}: writes a record. */
  @BpfHelper(
      id = 130,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING})
  public long ringbufOutput(BpfMap map, long data, long size, long flags) {
    return map instanceof RingbufMap ring ? ring.output(data, size, flags) : -Errno.EINVAL;
  }

  /** {@code bpf_ringbuf_reserve}: room for a record, or null. */
  @BpfHelper(
      id = 131,
      ret = ReturnType.RET_PTR_TO_RINGBUF_MEM_OR_NULL,
      args = {ARG_CONST_MAP_PTR, ARG_CONST_ALLOC_SIZE_OR_ZERO, ARG_ANYTHING})
  public long ringbufReserve(BpfMap map, long size, long flags) {
    return map instanceof RingbufMap ring ? ring.reserve(size, flags) : 0;
  }

  /** {@code bpf_ringbuf_submit}: a reserved record is complete. */
  @BpfHelper(
      id = 132,
      ret = ReturnType.RET_VOID,
      args = {ARG_PTR_TO_RINGBUF_MEM_OBJ_RELEASE, ARG_ANYTHING})
  public long ringbufSubmit(long record, long flags) {
    maps.ringOf(record).commit(record, flags, false);
    return 0;
  }

  /** {@code bpf_ringbuf_discard}: a reserved record is to be skipped. */
  @BpfHelper(
      id = 133,
      ret = ReturnType.RET_VOID,
      args = {ARG_PTR_TO_RINGBUF_MEM_OBJ_RELEASE, ARG_ANYTHING})
  public long ringbufDiscard(long record, long flags) {
    maps.ringOf(record).commit(record, flags, true);
    return 0;
  }

  /** {@code bpf_ringbuf_query}: data to read, size, positions. */
  @BpfHelper(
      id = 134,
      args = {ARG_CONST_MAP_PTR, ARG_ANYTHING})
  public long ringbufQuery(BpfMap map, long what) {
    return map instanceof RingbufMap ring ? ring.query(what) : 0;
  }

  /** {@code bpf_ringbuf_reserve_dynptr}: room of a size that is known at run time only. */
  @BpfHelper(
      id = 198,
      args = {ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_ANYTHING, ARG_PTR_TO_DYNPTR_RINGBUF_UNINIT})
  @TruffleBoundary
  public long ringbufReserveDynptr(BpfMap map, long size, long flags, long dynptr) {
    int bytes = (int) size;
    long error = flags != 0 ? -Errno.EINVAL : 0;
    if (error == 0 && Integer.compareUnsigned(bytes, Dynptrs.MAX_SIZE) > 0) {
      error = -Errno.E2BIG;
    }
    long record = error == 0 ? ringbufReserve(map, Integer.toUnsignedLong(bytes), 0) : 0;
    if (record == 0) {
      dynptrs.clear(dynptr);
      return error != 0 ? error : -Errno.EINVAL;
    }
    dynptrs.set(dynptr, record, Dynptrs.RINGBUF, 0, bytes);
    return 0;
  }

  /** {@code bpf_ringbuf_submit_dynptr}. */
  @BpfHelper(
      id = 199,
      ret = ReturnType.RET_VOID,
      args = {ARG_PTR_TO_DYNPTR_RINGBUF_OBJ_RELEASE, ARG_ANYTHING})
  public long ringbufSubmitDynptr(long dynptr, long flags) {
    return commit(dynptr, flags, false);
  }

  /** {@code bpf_ringbuf_discard_dynptr}. */
  @BpfHelper(
      id = 200,
      ret = ReturnType.RET_VOID,
      args = {ARG_PTR_TO_DYNPTR_RINGBUF_OBJ_RELEASE, ARG_ANYTHING})
  public long ringbufDiscardDynptr(long dynptr, long flags) {
    return commit(dynptr, flags, true);
  }

  @TruffleBoundary
  private long commit(long dynptr, long flags, boolean discard) {
    if (!dynptrs.isNull(dynptr)) {
      long record = dynptrs.base(dynptr);
      maps.ringOf(record).commit(record, flags, discard);
      dynptrs.clear(dynptr);
    }
    return 0;
  }

  /** {@code bpf_user_ringbuf_drain}: shows a function what user space wrote; returns how many. */
  @BpfHelper(
      id = 209,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_FUNC, ARG_PTR_TO_STACK_OR_NULL, ARG_ANYTHING})
  @TruffleBoundary
  public long userRingbufDrain(BpfMap map, long function, long context, long flags) {
    if (!(map instanceof RingbufMap ring)) {
      return -Errno.EINVAL;
    }
    long dynptr = maps.core().slab().kmalloc(DYNPTR_SIZE, Gfp.ATOMIC | Gfp.ZERO | Gfp.NOWARN);
    if (dynptr == 0) {
      return -Errno.ENOMEM;
    }
    try {
      return ring.drain(
          (record, size) -> {
            dynptrs.set(dynptr, record, Dynptrs.LOCAL, 0, size);
            return callbacks.call(function, dynptr, context, 0, 0);
          },
          flags);
    } finally {
      maps.core().slab().kfree(dynptr);
    }
  }
}
