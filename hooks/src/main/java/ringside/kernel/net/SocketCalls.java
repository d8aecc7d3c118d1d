package ringside.kernel.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.fs.FileTable;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.OpenFile;
import ringside.kernel.net.Socket.Datagram;
import ringside.kernel.syscall.Syscall;
import ringside.kernel.syscall.Syscalls;
import ringside.kernel.task.Task;
import ringside.kernel.task.Tasks;
import ringside.kernel.task.UserAccess;

/** System calls about sockets. */
public final class SocketCalls {
  private static final int SOCK_TYPE_MASK = 0xf;
  private static final int SOCK_NONBLOCK = 04000;
  private static final int SOCK_CLOEXEC = Fs.O_CLOEXEC;
  private static final int IPPROTO_UDP = 17;
  private static final int CAP_NET_RAW = 13;
  private static final int AF_UNSPEC = 0;
  private static final int AF_MAX = 46;

  private static final int MSG_PEEK = 0x02;
  private static final int MSG_TRUNC = 0x20;
  private static final int MSG_DONTWAIT = 0x40;

  private static final int POLLIN = 1;
  private static final int POLLOUT = 4;
  private static final int POLLNVAL = 0x20;
  private static final int POLLFD = 8;
  private static final int MOST_POLLED = 1024;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private static final int LONGEST_ADDRESS = 128;

  /** {@code struct msghdr}: name, iov and their lengths; control data are not given. */
  private static final int MSGHDR = 56;

  private static final int MSG_FLAGS = 48;
  private static final int IOVEC = 16;
  private static final int UIO_MAXIOV = 1024;
  private static final int LONGEST_MESSAGE = 1 << 20;

  private final KernelCore core;
  private final Tasks tasks;
  private final Fs fs;
  private final Syscalls syscalls;
  private final Sockets sockets;
  private final SocketOptions options;
  private final UserAccess user;

  /** Makes the calls of one kernel, to be registered with its table. */
  public SocketCalls(KernelCore core, Tasks tasks, Fs fs, Syscalls syscalls, Sockets sockets) {
    this.core = core;
    this.tasks = tasks;
    this.fs = fs;
    this.syscalls = syscalls;
    this.sockets = sockets;
    this.user = new UserAccess(tasks);
    this.options = new SocketOptions(tasks, sockets, user);
  }

  /** Makes a socket. */
  @Syscall(198)
  public long socket(int family, int type, int protocol) {
    int flags = type & ~SOCK_TYPE_MASK;
    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) {
      return -Errno.EINVAL;
    }
    return errno(() -> {
      FileTable files = tasks.current().files();
      if (files == null) {
        throw new FsException(Errno.EMFILE);
      }
      Socket made = create(family, type & SOCK_TYPE_MASK, protocol);
      OpenFile file = fs.openAnonymous("[socket]", made, Fs.O_RDWR | flags, tasks.current().cred());
      try {
        return files.install(file);
      } catch (FsException e) {
        fs.put(file);
        throw e;
      }
    });
  }

  private Socket create(int family, int type, int protocol) {
    return switch (family) {
      case Socket.AF_INET -> {
        if (type != Socket.SOCK_DGRAM) {
          throw new FsException(Errno.ESOCKTNOSUPPORT);
        }
        if (protocol != 0 && protocol != IPPROTO_UDP) {
          throw new FsException(Errno.EPROTONOSUPPORT);
        }
        yield sockets.create(family, type, IPPROTO_UDP);
      }
      case Socket.AF_PACKET -> {
        if (!tasks.current().capable(CAP_NET_RAW)) {
          throw new FsException(Errno.EPERM);
        }
        if (type != Socket.SOCK_DGRAM && type != Socket.SOCK_RAW) {
          throw new FsException(Errno.ESOCKTNOSUPPORT);
        }
        // The protocol comes in network order.
        int etherType = Short.toUnsignedInt(Short.reverseBytes((short) protocol));
        yield sockets.create(family, type, etherType);
      }
      default -> throw new FsException(Errno.EAFNOSUPPORT);
    };
  }

  /** Gives a socket its address. */
  @Syscall(200)
  public long bind(int fd, long address, int length) {
    return errno(() -> {
      Socket socket = socket(fd);
      byte[] bytes = address(address, length);
      if (socket.family() == Socket.AF_PACKET) {
        if (bytes.length < Sockets.SOCKADDR_LL
            || SocketAddresses.family(bytes) != Socket.AF_PACKET) {
          throw new FsException(Errno.EINVAL);
        }
        sockets.bindPacket(
            socket, SocketAddresses.protocol(bytes), SocketAddresses.interfaceIndex(bytes));
        return 0;
      }
      if (bytes.length < Sockets.SOCKADDR_IN) {
        throw new FsException(Errno.EINVAL);
      }
      int ip = SocketAddresses.ipAddress(bytes);
      int family = SocketAddresses.family(bytes);
      if (family != Socket.AF_INET && (family != AF_UNSPEC || ip != 0)) {
        throw new FsException(Errno.EAFNOSUPPORT);
      }
      boolean privileged = tasks.current().capable(Sockets.bindCapability());
      sockets.bindInet(socket, ip, SocketAddresses.port(bytes), privileged);
      return 0;
    });
  }

  /** Gives a UDP socket its peer; {@code AF_UNSPEC} takes it away again. */
  @Syscall(203)
  public long connect(int fd, long address, int length) {
    return errno(() -> {
      Socket socket = socket(fd);
      byte[] bytes = address(address, length);
      if (socket.family() != Socket.AF_INET) {
        throw new FsException(Errno.EOPNOTSUPP);
      }
      if (bytes.length < Short.BYTES) {
        throw new FsException(Errno.EINVAL);
      }
      if (SocketAddresses.family(bytes) == AF_UNSPEC) {
        socket.connected(0, 0);
        return 0;
      }
      requireInet(bytes);
      int ip = SocketAddresses.ipAddress(bytes);
      if (socket.localPort() == 0) {
        sockets.bindInet(socket, 0, 0, true);
      }
      socket.connected(ip == 0 ? 0x7f000001 : ip, SocketAddresses.port(bytes));
      return 0;
    });
  }

  /** Tells a socket's own address. */
  @Syscall(204)
  public long getsockname(int fd, long address, long length) {
    return errno(() -> {
      Socket socket = socket(fd);
      byte[] name =
          socket.family() == Socket.AF_INET
              ? SocketAddresses.inet(socket.localAddress(), socket.localPort())
              : SocketAddresses.link(socket.protocol(), socket.interfaceIndex(), 0, 0, new byte[6]);
      giveAddress(name, address, length);
      return 0;
    });
  }

  /** Sends a datagram. */
  @Syscall(206)
  public long sendto(int fd, long buffer, long count, int flags, long address, int length) {
    return errno(() -> {
      Socket socket = socket(fd);
      byte[] to = address == 0 ? null : destination(socket, address, length);
      if (count < 0 || count > LONGEST_MESSAGE) {
        throw new FsException(Errno.EMSGSIZE);
      }
      return sockets.send(socket, user.read(buffer, (int) count), to);
    });
  }

  /** Receives a datagram. */
  @Syscall(207)
  public long recvfrom(int fd, long buffer, long count, int flags, long address, long length) {
    return errno(() -> {
      OpenFile file = file(fd);
      Socket socket = socketOf(file);
      return waitFor(
          socket,
          file,
          flags,
          datagram -> {
            byte[] bytes = datagram.bytes();
            int copied = (int) Math.min(bytes.length, Math.max(0, count));
            user.write(buffer, Arrays.copyOf(bytes, copied));
            if (address != 0) {
              giveAddress(datagram.from(), address, length);
            }
            return (flags & MSG_TRUNC) != 0 ? datagram.length() : copied;
          });
    });
  }

  /** What is done with a datagram; gives the call's result. */
  private interface Receiver {
    long receive(Datagram datagram);
  }

  /** Receives now, or blocks the task until something has come. */
  private long waitFor(Socket socket, OpenFile file, int flags, Receiver receiver) {
    long result = tryReceive(socket, flags, receiver);
    if (result != Task.Blocked.STILL_BLOCKED) {
      return result;
    }
    if ((flags & MSG_DONTWAIT) != 0 || (file.flags() & SOCK_NONBLOCK) != 0) {
      return -Errno.EAGAIN;
    }
    if (!syscalls.mayWait()) {
      return -Errno.EINTR;
    }
    wakeWhenReadable(socket);
    tasks.block(() -> {
      if (tasks.current().pendingSignal() != 0) {
        return -Errno.EINTR;
      }
      long now = errno(() -> tryReceive(socket, flags, receiver));
      if (now == Task.Blocked.STILL_BLOCKED) {
        wakeWhenReadable(socket);
      }
      return now;
    });
    return 0;
  }

  private void wakeWhenReadable(Socket socket) {
    Task task = tasks.current();
    socket.whenReadable(() -> tasks.wake(task));
  }

  private static long tryReceive(Socket socket, int flags, Receiver receiver) {
    Datagram datagram = socket.take((flags & MSG_PEEK) != 0);
    return datagram == null ? Task.Blocked.STILL_BLOCKED : receiver.receive(datagram);
  }

  /** Sets an option. */
  @Syscall(208)
  public long setsockopt(int fd, int level, int name, long value, int length) {
    return errno(() -> {
      options.set(socket(fd), level, name, value, length);
      return 0;
    });
  }

  /** Tells an option. */
  @Syscall(209)
  public long getsockopt(int fd, int level, int name, long value, long length) {
    return errno(() -> {
      options.get(socket(fd), level, name, value, length);
      return 0;
    });
  }

  /** Sends a datagram from several buffers; control data are ignored. */
  @Syscall(211)
  public long sendmsg(int fd, long message, int flags) {
    return errno(() -> {
      Socket socket = socket(fd);
      ByteBuffer header = words(message, MSGHDR);
      long name = header.getLong(0);
      byte[] to = name == 0 ? null : destination(socket, name, header.getInt(8));
      ByteBuffer vectors = vectors(header);
      byte[] bytes = new byte[0];
      while (vectors.hasRemaining()) {
        long from = vectors.getLong();
        long count = vectors.getLong();
        if (count < 0 || bytes.length + count > LONGEST_MESSAGE) {
          throw new FsException(Errno.EMSGSIZE);
        }
        int at = bytes.length;
        bytes = Arrays.copyOf(bytes, at + (int) count);
        System.arraycopy(user.read(from, (int) count), 0, bytes, at, (int) count);
      }
      return sockets.send(socket, bytes, to);
    });
  }

  /** Receives a datagram into several buffers; there are no control data. */
  @Syscall(212)
  public long recvmsg(int fd, long message, int flags) {
    return errno(() -> {
      OpenFile file = file(fd);
      Socket socket = socketOf(file);
      ByteBuffer header = words(message, MSGHDR);
      return waitFor(socket, file, flags, datagram -> scatter(message, header, datagram, flags));
    });
  }

  private long scatter(long message, ByteBuffer header, Datagram datagram, int flags) {
    ByteBuffer vectors = vectors(header);
    byte[] bytes = datagram.bytes();
    int done = 0;
    while (vectors.hasRemaining()) {
      long into = vectors.getLong();
      int count = (int) Math.min(bytes.length - done, Math.max(0, vectors.getLong()));
      user.write(into, Arrays.copyOfRange(bytes, done, done + count));
      done += count;
    }
    if (header.getLong(0) != 0) {
      giveAddress(datagram.from(), header.getLong(0), message + 8);
    }
    user.writeInt(message + MSG_FLAGS, done < datagram.length() ? MSG_TRUNC : 0);
    return (flags & MSG_TRUNC) != 0 ? datagram.length() : done;
  }

  private ByteBuffer vectors(ByteBuffer header) {
    long count = header.getLong(24);
    if (count < 0 || count > UIO_MAXIOV) {
      throw new FsException(Errno.EMSGSIZE);
    }
    return words(header.getLong(16), (int) count * IOVEC);
  }

  private ByteBuffer words(long address, int bytes) {
    return ByteBuffer.wrap(user.read(address, bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Waits until one of several descriptors is ready; files that are no sockets always are. */
  @Syscall(73)
  public long ppoll(long descriptors, int count, long timeout, long signals) {
    return errno(() -> {
      if (count < 0 || count > MOST_POLLED) {
        throw new FsException(Errno.EINVAL);
      }
      long nanos = -1;
      if (timeout != 0) {
        ByteBuffer timespec = words(timeout, 16);
        nanos = timespec.getLong() * NANOS_PER_SECOND + timespec.getLong();
      }
      long ready = poll(descriptors, count);
      if (ready != 0 || nanos == 0) {
        return ready;
      }
      if (!syscalls.mayWait()) {
        return -Errno.EINTR;
      }
      long until = nanos < 0 ? Long.MAX_VALUE : core.clock().nanos() + nanos;
      if (nanos > 0) {
        tasks.wakeAfter(nanos);
      }
      wakeWhenReady(descriptors, count);
      tasks.block(() -> {
        if (tasks.current().pendingSignal() != 0) {
          return -Errno.EINTR;
        }
        long now = errno(() -> poll(descriptors, count));
        if (now != 0 || core.clock().nanos() >= until) {
          return now;
        }
        wakeWhenReady(descriptors, count);
        return Task.Blocked.STILL_BLOCKED;
      });
      return 0;
    });
  }

  private void wakeWhenReady(long descriptors, int count) {
    ByteBuffer entries = words(descriptors, count * POLLFD);
    for (int i = 0; i < count; i++) {
      FileTable files = tasks.current().files();
      OpenFile file = files == null ? null : files.get(entries.getInt(i * POLLFD));
      if (file != null && file.inode() instanceof Socket socket) {
        wakeWhenReadable(socket);
      }
    }
  }

  private long poll(long descriptors, int count) {
    byte[] bytes = user.read(descriptors, count * POLLFD);
    ByteBuffer entries = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int ready = 0;
    for (int i = 0; i < count; i++) {
      int events = Short.toUnsignedInt(entries.getShort(i * POLLFD + 4));
      int fd = entries.getInt(i * POLLFD);
      int found = fd < 0 ? 0 : readiness(fd, events);
      entries.putShort(i * POLLFD + 6, (short) found);
      ready += found == 0 ? 0 : 1;
    }
    user.write(descriptors, bytes);
    return ready;
  }

  private int readiness(int fd, int events) {
    FileTable files = tasks.current().files();
    OpenFile file = files == null ? null : files.get(fd);
    if (file == null) {
      return POLLNVAL;
    }
    boolean readable = !(file.inode() instanceof Socket socket) || socket.readable();
    return events & ((readable ? POLLIN : 0) | POLLOUT);
  }

  // --- descriptors and addresses ---

  private OpenFile file(int fd) {
    FileTable files = tasks.current().files();
    OpenFile file = files == null ? null : files.get(fd);
    if (file == null) {
      throw new FsException(Errno.EBADF);
    }
    return file;
  }

  private static Socket socketOf(OpenFile file) {
    if (file.inode() instanceof Socket socket) {
      return socket;
    }
    throw new FsException(Errno.ENOTSOCK);
  }

  private Socket socket(int fd) {
    return socketOf(file(fd));
  }

  /** {@code move_addr_to_kernel}. */
  private byte[] address(long address, int length) {
    if (length < 0 || length > LONGEST_ADDRESS) {
      throw new FsException(Errno.EINVAL);
    }
    return user.read(address, length);
  }

  private byte @Nullable [] destination(Socket socket, long address, int length) {
    byte[] bytes = address(address, length);
    if (socket.family() == Socket.AF_PACKET) {
      if (bytes.length < Sockets.SOCKADDR_LL) {
        throw new FsException(Errno.EINVAL);
      }
      return bytes;
    }
    requireInet(bytes);
    return bytes;
  }

  private static void requireInet(byte[] bytes) {
    if (bytes.length < Sockets.SOCKADDR_IN) {
      throw new FsException(Errno.EINVAL);
    }
    int family = SocketAddresses.family(bytes);
    if (family != Socket.AF_INET && family != AF_UNSPEC) {
      throw new FsException(family < AF_MAX ? Errno.EAFNOSUPPORT : Errno.EINVAL);
    }
  }

  /** {@code move_addr_to_user}: as much as there is room for, and how long it is. */
  private void giveAddress(byte[] name, long address, long length) {
    int room = words(length, Integer.BYTES).getInt();
    if (room < 0) {
      throw new FsException(Errno.EINVAL);
    }
    user.write(address, Arrays.copyOf(name, Math.min(room, name.length)));
    user.writeInt(length, name.length);
  }

  private static long errno(LongSupplier call) {
    try {
      return call.getAsLong();
    } catch (FsException e) {
      return -e.errno();
    }
  }
}
