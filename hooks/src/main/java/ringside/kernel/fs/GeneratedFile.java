package ringside.kernel.fs;

import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import ringside.kernel.core.Errno;

/** A file of {@code /proc}: its text is made when it is opened. */
public final class GeneratedFile extends Inode {
  private final Supplier<String> text;

  /** Makes a file that all may read. */
  public GeneratedFile(Supplier<String> text) {
    this(0444, text);
  }

  /** Makes a file with those permissions. */
  public GeneratedFile(int permissions, Supplier<String> text) {
    super(S_IFREG | permissions);
    this.text = text;
  }

  @Override
  protected byte[] snapshot() {
    return text.get().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  protected int read(long position, byte[] into, int count) {
    throw new FsException(Errno.EIO); // an opening has its snapshot
  }

  @Override
  protected int write(long position, byte[] from, int count) {
    throw new FsException(Errno.EIO);
  }
}
