package ringside.kernel.syscall;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.fs.FileTable;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.OpenFile;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.PageTable;
import ringside.kernel.task.AddressSpace;
import ringside.kernel.task.Task;
import ringside.kernel.task.Tasks;
import ringside.kernel.text.KernelFunction;
import ringside.kernel.trace.FunctionProbe;
import ringside.kernel.trace.Trace;

/**
 * System calls about files, and the kernel functions behind them, which can be probed.
 *
 * <p>User buffers are copied in pieces of a page, so that a wild length costs nothing before it
 * faults.
 */
public final class FileCalls {
  private static final int PATH_MAX = 4096;
  private static final int SEEK_SET = 0;
  private static final int SEEK_CUR = 1;
  private static final int SEEK_END = 2;

  /** {@code MAX_RW_COUNT}. */
  private static final long MAX_RW_COUNT = Integer.MAX_VALUE & -PageTable.PAGE_SIZE;

  private final KernelCore core;
  private final Tasks tasks;
  private final Fs fs;
  private final FunctionProbe openProbe;
  private final FunctionProbe ksysReadProbe;
  private final FunctionProbe ksysWriteProbe;
  private final FunctionProbe vfsReadProbe;
  private final FunctionProbe vfsWriteProbe;
  private final FunctionProbe closeProbe;
  private final int filePosition;

  FileCalls(KernelCore core, Tasks tasks, Fs fs, Trace trace) {
    this.core = core;
    this.tasks = tasks;
    this.fs = fs;
    this.openProbe = trace.function("do_sys_openat2");
    this.ksysReadProbe = trace.function("ksys_read");
    this.ksysWriteProbe = trace.function("ksys_write");
    this.vfsReadProbe = trace.function("vfs_read");
    this.vfsWriteProbe = trace.function("vfs_write");
    this.closeProbe = trace.function("filp_close");
    StructLayout file = core.layouts().of("file");
    this.filePosition = file.offset("f_pos");
  }

  // --- system calls ---

  /** Gives an open file another descriptor. */
  @Syscall(23)
  public long dup(int fd) {
    FileTable files = tasks.current().files();
    OpenFile file = file(fd);
    if (files == null || file == null) {
      return -Errno.EBADF;
    }
    fs.get(file);
    try {
      return files.install(file);
    } catch (FsException e) {
      fs.put(file);
      return -e.errno();
    }
  }

  /** Does what is peculiar to a file. */
  @Syscall(29)
  public long ioctl(int fd, int command, long argument) {
    OpenFile file = file(fd);
    return file == null ? -Errno.EBADF : file.ioctl(command, argument);
  }

  /** Opens a file. */
  @Syscall(56)
  public long openat(int dfd, long filename, int flags, int mode) {
    return do_sys_openat2(dfd, filename, flags, mode);
  }

  /** Closes a descriptor. */
  @Syscall(57)
  public long close(int fd) {
    FileTable files = tasks.current().files();
    OpenFile file = files == null ? null : files.remove(fd);
    return files == null || file == null
        ? -Errno.EBADF
        : filp_close(file.address(), files.address());
  }

  /** Moves a file's position. */
  @Syscall(62)
  public long lseek(int fd, long offset, int whence) {
    OpenFile file = file(fd);
    if (file == null) {
      return -Errno.EBADF;
    }
    long base =
        switch (whence) {
          case SEEK_SET -> 0;
          case SEEK_CUR -> file.position();
          case SEEK_END -> file.inode().size();
          default -> Long.MIN_VALUE;
        };
    if (base == Long.MIN_VALUE || base + offset < 0) {
      return -Errno.EINVAL;
    }
    file.seek(base + offset);
    return base + offset;
  }

  /** Reads from a descriptor. */
  @Syscall(63)
  public long read(int fd, long buffer, long count) {
    return ksys_read(fd, buffer, count);
  }

  /** Writes to a descriptor. */
  @Syscall(64)
  public long write(int fd, long buffer, long count) {
    return ksys_write(fd, buffer, count);
  }

  // --- kernel functions ---

  /**
   * Opens a file for the current task; to machine code the third argument is a {@code struct
   * open_how *}, of which the first word holds the flags.
   */
  @KernelFunction
  public long do_sys_openat2(int dfd, long filename, long flags, int mode) {
    openProbe.hit(dfd, filename, flags, mode);
    String path;
    try {
      path = pathFromUser(filename);
    } catch (FsException e) {
      return -e.errno();
    }
    Task task = tasks.current();
    FileTable files = task.files();
    if (files == null) {
      return -Errno.EMFILE;
    }
    try {
      OpenFile file =
          fs.open(
              tasks.absolute(dfd, path), (int) flags, mode, task.fileCredentials(), task.cred());
      try {
        return files.install(file);
      } catch (FsException e) {
        fs.put(file);
        return -e.errno();
      }
    } catch (FsException e) {
      return -e.errno();
    }
  }

  /** Drops a reference to an open file: {@code (struct file *, fl_owner_t)}. */
  @KernelFunction
  public long filp_close(long fileAddress, long owner) {
    closeProbe.hit(fileAddress, owner, 0, 0);
    OpenFile file = fs.openFile(fileAddress);
    if (file != null) {
      fs.put(file);
    }
    return 0;
  }

  /** Reads from a descriptor of the current task at its file's position. */
  @KernelFunction
  public long ksys_read(int fd, long buffer, long count) {
    ksysReadProbe.hit(fd, buffer, count, 0);
    OpenFile file = file(fd);
    return file == null
        ? -Errno.EBADF
        : vfs_read(file.address(), buffer, count, file.address() + filePosition);
  }

  /** Writes to a descriptor of the current task at its file's position. */
  @KernelFunction
  public long ksys_write(int fd, long buffer, long count) {
    ksysWriteProbe.hit(fd, buffer, count, 0);
    OpenFile file = file(fd);
    return file == null
        ? -Errno.EBADF
        : vfs_write(file.address(), buffer, count, file.address() + filePosition);
  }

  /** Reads into a user buffer: {@code (struct file *, char __user *, size_t, loff_t *)}. */
  @KernelFunction
  public long vfs_read(long fileAddress, long buffer, long count, long position) {
    vfsReadProbe.hit(fileAddress, buffer, count, position);
    OpenFile file = fs.openFile(fileAddress);
    AddressSpace space = tasks.current().mm();
    if (file == null || !fs.readable(file)) {
      return -Errno.EBADF;
    }
    if (count < 0) {
      return -Errno.EINVAL;
    }
    byte[] chunk = new byte[PageTable.PAGE_SIZE];
    long done = 0;
    long limit = Math.min(count, MAX_RW_COUNT);
    long at = core.memory().readLong(position);
    try {
      while (done < limit) {
        int got = file.read(at + done, chunk, run(buffer + done, limit - done));
        if (got == 0) {
          break;
        }
        if (space == null || !space.write(buffer + done, chunk, got)) {
          if (done == 0) {
            return -Errno.EFAULT;
          }
          break;
        }
        done += got;
      }
    } catch (FsException e) {
      if (done == 0) {
        return -e.errno();
      }
    }
    core.memory().writeLong(position, at + done);
    return done;
  }

  /** Writes from a user buffer: {@code (struct file *, const char __user *, size_t, loff_t *)}. */
  @KernelFunction
  public long vfs_write(long fileAddress, long buffer, long count, long position) {
    vfsWriteProbe.hit(fileAddress, buffer, count, position);
    OpenFile file = fs.openFile(fileAddress);
    AddressSpace space = tasks.current().mm();
    if (file == null || !fs.writable(file)) {
      return -Errno.EBADF;
    }
    if (count < 0) {
      return -Errno.EINVAL;
    }
    long at =
        (file.flags() & Fs.O_APPEND) != 0 ? file.inode().size() : core.memory().readLong(position);
    long limit = Math.min(count, MAX_RW_COUNT);
    ByteArrayOutputStream collected = new ByteArrayOutputStream();
    byte[] chunk = new byte[PageTable.PAGE_SIZE];
    long done = 0;
    while (done < limit) {
      int next = run(buffer + done, limit - done);
      if (space == null || !space.read(buffer + done, chunk, next)) {
        break;
      }
      collected.write(chunk, 0, next);
      done += next;
    }
    if (done == 0 && limit > 0) {
      return -Errno.EFAULT;
    }
    try {
      byte[] bytes = collected.toByteArray();
      int written = file.write(at, bytes, bytes.length);
      core.memory().writeLong(position, at + written);
      return written;
    } catch (FsException e) {
      return -e.errno();
    }
  }

  /** How much of a user buffer lies in its first page: all of it can be copied, or none. */
  private static int run(long address, long length) {
    return (int) Math.min(length, PageTable.PAGE_SIZE - (address & (PageTable.PAGE_SIZE - 1)));
  }

  private @Nullable OpenFile file(int fd) {
    FileTable files = tasks.current().files();
    return files == null ? null : files.get(fd);
  }

  /** {@code strncpy_from_user} of a path. */
  private String pathFromUser(long address) {
    AddressSpace space = tasks.current().mm();
    ByteArrayOutputStream path = new ByteArrayOutputStream();
    byte[] one = new byte[1];
    for (int i = 0; i < PATH_MAX; i++) {
      if (space == null || !space.read(address + i, one, 1)) {
        throw new FsException(Errno.EFAULT);
      }
      if (one[0] == 0) {
        return path.toString(StandardCharsets.UTF_8);
      }
      path.write(one[0]);
    }
    throw new FsException(Errno.ENAMETOOLONG);
  }
}
