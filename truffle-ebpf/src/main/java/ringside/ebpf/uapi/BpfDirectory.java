package ringside.ebpf.uapi;

import ringside.kernel.core.Errno;
import ringside.kernel.fs.Directory;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.Inode;

/** A directory of bpffs: holds pinned objects and directories. */
final class BpfDirectory extends Directory {
  BpfDirectory(int permissions) {
    super(permissions);
  }

  @Override
  protected void checkName(String name) {
    // Kept for extensions, as in Linux; "." and ".." are the path walk's.
    if (name.contains(".") && !name.equals(".") && !name.equals("..")) {
      throw new FsException(Errno.EPERM);
    }
  }

  @Override
  protected Inode makeFile(int permissions) {
    throw new FsException(Errno.EACCES);
  }

  @Override
  protected Directory makeDirectory(int permissions) {
    return new BpfDirectory(permissions);
  }
}
