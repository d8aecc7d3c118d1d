package ringside.kernel.task;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FsException;
import ringside.kernel.mm.PageTable;

/** The current task's memory as system calls copy from and to it ({@code uaccess.h}). */
public final class UserAccess {
  private final Tasks tasks;

  /** Makes the access of one kernel's system calls. */
  public UserAccess(Tasks tasks) {
    this.tasks = tasks;
  }

  /**
   * Copies from the current task ({@code copy_from_user}).
   *
   * @throws FsException {@code EFAULT}
   */
  public byte[] read(long address, int count) {
    AddressSpace space = tasks.current().mm();
    if (space == null || !inside(address, count)) {
      throw new FsException(Errno.EFAULT);
    }
    byte[] bytes = new byte[count];
    if (!space.read(address, bytes, count)) {
      throw new FsException(Errno.EFAULT);
    }
    return bytes;
  }

  /**
   * Copies to the current task ({@code copy_to_user}).
   *
   * @throws FsException {@code EFAULT}
   */
  public void write(long address, byte[] bytes) {
    AddressSpace space = tasks.current().mm();
    if (space == null
        || !inside(address, bytes.length)
        || !space.write(address, bytes, bytes.length)) {
      throw new FsException(Errno.EFAULT);
    }
  }

  /** Copies a 32-bit number to the current task ({@code put_user}). */
  public void writeInt(long address, int value) {
    write(address, ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  /**
   * Copies a string from the current task ({@code strncpy_from_user}).
   *
   * @param limit how many bytes are looked at; a longer string is cut there
   * @throws FsException {@code EFAULT}
   */
  public String string(long address, int limit) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int i = 0; i < limit; i++) {
      byte one = read(address + i, 1)[0];
      if (one == 0) {
        break;
      }
      text.write(one);
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  /**
   * Copies a path from the current task ({@code getname}).
   *
   * @param directory the descriptor that a relative path starts from; -100 for the root
   * @throws FsException {@code EFAULT}, {@code ENOENT} for an empty one, {@code ENAMETOOLONG},
   *     {@code EBADF}
   */
  public String path(int directory, long address) {
    String path = string(address, PageTable.PAGE_SIZE);
    if (path.length() >= PageTable.PAGE_SIZE) {
      throw new FsException(Errno.ENAMETOOLONG);
    }
    if (path.isEmpty()) {
      throw new FsException(Errno.ENOENT);
    }
    return tasks.absolute(directory, path);
  }

  private static boolean inside(long address, int count) {
    return count >= 0 && address >= 0 && address <= AddressSpace.TOP - count;
  }
}
