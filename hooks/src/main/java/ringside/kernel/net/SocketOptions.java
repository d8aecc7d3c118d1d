package ringside.kernel.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FsException;
import ringside.kernel.task.Tasks;
import ringside.kernel.task.UserAccess;

/** {@code sk_setsockopt} and {@code sk_getsockopt} of {@code net/core/sock.c}. */
final class SocketOptions {
  private static final int SOL_SOCKET = 1;
  private static final int SO_REUSEADDR = 2;
  private static final int SO_TYPE = 3;
  private static final int SO_ERROR = 4;
  private static final int SO_SNDBUF = 7;
  private static final int SO_RCVBUF = 8;
  private static final int SO_PRIORITY = 12;
  private static final int SO_ATTACH_FILTER = 26;
  private static final int SO_DETACH_FILTER = 27;
  private static final int SO_MARK = 36;
  private static final int SO_PROTOCOL = 38;
  private static final int SO_DOMAIN = 39;
  private static final int SO_LOCK_FILTER = 44;
  private static final int SO_BPF_EXTENSIONS = 48;
  private static final int SO_ATTACH_BPF = 50;

  private static final int CAP_NET_ADMIN = 12;
  private static final int CAP_NET_RAW = 13;

  /** {@code SKF_AD_MAX}. */
  private static final int SKF_AD_MAX = 64;

  /** {@code struct sock_fprog}: a 16-bit count, and a pointer. */
  private static final int SOCK_FPROG = 16;

  private static final int SOCK_FILTER = 8;
  private static final int BPF_MAXINSNS = 4096;

  /** {@code SOCK_MIN_RCVBUF} and the most that {@code net.core.rmem_max} lets one ask for. */
  private static final int LEAST_BUFFER = 2304;

  private static final int LARGEST_BUFFER = 212_992;
  private static final int HIGHEST_PRIORITY = 6;

  private final Tasks tasks;
  private final Sockets sockets;
  private final UserAccess user;

  SocketOptions(Tasks tasks, Sockets sockets, UserAccess user) {
    this.tasks = tasks;
    this.sockets = sockets;
    this.user = user;
  }

  void set(Socket socket, int level, int name, long at, int length) {
    if (level != SOL_SOCKET) {
      throw new FsException(Errno.ENOPROTOOPT);
    }
    if (length < Integer.BYTES) {
      throw new FsException(Errno.EINVAL);
    }
    int value = words(at, Integer.BYTES).getInt();
    switch (name) {
      case SO_ATTACH_FILTER -> attachFilter(socket, at, length);
      case SO_ATTACH_BPF -> {
        if (length != Integer.BYTES) {
          throw new FsException(Errno.EINVAL);
        }
        refuseLocked(socket);
        sockets.attachProgram(socket, value);
      }
      case SO_DETACH_FILTER -> {
        refuseLocked(socket);
        sockets.detach(socket);
      }
      case SO_LOCK_FILTER -> {
        if (value != 0) {
          socket.lockFilter();
        } else {
          refuseLocked(socket);
        }
      }
      case SO_RCVBUF -> socket.setField("sk_rcvbuf", bufferSize(value));
      case SO_SNDBUF -> socket.setField("sk_sndbuf", bufferSize(value));
      case SO_PRIORITY -> {
        if (value < 0 || value > HIGHEST_PRIORITY) {
          require(CAP_NET_ADMIN);
        }
        socket.setField("sk_priority", value);
      }
      case SO_MARK -> {
        if (!tasks.current().capable(CAP_NET_RAW)) {
          require(CAP_NET_ADMIN);
        }
        socket.setField("sk_mark", value);
      }
      // Accepted: no two sockets share a port here.
      case SO_REUSEADDR -> {}
      default -> throw new FsException(Errno.ENOPROTOOPT);
    }
  }

  private void attachFilter(Socket socket, long at, int length) {
    if (length != SOCK_FPROG) {
      throw new FsException(Errno.EINVAL);
    }
    ByteBuffer program = words(at, SOCK_FPROG);
    refuseLocked(socket);
    int count = Short.toUnsignedInt(program.getShort(0));
    long filter = program.getLong(8);
    if (filter == 0 || count == 0 || count > BPF_MAXINSNS) {
      throw new FsException(Errno.EINVAL);
    }
    sockets.attachClassic(socket, user.read(filter, count * SOCK_FILTER));
  }

  private static void refuseLocked(Socket socket) {
    if (socket.filterLocked()) {
      throw new FsException(Errno.EPERM);
    }
  }

  private void require(int capability) {
    if (!tasks.current().capable(capability)) {
      throw new FsException(Errno.EPERM);
    }
  }

  /** The kernel doubles what one asks for, since it counts its own structs too. */
  private static int bufferSize(int asked) {
    return Math.max(2 * Math.min(asked, LARGEST_BUFFER), LEAST_BUFFER);
  }

  void get(Socket socket, int level, int name, long at, long lengthAt) {
    int room = words(lengthAt, Integer.BYTES).getInt();
    if (room < 0) {
      throw new FsException(Errno.EINVAL);
    }
    if (level != SOL_SOCKET) {
      throw new FsException(Errno.ENOPROTOOPT);
    }
    if (name == SO_ATTACH_FILTER) {
      user.writeInt(lengthAt, copyFilter(socket, at, room));
      return;
    }
    int value =
        switch (name) {
          case SO_TYPE -> socket.type();
          case SO_DOMAIN -> socket.family();
          case SO_PROTOCOL -> socket.family() == Socket.AF_INET ? socket.protocol() : 0;
          case SO_ERROR, SO_REUSEADDR -> 0;
          case SO_RCVBUF -> socket.field("sk_rcvbuf");
          case SO_SNDBUF -> socket.field("sk_sndbuf");
          case SO_PRIORITY -> socket.field("sk_priority");
          case SO_MARK -> socket.field("sk_mark");
          case SO_LOCK_FILTER -> socket.filterLocked() ? 1 : 0;
          case SO_BPF_EXTENSIONS -> SKF_AD_MAX;
          default -> throw new FsException(Errno.ENOPROTOOPT);
        };
    byte[] bytes =
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    int length = Math.min(room, Integer.BYTES);
    user.write(at, Arrays.copyOf(bytes, length));
    user.writeInt(lengthAt, length);
  }

  /** {@code sk_get_filter}: copies the filter where there is room; gives its instructions. */
  private int copyFilter(Socket socket, long at, int room) {
    SocketFilter filter = socket.attached();
    if (filter == null) {
      return 0;
    }
    byte[] classic = filter.classic();
    if (classic == null) {
      throw new FsException(Errno.EACCES);
    }
    int count = classic.length / SOCK_FILTER;
    if (room == 0) {
      return count;
    }
    if (room < count) {
      throw new FsException(Errno.EINVAL);
    }
    user.write(at, classic);
    return count;
  }

  private ByteBuffer words(long address, int bytes) {
    return ByteBuffer.wrap(user.read(address, bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
