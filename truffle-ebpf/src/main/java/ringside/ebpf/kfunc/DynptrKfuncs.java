package ringside.ebpf.kfunc;

import static ringside.ebpf.kfunc.KfuncFlag.KF_RET_NULL;
import static ringside.ebpf.kfunc.KfuncFlag.KF_TRUSTED_ARGS;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.ebpf.helper.Dynptrs;
import ringside.ebpf.isa.ProgramType;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;

/** Kfuncs on dynptrs ({@code kernel/bpf/helpers.c}, {@code net/core/filter.c}). */
public final class DynptrKfuncs {
  private static final int PIECE = 256;

  private final Memory memory;
  private final Dynptrs dynptrs;
  private final StructLayout skb;

  /** Makes the family for one kernel. */
  public DynptrKfuncs(KernelCore core, Dynptrs dynptrs) {
    this.memory = core.memory();
    this.dynptrs = dynptrs;
    this.skb = core.layouts().of("sk_buff");
  }

  /** A dynptr of a packet. */
  @BpfKfunc(
      value = "bpf_dynptr_from_skb",
      flags = KF_TRUSTED_ARGS,
      types = {
        ProgramType.SCHED_CLS,
        ProgramType.SCHED_ACT,
        ProgramType.SK_SKB,
        ProgramType.SOCKET_FILTER,
        ProgramType.CGROUP_SKB,
        ProgramType.LWT_OUT,
        ProgramType.LWT_IN,
        ProgramType.LWT_XMIT,
        ProgramType.LWT_SEG6LOCAL,
        ProgramType.NETFILTER,
        ProgramType.TRACING
      })
  public long fromSkb(long packet, long flags, long dynptr) {
    if (flags != 0) {
      dynptrs.clear(dynptr);
      return -Errno.EINVAL;
    }
    dynptrs.set(dynptr, packet, Dynptrs.SKB, 0, memory.readInt(packet + skb.offset("len")));
    return 0;
  }

  /** {@code bpf_dynptr_from_skb_rdonly}: what programs call that may not write to packets. */
  long fromSkbReadOnly(long packet, long flags, long dynptr) {
    long error = fromSkb(packet, flags, dynptr);
    if (error == 0) {
      dynptrs.setReadOnly(dynptr);
    }
    return error;
  }

  /** A dynptr of a frame. */
  @BpfKfunc(value = "bpf_dynptr_from_xdp", types = ProgramType.XDP)
  public long fromXdp(long frame, long flags, long dynptr) {
    if (flags != 0) {
      dynptrs.clear(dynptr);
      return -Errno.EINVAL;
    }
    dynptrs.set(dynptr, frame, Dynptrs.XDP, 0, (int) dynptrs.frameLength(frame));
    return 0;
  }

  /** The address of a piece, or of a copy of it. */
  @BpfKfunc(value = "bpf_dynptr_slice", flags = KF_RET_NULL)
  @TruffleBoundary
  public long slice(long dynptr, long offset, long buffer, long size) {
    return dynptrs.slice(dynptr, offset, buffer, size);
  }

  /** The same to write to. */
  @BpfKfunc(value = "bpf_dynptr_slice_rdwr", flags = KF_RET_NULL)
  @TruffleBoundary
  public long sliceRdwr(long dynptr, long offset, long buffer, long size) {
    return dynptrs.isNull(dynptr) || dynptrs.readOnly(dynptr)
        ? 0
        : dynptrs.slice(dynptr, offset, buffer, size);
  }

  /** Cuts a dynptr at both ends. */
  @BpfKfunc("bpf_dynptr_adjust")
  @TruffleBoundary
  public long adjust(long dynptr, long start, long end) {
    if (dynptrs.isNull(dynptr) || Long.compareUnsigned(start, end) > 0) {
      return -Errno.EINVAL;
    }
    long size = dynptrs.size(dynptr);
    if (Long.compareUnsigned(start, size) > 0 || Long.compareUnsigned(end, size) > 0) {
      return -Errno.ERANGE;
    }
    dynptrs.narrow(dynptr, dynptrs.offset(dynptr) + (int) start, (int) (end - start));
    return 0;
  }

  /** Whether a dynptr points nowhere. */
  @BpfKfunc("bpf_dynptr_is_null")
  public long isNull(long dynptr) {
    return dynptrs.isNull(dynptr) ? 1 : 0;
  }

  /** Whether a dynptr may only be read through. */
  @BpfKfunc("bpf_dynptr_is_rdonly")
  public long isRdonly(long dynptr) {
    return !dynptrs.isNull(dynptr) && dynptrs.readOnly(dynptr) ? 1 : 0;
  }

  /** How many bytes a dynptr spans. */
  @BpfKfunc("bpf_dynptr_size")
  public long size(long dynptr) {
    return dynptrs.isNull(dynptr) ? -Errno.EINVAL : dynptrs.size(dynptr);
  }

  /** Another dynptr to the same. */
  @BpfKfunc("bpf_dynptr_clone")
  public long clone(long dynptr, long clone) {
    if (dynptrs.isNull(dynptr)) {
      dynptrs.clear(clone);
      return -Errno.EINVAL;
    }
    memory.writeLong(clone, memory.readLong(dynptr));
    memory.writeLong(clone + Long.BYTES, memory.readLong(dynptr + Long.BYTES));
    return 0;
  }

  /** Copies between two dynptrs. */
  @BpfKfunc("bpf_dynptr_copy")
  @TruffleBoundary
  public long copy(long to, long toOffset, long from, long fromOffset, long size) {
    if (dynptrs.readOnly(to)) {
      return -Errno.EINVAL;
    }
    if (dynptrs.outside(to, toOffset, size) != 0 || dynptrs.outside(from, fromOffset, size) != 0) {
      return -Errno.E2BIG;
    }
    long buffer = dynptrs.scratch(PIECE);
    long error = 0;
    for (long done = 0; done < size && error == 0; done += PIECE) {
      long piece = Math.min(PIECE, size - done);
      error = dynptrs.read(buffer, piece, from, fromOffset + done, 0);
      error = error != 0 ? error : dynptrs.write(to, toOffset + done, buffer, piece, 0);
    }
    dynptrs.release(buffer);
    return error;
  }

  /** Fills what a dynptr points to. */
  @BpfKfunc("bpf_dynptr_memset")
  @TruffleBoundary
  public long memset(long dynptr, long offset, long size, long value) {
    if (dynptrs.readOnly(dynptr)) {
      return -Errno.EINVAL;
    }
    if (dynptrs.outside(dynptr, offset, size) != 0) {
      return -Errno.E2BIG;
    }
    long buffer = dynptrs.scratch(PIECE);
    memory.fill(buffer, (byte) value, PIECE);
    long error = 0;
    for (long done = 0; done < size && error == 0; done += PIECE) {
      error = dynptrs.write(dynptr, offset + done, buffer, Math.min(PIECE, size - done), 0);
    }
    dynptrs.release(buffer);
    return error;
  }
}
