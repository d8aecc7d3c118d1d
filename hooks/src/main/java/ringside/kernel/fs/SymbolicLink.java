package ringside.kernel.fs;

import java.util.function.Supplier;
import ringside.kernel.core.Errno;

/** A symbolic link of the kernel's own, such as those in {@code /proc/[pid]/fd}. */
public final class SymbolicLink extends Inode {
  private final Supplier<String> target;

  /** Makes one; the path walk does not follow it. */
  public SymbolicLink(Supplier<String> target) {
    super(S_IFLNK | 0777);
    this.target = target;
  }

  /** Where it points. */
  public String target() {
    return target.get();
  }

  @Override
  protected void opened(int flags) {
    throw new FsException(Errno.ENXIO);
  }

  @Override
  protected int read(long position, byte[] into, int count) {
    throw new FsException(Errno.EINVAL);
  }

  @Override
  protected int write(long position, byte[] from, int count) {
    throw new FsException(Errno.EINVAL);
  }
}
