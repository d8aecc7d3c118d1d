package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MEM;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;

/**
 * Helpers that read memory which may not be there ({@code kernel/trace/bpf_trace.c}).
 *
 * <p>A read that fails clears the destination and returns {@code -EFAULT}. Kernel reads refuse user
 * addresses and the reverse, as {@code copy_from_kernel_nofault_allowed} and {@code access_ok} do.
 */
public final class MemoryHelpers {
  private final Memory memory;

  /** Makes the family for one kernel. */
  public MemoryHelpers(Memory memory) {
    this.memory = memory;
  }

  /** {@code bpf_probe_read}: reads kernel or user memory, whichever the address lies in. */
  @BpfHelper(
      id = 4,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  public long probeRead(long to, long size, long from) {
    return copy(to, (int) size, from, from >= 0);
  }

  /** {@code bpf_probe_read_str}: reads a string of kernel or user memory. */
  @BpfHelper(
      id = 45,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  public long probeReadStr(long to, long size, long from) {
    return copyString(to, (int) size, from, from >= 0);
  }

  /** {@code bpf_probe_read_user}: reads user memory. */
  @BpfHelper(
      id = 112,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  public long probeReadUser(long to, long size, long from) {
    return copy(to, (int) size, from, true);
  }

  /** {@code bpf_probe_read_kernel}: reads kernel memory. */
  @BpfHelper(
      id = 113,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  public long probeReadKernel(long to, long size, long from) {
    return copy(to, (int) size, from, false);
  }

  /** {@code bpf_probe_read_user_str}: reads a user string; returns its length with the NUL. */
  @BpfHelper(
      id = 114,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  public long probeReadUserStr(long to, long size, long from) {
    return copyString(to, (int) size, from, true);
  }

  /** {@code bpf_probe_read_kernel_str}: reads a kernel string; returns its length with the NUL. */
  @BpfHelper(
      id = 115,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  public long probeReadKernelStr(long to, long size, long from) {
    return copyString(to, (int) size, from, false);
  }

  /** {@code bpf_copy_from_user}: reads user memory that may have to be paged in. */
  @BpfHelper(
      id = 148,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE, ARG_ANYTHING},
      mightSleep = true)
  public long copyFromUser(long to, long size, long from) {
    return copy(to, (int) size, from, true);
  }

  @TruffleBoundary
  private long copy(long to, int size, long from, boolean user) {
    if (user != from >= 0 || !memory.allows(from, size, PageTable.READ)) {
      memory.fill(to, (byte) 0, size);
      return -Errno.EFAULT;
    }
    byte[] bytes = new byte[size];
    memory.read(from, bytes, 0, size);
    memory.write(to, bytes, 0, size);
    return 0;
  }

  @TruffleBoundary
  private long copyString(long to, int size, long from, boolean user) {
    if (size == 0) {
      return 0;
    }
    for (int i = 0; i < size; i++) {
      if (user != from >= 0 || !memory.allows(from + i, 1, PageTable.READ)) {
        memory.fill(to, (byte) 0, size);
        return -Errno.EFAULT;
      }
      byte b = i == size - 1 ? 0 : memory.readByte(from + i);
      memory.writeByte(to + i, b);
      if (b == 0) {
        return i + 1L;
      }
    }
    return size;
  }
}
