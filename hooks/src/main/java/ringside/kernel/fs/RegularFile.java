package ringside.kernel.fs;

import java.util.Arrays;
import ringside.kernel.core.Errno;

/** A file of ramfs: its content is kept by the host, as the page cache would keep it. */
public final class RegularFile extends Inode {
  /** More would only fill the host's memory. */
  private static final int LARGEST = 64 << 20;

  private byte[] content = new byte[0];
  private int size;

  /** Makes an empty file. */
  public RegularFile(int permissions) {
    super(S_IFREG | permissions);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  protected int read(long position, byte[] into, int count) {
    if (position >= size) {
      return 0;
    }
    int available = Math.min(count, size - (int) position);
    System.arraycopy(content, (int) position, into, 0, available);
    return available;
  }

  @Override
  protected int write(long position, byte[] from, int count) {
    if (position < 0 || position + count > LARGEST) {
      throw new FsException(Errno.EFBIG);
    }
    int end = (int) position + count;
    if (end > content.length) {
      content = Arrays.copyOf(content, Math.max(end, 2 * content.length));
    }
    System.arraycopy(from, 0, content, (int) position, count);
    size = Math.max(size, end);
    return count;
  }

  @Override
  protected void truncate() {
    size = 0;
    content = new byte[0];
  }
}
