package ringside.kernel.fs;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.Supplier;
import ringside.kernel.core.Errno;

/** A file that shows and takes a setting, such as those below {@code /proc/sys}. */
public final class ControlFile extends Inode {
  /** Settings are numbers and words. */
  private static final int LONGEST = 4096;

  private final Supplier<String> show;
  private final Consumer<String> store;

  /**
   * Makes one.
   *
   * @param show the text that readers get
   * @param store takes what is written, stripped; throws {@link FsException} where it will not do
   */
  public ControlFile(int permissions, Supplier<String> show, Consumer<String> store) {
    super(S_IFREG | permissions);
    this.show = show;
    this.store = store;
  }

  @Override
  protected byte[] snapshot() {
    return show.get().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  protected int read(long position, byte[] into, int count) {
    throw new FsException(Errno.EIO); // an opening has its snapshot
  }

  @Override
  protected int write(long position, byte[] from, int count) {
    if (count > LONGEST) {
      throw new FsException(Errno.EINVAL);
    }
    store.accept(new String(from, 0, count, StandardCharsets.UTF_8).strip());
    return count;
  }
}
