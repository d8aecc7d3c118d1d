package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_ALLOC_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_DYNPTR_LOCAL_UNINIT;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_DYNPTR_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MEM;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;

/** Helpers on dynptrs: pointers whose bounds are checked as the program runs. */
public final class DynptrHelpers {
  private final Dynptrs dynptrs;

  /** Makes the family for one kernel. */
  public DynptrHelpers(Dynptrs dynptrs) {
    this.dynptrs = dynptrs;
  }

  /** {@code bpf_dynptr_from_mem}: makes a dynptr of memory that the program has. */
  @BpfHelper(
      id = 197,
      args = {
        ARG_PTR_TO_UNINIT_MEM,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_ANYTHING,
        ARG_PTR_TO_DYNPTR_LOCAL_UNINIT
      })
  @TruffleBoundary
  public long dynptrFromMem(long data, long size, long flags, long dynptr) {
    int error =
        Integer.compareUnsigned((int) size, Dynptrs.MAX_SIZE) > 0
            ? -Errno.E2BIG
            : flags != 0 ? -Errno.EINVAL : 0;
    if (error != 0) {
      dynptrs.clear(dynptr);
      return error;
    }
    dynptrs.set(dynptr, data, Dynptrs.LOCAL, 0, (int) size);
    return 0;
  }

  /** {@code bpf_dynptr_read}: copies out of what a dynptr points to. */
  @BpfHelper(
      id = 201,
      args = {
        ARG_PTR_TO_UNINIT_MEM,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_PTR_TO_DYNPTR_RDONLY,
        ARG_ANYTHING,
        ARG_ANYTHING
      })
  @TruffleBoundary
  public long dynptrRead(long to, long length, long dynptr, long offset, long flags) {
    return dynptrs.read(to, length, dynptr, offset, flags);
  }

  /** {@code bpf_dynptr_write}: copies into what a dynptr points to. */
  @BpfHelper(
      id = 202,
      args = {
        ARG_PTR_TO_DYNPTR_RDONLY,
        ARG_ANYTHING,
        ARG_PTR_TO_MEM_RDONLY,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_ANYTHING
      })
  @TruffleBoundary
  public long dynptrWrite(long dynptr, long offset, long from, long length, long flags) {
    return dynptrs.write(dynptr, offset, from, length, flags);
  }

  /** {@code bpf_dynptr_data}: the address of a piece that the program may use, or null. */
  @BpfHelper(
      id = 203,
      ret = ReturnType.RET_PTR_TO_DYNPTR_MEM_OR_NULL,
      args = {ARG_PTR_TO_DYNPTR_RDONLY, ARG_ANYTHING, ARG_CONST_ALLOC_SIZE_OR_ZERO})
  @TruffleBoundary
  public long dynptrData(long dynptr, long offset, long length) {
    boolean plain =
        dynptrs.type(dynptr) == Dynptrs.LOCAL || dynptrs.type(dynptr) == Dynptrs.RINGBUF;
    return dynptrs.isNull(dynptr)
            || dynptrs.outside(dynptr, offset, length) != 0
            || dynptrs.readOnly(dynptr)
            || !plain
        ? 0
        : dynptrs.address(dynptr) + offset;
  }
}
