package ringside.ebpf.uapi;

import ringside.kernel.core.Errno;
import ringside.kernel.fs.Directory;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.Inode;
import ringside.kernel.layout.StructLayouts;

/** {@code /sys/kernel/btf}: the kernel's types as files. */
final class KernelBtf {
  private KernelBtf() {}

  static Directory directory() {
    Directory directory = new Directory(0755, false);
    directory.add("vmlinux", new TypesFile(StructLayouts.bytes()));
    return directory;
  }

  /** The bytes of a BTF section. */
  private static final class TypesFile extends Inode {
    private final byte[] bytes;

    TypesFile(byte[] bytes) {
      super(S_IFREG | 0444);
      this.bytes = bytes;
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    protected int read(long position, byte[] into, int count) {
      int available = (int) Math.max(0, Math.min(count, bytes.length - position));
      System.arraycopy(bytes, (int) Math.min(position, bytes.length), into, 0, available);
      return available;
    }

    @Override
    protected int write(long position, byte[] from, int count) {
      throw new FsException(Errno.EIO);
    }
  }
}
