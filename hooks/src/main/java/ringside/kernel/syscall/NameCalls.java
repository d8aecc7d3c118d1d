package ringside.kernel.syscall;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.SymbolicLink;
import ringside.kernel.task.Tasks;
import ringside.kernel.task.UserAccess;

/** System calls about the names of files. */
public final class NameCalls {
  private static final int AT_REMOVEDIR = 0x200;

  private final Tasks tasks;
  private final Fs fs;
  private final UserAccess user;

  NameCalls(Tasks tasks, Fs fs) {
    this.tasks = tasks;
    this.fs = fs;
    this.user = new UserAccess(tasks);
  }

  /** Makes a directory. */
  @Syscall(34)
  public long mkdirat(int dfd, long path, int mode) {
    try {
      fs.mkdir(user.path(dfd, path), mode, tasks.current().fileCredentials());
      return 0;
    } catch (FsException e) {
      return -e.errno();
    }
  }

  /** Removes a name. */
  @Syscall(35)
  public long unlinkat(int dfd, long path, int flags) {
    if ((flags & ~AT_REMOVEDIR) != 0) {
      return -Errno.EINVAL;
    }
    try {
      fs.unlink(user.path(dfd, path), flags != 0, tasks.current().fileCredentials());
      return 0;
    } catch (FsException e) {
      return -e.errno();
    }
  }

  /** Reads a symbolic link. */
  @Syscall(78)
  public long readlinkat(int dfd, long path, long buffer, int size) {
    if (size <= 0) {
      return -Errno.EINVAL;
    }
    try {
      if (!(fs.lookup(user.path(dfd, path), tasks.current().fileCredentials())
          instanceof SymbolicLink link)) {
        return -Errno.EINVAL;
      }
      byte[] target = link.target().getBytes(StandardCharsets.UTF_8);
      byte[] shown = Arrays.copyOf(target, Math.min(target.length, size));
      user.write(buffer, shown);
      return shown.length;
    } catch (FsException e) {
      return -e.errno();
    }
  }
}
