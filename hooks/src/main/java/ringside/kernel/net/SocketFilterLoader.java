package ringside.kernel.net;

import ringside.hook.AttachException;
import ringside.kernel.core.Errno;

/** Makes socket filters; the subsystem that runs them registers itself with {@link Sockets}. */
public interface SocketFilterLoader {
  /** A kernel without a subsystem that could run filters. */
  SocketFilterLoader NONE =
      new SocketFilterLoader() {
        @Override
        public SocketFilter classic(byte[] filter) {
          throw new AttachException(Errno.ENOPROTOOPT, "this kernel has no classic BPF");
        }

        @Override
        public SocketFilter program(int fd) {
          throw new AttachException(Errno.ENOPROTOOPT, "this kernel has no eBPF");
        }
      };

  /**
   * {@code SO_ATTACH_FILTER}: checks and translates a classic filter.
   *
   * @param filter {@code struct sock_filter}s, little-endian
   * @throws AttachException with {@code EINVAL} where the check refuses it
   */
  SocketFilter classic(byte[] filter);

  /**
   * {@code SO_ATTACH_BPF}: takes a reference to the program behind a descriptor of the current
   * task.
   *
   * @throws AttachException with {@code EBADF} where there is none, with {@code EINVAL} where it is
   *     no socket filter
   */
  SocketFilter program(int fd);
}
