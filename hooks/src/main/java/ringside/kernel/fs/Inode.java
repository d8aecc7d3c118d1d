package ringside.kernel.fs;

import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;

/**
 * A file of any kind; subclasses are what it is made of.
 *
 * <p>Permissions are Linux's mode bits; who owns it is a pair of numbers.
 */
public abstract class Inode {
  /** {@code S_IFDIR}. */
  public static final int S_IFDIR = 0040000;

  /** {@code S_IFCHR}. */
  public static final int S_IFCHR = 0020000;

  /** {@code S_IFLNK}. */
  public static final int S_IFLNK = 0120000;

  /** {@code S_IFREG}. */
  public static final int S_IFREG = 0100000;

  private final int mode;
  private int uid;
  private int gid;
  private long address;

  /**
   * Makes a file of root.
   *
   * @param mode type and permission bits
   */
  protected Inode(int mode) {
    this.mode = mode;
  }

  /** Type and permission bits. */
  public final int mode() {
    return mode;
  }

  /** The owner. */
  public final int uid() {
    return uid;
  }

  /** The owning group. */
  public final int gid() {
    return gid;
  }

  /** Gives it to another owner. */
  public final void chown(int newUid, int newGid) {
    uid = newUid;
    gid = newGid;
  }

  /** Its {@code struct inode}, or 0 where it has never been open. */
  final long address() {
    return address;
  }

  final void setAddress(long inode) {
    address = inode;
  }

  /** Its size in bytes, as {@code stat} says. */
  public long size() {
    return 0;
  }

  /** What readers of one opening see, where it is made when the file is opened; else null. */
  protected byte @Nullable [] snapshot() {
    return null;
  }

  /**
   * Reads.
   *
   * @return how many bytes; 0 at the end
   * @throws FsException where it cannot be read
   */
  protected abstract int read(long position, byte[] into, int count);

  /**
   * Writes.
   *
   * @return how many bytes
   * @throws FsException where it cannot be written
   */
  protected abstract int write(long position, byte[] from, int count);

  /** Drops the content ({@code O_TRUNC}); nothing where there is none to drop. */
  protected void truncate() {}

  /**
   * Whether it can be opened with those flags, permissions aside.
   *
   * @throws FsException where it cannot
   */
  protected void opened(int flags) {}

  /**
   * Does what is peculiar to it.
   *
   * @return a result or a negated errno
   */
  protected long ioctl(int command, long argument) {
    return -Errno.ENOTTY;
  }

  /** The last reference to one opening of it is gone ({@code release} of its operations). */
  protected void released() {}

  /** Its name is gone from the tree ({@code unlink}); openings of it may live on. */
  protected void unlinked() {}

  /** What {@code /proc/[pid]/fdinfo} shows of an opening behind position and flags; whole lines. */
  protected String fdinfo() {
    return "";
  }
}
