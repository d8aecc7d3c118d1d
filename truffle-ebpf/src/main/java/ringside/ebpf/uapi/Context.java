package ringside.ebpf.uapi;

import ringside.kernel.core.Errno;
import ringside.kernel.task.UserAccess;

/** What all commands of one kernel need. */
record Context(
    AttrLayout layout, UserAccess user, Descriptors descriptors, Caller caller, Settings settings) {
  /**
   * Why a token is refused: bpffs delegates nothing here, so that no descriptor is one.
   *
   * @return {@code EBADF} or {@code EINVAL}, as for any descriptor that is no token
   */
  SyscallError token(int fd) {
    return new SyscallError(descriptors.file(fd) == null ? Errno.EBADF : Errno.EINVAL);
  }
}
