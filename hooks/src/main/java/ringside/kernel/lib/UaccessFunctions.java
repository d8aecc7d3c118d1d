package ringside.kernel.lib;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import java.util.function.LongSupplier;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;
import ringside.kernel.text.KernelFunction;

/** {@code arch/riscv/lib/uaccess.S}: copying between the rings without faulting. */
public final class UaccessFunctions {
  private static final int EFAULT = 14;

  private final KernelCore core;
  private final Memory memory;

  UaccessFunctions(KernelCore core) {
    this.core = core;
    this.memory = core.guestMemory();
  }

  /** Opens the way to user memory, as setting {@code sstatus.SUM} does, and closes it again. */
  private long withUserAccess(LongSupplier access) {
    PageTable before = memory.userWindow();
    memory.setUserWindow(core.thisCpu().userTable());
    try {
      return access.getAsLong();
    } finally {
      memory.setUserWindow(before);
    }
  }

  /** Copies to user space; returns how many bytes it could not. */
  @KernelFunction(export = ALL)
  public long _copy_to_user(long to, long from, long count) {
    return withUserAccess(() -> {
      for (long i = 0; i < count; i++) {
        if (!user(to + i, PageTable.WRITE)) {
          return count - i;
        }
        memory.writeByte(to + i, memory.readByte(from + i));
      }
      return 0;
    });
  }

  /** Copies from user space; returns how many bytes it could not, which it zeroes. */
  @KernelFunction(export = ALL)
  public long _copy_from_user(long to, long from, long count) {
    return withUserAccess(() -> {
      for (long i = 0; i < count; i++) {
        if (!user(from + i, PageTable.READ)) {
          for (long j = i; j < count; j++) {
            memory.writeByte(to + j, (byte) 0);
          }
          return count - i;
        }
        memory.writeByte(to + i, memory.readByte(from + i));
      }
      return 0;
    });
  }

  /** Zeroes user memory; returns how many bytes it could not. */
  @KernelFunction(export = ALL)
  public long __clear_user(long to, long count) {
    return withUserAccess(() -> {
      for (long i = 0; i < count; i++) {
        if (!user(to + i, PageTable.WRITE)) {
          return count - i;
        }
        memory.writeByte(to + i, (byte) 0);
      }
      return 0;
    });
  }

  /** Copies a string from user space; returns its length, {@code count} or {@code -EFAULT}. */
  @KernelFunction(export = ALL)
  public long strncpy_from_user(long to, long from, long count) {
    return withUserAccess(() -> {
      for (long i = 0; i < count; i++) {
        if (!user(from + i, PageTable.READ)) {
          return -EFAULT;
        }
        byte b = memory.readByte(from + i);
        memory.writeByte(to + i, b);
        if (b == 0) {
          return i;
        }
      }
      return count;
    });
  }

  /** The length of a string in user space with its NUL; 0 where it cannot be read. */
  @KernelFunction(export = ALL)
  public long strnlen_user(long text, long count) {
    return withUserAccess(() -> {
      for (long i = 0; i < count; i++) {
        if (!user(text + i, PageTable.READ)) {
          return 0;
        }
        if (memory.readByte(text + i) == 0) {
          return i + 1;
        }
      }
      return count + 1;
    });
  }

  /** Reads kernel memory that may not be there. */
  @KernelFunction(export = KernelFunction.Export.GPL)
  public long copy_from_kernel_nofault(long to, long from, long count) {
    if (from >= 0 || !memory.allows(from, (int) Math.min(count, 1 << 20), PageTable.READ)) {
      return -EFAULT;
    }
    for (long i = 0; i < count; i++) {
      memory.writeByte(to + i, memory.readByte(from + i));
    }
    return 0;
  }

  /** {@code access_ok} and a page that the ring may use. */
  private boolean user(long address, int need) {
    return address >= 0 && memory.allows(address, 1, need | PageTable.USER);
  }
}
