package ringside.ebpf.uapi;

import ringside.ebpf.refcount.Counted;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.Inode;

/** An object's name in bpffs, which holds it for user space. */
final class PinnedInode extends Inode {
  private final Counted object;

  PinnedInode(Counted object, int permissions) {
    super(S_IFREG | permissions);
    this.object = object;
    object.getUser();
  }

  Counted object() {
    return object;
  }

  @Override
  protected void unlinked() {
    object.putUser();
  }

  @Override
  protected void opened(int flags) {
    throw new FsException(Errno.EIO); // BPF_OBJ_GET is the way
  }

  @Override
  protected int read(long position, byte[] into, int count) {
    throw new FsException(Errno.EIO);
  }

  @Override
  protected int write(long position, byte[] from, int count) {
    throw new FsException(Errno.EIO);
  }
}
