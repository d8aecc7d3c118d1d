package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_CONST_STR;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_OR_NULL_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MEM;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Slab;
import ringside.kernel.printk.Vsprintf;
import ringside.kernel.text.CallArgs;

/** Helpers that format text ({@code kernel/trace/bpf_trace.c}, {@code kernel/bpf/helpers.c}). */
public final class TraceHelpers {
  /** {@code BPF_TRACE_PRINTK_SIZE}. */
  private static final int PRINTK_SIZE = 1024;

  /** {@code MAX_BPRINTF_VARARGS} arguments of 8 bytes. */
  private static final int MAX_DATA = 12 * Long.BYTES;

  private final Memory memory;
  private final BpfPrintf format;
  private final Consumer<String> pipe;

  /**
   * Makes the family for one kernel.
   *
   * @param pipe takes each record of {@code trace_pipe}
   */
  public TraceHelpers(Memory memory, Slab slab, Vsprintf format, Consumer<String> pipe) {
    this.memory = memory;
    this.format = new BpfPrintf(memory, slab, format);
    this.pipe = pipe;
  }

  /** {@code bpf_trace_printk}: writes a line to the trace pipe; returns its length. */
  @BpfHelper(
      id = 6,
      args = {ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE},
      gplOnly = true)
  @TruffleBoundary
  public long tracePrintk(long text, long size, long a, long b, long c) {
    long[] arguments = {a, b, c};
    return print(text, (int) size, index -> arguments[index], arguments.length);
  }

  /** {@code bpf_trace_vprintk}: the same with the arguments in an array. */
  @BpfHelper(
      id = 177,
      args = {
        ARG_PTR_TO_MEM_RDONLY,
        ARG_CONST_SIZE,
        ARG_PTR_TO_MEM_OR_NULL_RDONLY,
        ARG_CONST_SIZE_OR_ZERO
      },
      gplOnly = true)
  @TruffleBoundary
  public long traceVprintk(long text, long size, long data, long dataSize) {
    return badData(data, dataSize)
        ? -Errno.EINVAL
        : print(text, (int) size, array(data), (int) dataSize / Long.BYTES);
  }

  /** {@code bpf_snprintf}: formats into a buffer; returns the length it would have taken. */
  @BpfHelper(
      id = 165,
      args = {
        ARG_PTR_TO_UNINIT_MEM,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_PTR_TO_CONST_STR,
        ARG_PTR_TO_MEM_OR_NULL_RDONLY,
        ARG_CONST_SIZE_OR_ZERO
      })
  @TruffleBoundary
  public long snprintf(long to, long size, long text, long data, long dataSize) {
    if (badData(data, dataSize)) {
      return -Errno.EINVAL;
    }
    BpfPrintf.Result result = format.format(string(text), array(data), (int) dataSize / Long.BYTES);
    if (result.error() != 0) {
      return result.error();
    }
    byte[] formatted = result.text();
    if ((int) size > 0) {
      int length = (int) Math.min(size - 1, formatted.length);
      memory.write(to, formatted, 0, length);
      memory.writeByte(to + length, (byte) 0);
    }
    return formatted.length + 1L;
  }

  /** A string with its NUL. */
  private byte[] string(long at) {
    int length = 0;
    while (memory.readByte(at + length) != 0) {
      length++;
    }
    byte[] bytes = new byte[length + 1];
    memory.read(at, bytes, 0, length);
    return bytes;
  }

  private static boolean badData(long data, long dataSize) {
    return (dataSize & 7) != 0 || dataSize > MAX_DATA || (dataSize != 0 && data == 0);
  }

  private CallArgs array(long data) {
    return index -> memory.readLong(data + (long) index * Long.BYTES);
  }

  private long print(long text, int size, CallArgs arguments, int count) {
    byte[] bytes = new byte[Math.max(0, size)];
    memory.read(text, bytes, 0, bytes.length);
    BpfPrintf.Result result = format.format(bytes, arguments, count);
    if (result.error() != 0) {
      return result.error();
    }
    byte[] formatted = result.text();
    int length = Math.min(formatted.length, PRINTK_SIZE - 1);
    pipe.accept(new String(formatted, 0, length, StandardCharsets.UTF_8));
    return formatted.length;
  }
}
