package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_ALLOC_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_CONST_MAP_PTR;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_RINGBUF_MEM_OBJ_RELEASE;

import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapRuntime;
import ringside.ebpf.map.RingbufMap;
import ringside.kernel.core.Errno;

/** Helpers on ring buffers ({@code kernel/bpf/ringbuf.c}). */
public final class RingbufHelpers {
  private final MapRuntime maps;

  /** Makes the family for one kernel. */
  public RingbufHelpers(MapRuntime maps) {
    this.maps = maps;
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
}
