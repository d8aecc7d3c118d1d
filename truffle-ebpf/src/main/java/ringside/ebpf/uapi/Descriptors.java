package ringside.ebpf.uapi;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.refcount.Counted;
import ringside.ebpf.syscall.BtfObject;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FileTable;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.OpenFile;
import ringside.kernel.task.Task;
import ringside.kernel.task.Tasks;

/** The current task's descriptors as bpf(2) gives and takes them. */
final class Descriptors {
  private final Tasks tasks;
  private final Fs fs;

  Descriptors(Tasks tasks, Fs fs) {
    this.tasks = tasks;
    this.fs = fs;
  }

  /** A descriptor together with what it was opened for. */
  record Opened<T>(T object, boolean readable, boolean writable) {}

  /**
   * Opens an object; the descriptor takes its own reference.
   *
   * @param flags {@code O_RDONLY}, {@code O_WRONLY} or {@code O_RDWR}
   * @throws FsException {@code EMFILE}, {@code ENOMEM}
   */
  int open(Counted object, int flags) {
    String name =
        switch (object) {
          case BpfMap _ -> "bpf-map";
          case LoadedProgram _ -> "bpf-prog";
          case BpfLink _ -> "bpf_link";
          case BtfObject _ -> "btf";
          default -> throw new IllegalArgumentException("no descriptors of " + object);
        };
    return install(name, new ObjectFile(object), flags);
  }

  /** Opens an object whose one reference was its maker's; that one is dropped whatever happens. */
  int give(Counted made, int flags) {
    try {
      return open(made, flags);
    } finally {
      made.putMaker();
    }
  }

  /** Opens a file without a name. */
  int install(String name, ringside.kernel.fs.AnonymousInode inode, int flags) {
    Task task = tasks.current();
    FileTable files = task.files();
    if (files == null) {
      throw new FsException(Errno.EMFILE);
    }
    OpenFile file = fs.openAnonymous(name, inode, flags | Fs.O_CLOEXEC, task.cred());
    try {
      return files.install(file);
    } catch (FsException full) {
      fs.put(file);
      throw full;
    }
  }

  /** The open file of a descriptor, or null. */
  @Nullable OpenFile file(int fd) {
    FileTable files = tasks.current().files();
    return files == null ? null : files.get(fd);
  }

  /** The object of a descriptor, or null where it is not open or something else. */
  @Nullable Counted peek(int fd) {
    OpenFile file = file(fd);
    return file != null && file.inode() instanceof ObjectFile of ? of.object() : null;
  }

  /**
   * The object of a descriptor.
   *
   * @throws SyscallError {@code EBADF} where it is not open, {@code EINVAL} where it is another
   *     kind of file
   */
  <T extends Counted> Opened<T> opened(int fd, Class<T> kind) {
    OpenFile file = file(fd);
    if (file == null) {
      throw new SyscallError(Errno.EBADF);
    }
    if (!(file.inode() instanceof ObjectFile of) || !kind.isInstance(of.object())) {
      throw new SyscallError(Errno.EINVAL);
    }
    return new Opened<>(kind.cast(of.object()), fs.readable(file), fs.writable(file));
  }

  /**
   * A map, for what a command does with it ({@code map_get_sys_perms}).
   *
   * @throws SyscallError {@code EPERM} where it was not opened for that, or is frozen
   */
  BpfMap map(int fd, boolean read, boolean write, Caller caller) {
    Opened<BpfMap> opened = opened(fd, BpfMap.class);
    caller.demand(!read || opened.readable());
    caller.demand(!write || (opened.writable() && !opened.object().descriptor().frozen()));
    return opened.object();
  }

  <T extends Counted> T get(int fd, Class<T> kind) {
    return opened(fd, kind).object();
  }
}
