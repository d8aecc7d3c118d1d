package ringside.kernel.fs;

import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;

/** The file descriptors of a task: a view of its {@code struct files_struct}. */
public final class FileTable {
  private final Fs fs;
  private final KernelCore core;
  private final Memory memory;
  private final long address;
  private final long array;
  private final int size;

  /**
   * Makes a table without open files.
   *
   * @throws FsException where memory is short
   */
  public FileTable(KernelCore core, Fs fs) {
    this.core = core;
    this.fs = fs;
    this.memory = core.memory();
    StructLayout layout = core.layouts().of("files_struct");
    this.address = core.slab().kmalloc(layout.size(), Gfp.KERNEL | Gfp.ZERO);
    if (address == 0) {
      throw new FsException(Errno.ENOMEM);
    }
    this.array = address + layout.offset("fd_array");
    this.size = layout.sizeOf("fd_array") / Long.BYTES;
    memory.writeInt(address + layout.offset("count"), 1);
  }

  /** The address of the {@code struct files_struct}. */
  public long address() {
    return address;
  }

  /** How many descriptors there can be. */
  public int size() {
    return size;
  }

  /** The open file of a descriptor, or null. */
  public @Nullable OpenFile get(int fd) {
    if (fd < 0 || fd >= size) {
      return null;
    }
    long file = memory.readLong(array + 8L * fd);
    return file == 0 ? null : fs.openFile(file);
  }

  /**
   * Gives the lowest free descriptor to a file.
   *
   * @throws FsException {@code EMFILE}
   */
  public int install(OpenFile file) {
    for (int fd = 0; fd < size; fd++) {
      if (memory.readLong(array + 8L * fd) == 0) {
        memory.writeLong(array + 8L * fd, file.address());
        return fd;
      }
    }
    throw new FsException(Errno.EMFILE);
  }

  /** Frees a descriptor; returns its file, whose reference is the caller's now, or null. */
  public @Nullable OpenFile remove(int fd) {
    OpenFile file = get(fd);
    if (file != null) {
      memory.writeLong(array + 8L * fd, 0);
    }
    return file;
  }

  /** A table with the same files open ({@code dup_fd}). */
  public FileTable copy() {
    FileTable copy = new FileTable(core, fs);
    for (int fd = 0; fd < size; fd++) {
      OpenFile file = get(fd);
      if (file != null) {
        fs.get(file);
        memory.writeLong(copy.array + 8L * fd, file.address());
      }
    }
    return copy;
  }

  /** Closes all and frees the table. */
  public void release() {
    for (int fd = 0; fd < size; fd++) {
      OpenFile file = remove(fd);
      if (file != null) {
        fs.put(file);
      }
    }
    core.slab().kfree(address);
  }
}
