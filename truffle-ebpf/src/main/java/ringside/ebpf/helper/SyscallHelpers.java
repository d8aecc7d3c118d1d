package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE;
import static ringside.ebpf.helper.ArgType.ARG_CONST_SIZE_OR_ZERO;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_8;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MEM_RDONLY;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FileTable;
import ringside.kernel.mm.Memory;

/** Helpers of programs that set up other programs ({@code kernel/bpf/syscall.c}). */
public final class SyscallHelpers {
  private static final int KSYM_NAME_LEN = 512;

  private final Kernel kernel;
  private final Memory memory;

  /** Makes the family for one kernel. */
  public SyscallHelpers(Kernel kernel) {
    this.kernel = kernel;
    this.memory = kernel.memory();
  }

  /** {@code bpf_btf_find_by_name_kind}: the id of a kernel type. */
  @BpfHelper(
      id = 167,
      args = {ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE, ARG_ANYTHING, ARG_ANYTHING},
      mightSleep = true)
  @TruffleBoundary
  public long btfFindByNameKind(long name, long size, long kind, long flags) {
    String text = text(name, (int) size);
    if (flags != 0 || text == null) {
      return -Errno.EINVAL;
    }
    Btf btf = kernel.layouts().btf();
    for (int id : btf.find(text)) {
      if (kind(btf.type(id)) == (int) kind) {
        return id;
      }
    }
    return -Errno.ENOENT;
  }

  /** {@code BTF_KIND_*} of the types that have names. */
  private static int kind(BtfType type) {
    return switch (type) {
      case BtfType.Int _ -> 1;
      case BtfType.Struct _ -> 4;
      case BtfType.Union _ -> 5;
      case BtfType.Enum32 _ -> 6;
      case BtfType.Fwd _ -> 7;
      case BtfType.Typedef _ -> 8;
      case BtfType.Func _ -> 12;
      case BtfType.Var _ -> 14;
      case BtfType.Datasec _ -> 15;
      case BtfType.FloatType _ -> 16;
      case BtfType.Enum64 _ -> 19;
      default -> 0;
    };
  }

  /** {@code bpf_sys_close}: closes a file of the task. */
  @BpfHelper(
      id = 168,
      args = {ARG_ANYTHING})
  @TruffleBoundary
  public long sysClose(long fd) {
    FileTable files = kernel.current().files();
    return files == null || files.remove((int) fd) == null ? -Errno.EBADF : 0;
  }

  /** {@code bpf_kallsyms_lookup_name}: the address of a kernel symbol. */
  @BpfHelper(
      id = 179,
      args = {
        ARG_PTR_TO_MEM,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_ANYTHING,
        ARG_PTR_TO_FIXED_SIZE_MEM_WRITE_8
      })
  @TruffleBoundary
  public long kallsymsLookupName(long name, long size, long flags, long result) {
    String text = text(name, (int) size);
    memory.writeLong(result, 0);
    if (flags != 0 || text == null) {
      return -Errno.EINVAL;
    }
    long address = text.length() >= KSYM_NAME_LEN ? 0 : kernel.symbols().address(text);
    memory.writeLong(result, address);
    return address == 0 ? -Errno.ENOENT : 0;
  }

  /** A string in so many bytes, NUL included; null where they are none. */
  private @Nullable String text(long at, int size) {
    if (size <= 1 || memory.readByte(at + size - 1) != 0) {
      return null;
    }
    byte[] bytes = new byte[size - 1];
    memory.read(at, bytes, 0, bytes.length);
    String text = new String(bytes, StandardCharsets.UTF_8);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }
}
