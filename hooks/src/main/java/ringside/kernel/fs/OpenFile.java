package ringside.kernel.fs;

import org.jspecify.annotations.Nullable;

/** One opening of a file: a view of its {@code struct file}, which holds position and flags. */
public final class OpenFile {
  private final Fs fs;
  private final Inode inode;
  private final String path;
  private final long address;
  private final byte @Nullable [] snapshot;

  OpenFile(Fs fs, Inode inode, String path, long address) {
    this.fs = fs;
    this.inode = inode;
    this.path = path;
    this.address = address;
    this.snapshot = inode.snapshot();
  }

  /** What was opened. */
  public Inode inode() {
    return inode;
  }

  /** The absolute path by which it was opened. */
  public String path() {
    return path;
  }

  /** The address of its {@code struct file}. */
  public long address() {
    return address;
  }

  /**
   * Reads at a position, whatever the file's own is.
   *
   * @return how many bytes; 0 at the end
   * @throws FsException where it cannot be read
   */
  public int read(long position, byte[] into, int count) {
    if (snapshot == null) {
      return inode.read(position, into, count);
    }
    if (position >= snapshot.length) {
      return 0;
    }
    int available = Math.min(count, snapshot.length - (int) position);
    System.arraycopy(snapshot, (int) position, into, 0, available);
    return available;
  }

  /**
   * Writes at a position, whatever the file's own is.
   *
   * @throws FsException where it cannot be written
   */
  public int write(long position, byte[] from, int count) {
    int written = inode.write(position, from, count);
    fs.sizeChanged(inode);
    return written;
  }

  /**
   * Does what is peculiar to the file.
   *
   * @return a result or a negated errno
   */
  public long ioctl(int command, long argument) {
    return inode.ioctl(command, argument);
  }

  /** The flags it was opened with ({@code f_flags}). */
  public int flags() {
    return fs.flags(this);
  }

  /** {@code /proc/[pid]/fdinfo/[fd]}. */
  public String fdinfo() {
    return "pos:\t%d\nflags:\t0%o\nmnt_id:\t1\nino:\t%d\n%s"
        .formatted(position(), flags(), fs.inodeNumber(this), inode.fdinfo());
  }

  /** The position ({@code f_pos}). */
  public long position() {
    return fs.position(this);
  }

  /** Moves the position. */
  public void seek(long position) {
    fs.seek(this, position);
  }
}
