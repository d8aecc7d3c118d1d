package ringside.kernel.fs;

import java.util.Arrays;
import java.util.function.Consumer;

/** A character device. */
public final class DeviceFile extends Inode {
  private final Consumer<byte[]> sink;

  /** Makes a device that gives nothing to readers and hands what is written to {@code sink}. */
  public DeviceFile(int permissions, Consumer<byte[]> sink) {
    super(S_IFCHR | permissions);
    this.sink = sink;
  }

  @Override
  protected int read(long position, byte[] into, int count) {
    return 0;
  }

  @Override
  protected int write(long position, byte[] from, int count) {
    sink.accept(Arrays.copyOf(from, count));
    return count;
  }
}
