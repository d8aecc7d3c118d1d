package ringside.kernel.fs;

import ringside.kernel.core.Errno;

/**
 * What stands behind a descriptor that belongs to no file of the tree ({@code anon_inodes}).
 *
 * <p>Subsystems extend it for what they hand out as descriptors; {@link #released} tells them that
 * the last one is closed.
 */
public abstract class AnonymousInode extends Inode {
  /** Makes one that only its opener can use. */
  protected AnonymousInode() {
    super(0600);
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
