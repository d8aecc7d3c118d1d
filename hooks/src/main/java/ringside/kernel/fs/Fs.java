package ringside.kernel.fs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.KmemCache;
import ringside.kernel.mm.Memory;

/** The tree of files of one kernel, and what is open of it. */
public final class Fs {
  /** {@code O_WRONLY}. */
  public static final int O_WRONLY = 1;

  /** {@code O_RDWR}. */
  public static final int O_RDWR = 2;

  /** {@code O_ACCMODE}. */
  public static final int O_ACCMODE = 3;

  /** {@code O_CREAT}. */
  public static final int O_CREAT = 0100;

  /** {@code O_EXCL}. */
  public static final int O_EXCL = 0200;

  /** {@code O_TRUNC}. */
  public static final int O_TRUNC = 01000;

  /** {@code O_APPEND}. */
  public static final int O_APPEND = 02000;

  /** {@code O_DIRECTORY}, asm-generic. */
  public static final int O_DIRECTORY = 0200000;

  /** {@code O_CLOEXEC}, asm-generic. */
  public static final int O_CLOEXEC = 02000000;

  private static final int S_ISVTX = 01000;
  private static final int PATH_MAX = 4096;
  private static final int NAME_MAX = 255;
  private static final int FMODE_READ = 1;
  private static final int FMODE_WRITE = 2;

  private final KernelCore core;
  private final Memory memory;
  private final Directory root = new Directory(0755);
  private final Directory proc;
  private final Directory dev;
  private final Map<Long, OpenFile> open = new HashMap<>();
  private final KmemCache filp;
  private final KmemCache dentries;
  private final KmemCache inodes;
  private final StructLayout file;
  private final StructLayout inode;
  private final StructLayout dentry;
  private final StringBuilder console = new StringBuilder();
  private Consumer<String> consoleOutput = console::append;
  private long nextIno = 1;
  private long anonymous;

  /** A place in the tree. */
  private record Place(Directory parent, String name, @Nullable Inode inode) {}

  /** Makes the tree: {@code /dev}, {@code /proc}, {@code /tmp} and the usual empty directories. */
  public Fs(KernelCore core) {
    this.core = core;
    this.memory = core.memory();
    this.file = core.layouts().of("file");
    this.inode = core.layouts().of("inode");
    this.dentry = core.layouts().of("dentry");
    this.filp = core.slab().createCache("filp", file.size(), 64);
    this.dentries = core.slab().createCache("dentry", dentry.size(), 64);
    this.inodes = core.slab().createCache("inode_cache", inode.size(), 64);
    for (String name : List.of("bin", "etc", "lib", "root", "sys")) {
      root.add(name, new Directory(0755));
    }
    root.add("tmp", new Directory(01777));
    this.dev = root.add("dev", new Directory(0755));
    this.proc = root.add("proc", new Directory(0555, false));
    dev.add("null", new DeviceFile(0666, _ -> {}));
    dev.add(
        "console",
        new DeviceFile(0620, b -> consoleOutput.accept(new String(b, StandardCharsets.UTF_8))));
    proc.add("kallsyms", new GeneratedFile(() -> core.symbols().kallsyms()));
    proc.add("version", new GeneratedFile(() -> "Linux version " + core.version().banner() + "\n"));
    proc.add("meminfo", new GeneratedFile(this::meminfo));
    proc.add(
        "uptime",
        new GeneratedFile(() -> {
          long centis = core.clock().nanos() / 10_000_000;
          return "%d.%02d 0.00\n".formatted(centis / 100, centis % 100);
        }));
  }

  /** The root directory. */
  public Directory root() {
    return root;
  }

  /** {@code /proc}: subsystems put their files there. */
  public Directory proc() {
    return proc;
  }

  /** {@code /dev}. */
  public Directory dev() {
    return dev;
  }

  /** What was written to {@code /dev/console} so far, unless it goes elsewhere. */
  public String console() {
    return console.toString();
  }

  /** Sends what is written to {@code /dev/console} from now on elsewhere. */
  public void setConsole(Consumer<String> output) {
    consoleOutput = output;
  }

  // --- for the host ---

  /**
   * Puts a file into the tree, making directories on the way; replaces a file that was there, and
   * writes to what is no regular file.
   */
  public void writeFile(String path, byte[] content) {
    List<String> names = split(path);
    if (names.isEmpty()) {
      throw new FsException(Errno.EISDIR);
    }
    Directory at = root;
    for (String name : names.subList(0, names.size() - 1)) {
      Inode next = at.find(name);
      if (next == null) {
        next = at.add(name, at.makeDirectory(0755));
      }
      if (!(next instanceof Directory directory)) {
        throw new FsException(Errno.ENOTDIR);
      }
      at = directory;
    }
    Inode there = at.find(names.getLast());
    if (there == null || there instanceof RegularFile) {
      there = at.add(names.getLast(), at.makeFile(0755));
    }
    // A device or a control file is written to, never replaced.
    there.write(0, content, content.length);
  }

  /**
   * Reads a whole file as root does.
   *
   * @throws FsException where there is none, or it is a directory
   */
  public byte[] readFile(String path) {
    Inode found = lookup(path, Credentials.ROOT);
    byte[] snapshot = found.snapshot();
    if (snapshot != null) {
      return snapshot;
    }
    byte[] content = new byte[(int) found.size()];
    if (found.read(0, content, content.length) != content.length) {
      throw new FsException(Errno.EIO);
    }
    return content;
  }

  // --- path walk ---

  /**
   * Finds a file.
   *
   * @param path absolute, or from the root
   * @throws FsException {@code ENOENT}, {@code ENOTDIR}, {@code EACCES}, {@code ENAMETOOLONG}
   */
  public Inode lookup(String path, Credentials who) {
    Inode found = walk(path, who).inode();
    if (found == null) {
      throw new FsException(Errno.ENOENT);
    }
    return found;
  }

  private Place walk(String path, Credentials who) {
    if (path.isEmpty()) {
      throw new FsException(Errno.ENOENT);
    }
    if (path.length() >= PATH_MAX) {
      throw new FsException(Errno.ENAMETOOLONG);
    }
    Place at = new Place(root, "/", root);
    List<Directory> above = new ArrayList<>(List.of(root));
    for (String name : split(path)) {
      if (name.length() > NAME_MAX) {
        throw new FsException(Errno.ENAMETOOLONG);
      }
      Inode here = at.inode();
      if (here == null) {
        throw new FsException(Errno.ENOENT);
      }
      if (!(here instanceof Directory directory)) {
        throw new FsException(Errno.ENOTDIR);
      }
      if (!who.may(directory, Credentials.MAY_EXEC)) {
        throw new FsException(Errno.EACCES);
      }
      directory.checkName(name);
      if (name.equals("..")) {
        if (above.size() > 1) {
          above.removeLast();
        }
        at = new Place(above.getLast(), "..", above.getLast());
      } else if (!name.equals(".")) {
        at = new Place(directory, name, directory.find(name));
        if (at.inode() instanceof Directory next) {
          above.add(next);
        }
      }
    }
    if (path.endsWith("/") && at.inode() != null && !(at.inode() instanceof Directory)) {
      throw new FsException(Errno.ENOTDIR);
    }
    return at;
  }

  private static List<String> split(String path) {
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return names;
  }

  // --- names ---

  /** Mounts a file system: what was at {@code path} is hidden by its root directory. */
  public void mount(String path, Directory mounted) {
    List<String> names = split(path);
    Directory at = root;
    for (String name : names.subList(0, names.size() - 1)) {
      Inode next = at.find(name);
      at = next instanceof Directory directory ? directory : at.add(name, new Directory(0755));
    }
    at.add(names.getLast(), mounted);
  }

  /** Makes a file below {@code /proc/sys}, e.g. {@code kernel/panic}. */
  public void sysctl(String name, ControlFile file) {
    Directory at = proc;
    List<String> names = split("sys/" + name);
    for (String one : names.subList(0, names.size() - 1)) {
      Inode next = at.find(one);
      at = next instanceof Directory there ? there : at.add(one, new Directory(0555, false));
    }
    at.add(names.getLast(), file);
  }

  /**
   * Gives a file of the kernel's making a name, as {@code mknod} does.
   *
   * @param file made of the directory that the name is in, once all checks but that directory's own
   *     are passed
   * @throws FsException {@code EEXIST}, {@code EACCES} and what the path walk throws
   */
  public void create(String path, Credentials who, Function<Directory, Inode> file) {
    Place place = freshPlace(path, who);
    Inode made = file.apply(place.parent());
    made.chown(who.uid(), who.gid());
    place.parent().add(place.name(), made);
  }

  /**
   * Makes a directory.
   *
   * @throws FsException as {@code mkdir(2)} says
   */
  public void mkdir(String path, int mode, Credentials who) {
    Place place = freshPlace(path, who);
    Directory made = place.parent().makeDirectory(mode & 01777);
    made.chown(who.uid(), who.gid());
    place.parent().add(place.name(), made);
  }

  private Place freshPlace(String path, Credentials who) {
    Place place = walk(path, who);
    if (place.inode() != null) {
      throw new FsException(Errno.EEXIST);
    }
    if (!who.may(place.parent(), Credentials.MAY_WRITE | Credentials.MAY_EXEC)) {
      throw new FsException(Errno.EACCES);
    }
    return place;
  }

  /**
   * Removes a name.
   *
   * @param directory whether it must be a directory ({@code rmdir}) or must be none ({@code
   *     unlink})
   * @throws FsException as {@code unlinkat(2)} says
   */
  public void unlink(String path, boolean directory, Credentials who) {
    Place place = walk(path, who);
    Inode found = place.inode();
    if (found == null) {
      throw new FsException(Errno.ENOENT);
    }
    Directory parent = place.parent();
    if (!who.may(parent, Credentials.MAY_WRITE | Credentials.MAY_EXEC)) {
      throw new FsException(Errno.EACCES);
    }
    boolean sticky = (parent.mode() & S_ISVTX) != 0;
    boolean owner = found.uid() == who.uid() || parent.uid() == who.uid() || who.override();
    if (!parent.removable() || (sticky && !owner)) {
      throw new FsException(Errno.EPERM);
    }
    if (found instanceof Directory entries) {
      if (!directory) {
        throw new FsException(Errno.EISDIR);
      }
      if (found.equals(parent) || !entries.names().isEmpty()) {
        throw new FsException(found.equals(parent) ? Errno.EBUSY : Errno.ENOTEMPTY);
      }
    } else if (directory) {
      throw new FsException(Errno.ENOTDIR);
    }
    parent.remove(place.name());
    found.unlinked();
  }

  // --- open files ---

  /**
   * Opens a file that has no name in the tree ({@code anon_inode_getfile}).
   *
   * @param name what {@code /proc/[pid]/fd} shows behind {@code anon_inode:}
   * @param flags {@code O_…}
   * @throws FsException where memory is short
   */
  public OpenFile openAnonymous(String name, AnonymousInode made, int flags, long cred) {
    if (anonymous == 0) {
      // One struct inode stands for all of them, as in Linux.
      anonymous = inodeOf(made);
    }
    made.setAddress(anonymous);
    return newFile(made, "anon_inode:" + name, name, flags, cred);
  }

  /**
   * Opens a file.
   *
   * @param flags {@code O_…}
   * @param mode permission bits of a file that is created
   * @param cred the {@code struct cred} of the opener, kept in {@code f_cred}
   * @throws FsException as {@code openat(2)} says
   */
  public OpenFile open(String path, int flags, int mode, Credentials who, long cred) {
    Place place = walk(path, who);
    Inode found = place.inode();
    boolean create = (flags & O_CREAT) != 0;
    if (found == null) {
      if (!create || path.endsWith("/")) {
        throw new FsException(create ? Errno.EISDIR : Errno.ENOENT);
      }
      if (!who.may(place.parent(), Credentials.MAY_WRITE)) {
        throw new FsException(Errno.EACCES);
      }
      found = place.parent().add(place.name(), place.parent().makeFile(mode & 07777));
      found.chown(who.uid(), who.gid());
    } else {
      if (create && (flags & O_EXCL) != 0) {
        throw new FsException(Errno.EEXIST);
      }
      checkOpen(found, flags, create, who);
      found.opened(flags);
    }
    if ((flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != 0) {
      found.truncate();
      sizeChanged(found);
    }
    return newFile(found, "/" + String.join("/", split(path)), place.name(), flags, cred);
  }

  private static void checkOpen(Inode found, int flags, boolean create, Credentials who) {
    int access = flags & O_ACCMODE;
    boolean write = access != 0 || (flags & O_TRUNC) != 0;
    if (found instanceof Directory) {
      if (write || create) {
        throw new FsException(Errno.EISDIR);
      }
    } else if ((flags & O_DIRECTORY) != 0) {
      throw new FsException(Errno.ENOTDIR);
    }
    int wanted =
        (access == O_WRONLY ? 0 : Credentials.MAY_READ) | (write ? Credentials.MAY_WRITE : 0);
    if (!who.may(found, wanted)) {
      throw new FsException(Errno.EACCES);
    }
  }

  private OpenFile newFile(Inode found, String path, String name, int flags, long cred) {
    long address = filp.allocate(Gfp.KERNEL | Gfp.ZERO);
    long entry = dentries.allocate(Gfp.KERNEL | Gfp.ZERO);
    if (address == 0 || entry == 0) {
      throw new FsException(Errno.ENOMEM);
    }
    long node = inodeOf(found);
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    int inline = Math.min(bytes.length, dentry.sizeOf("d_iname") - 1);
    memory.write(entry + dentry.offset("d_iname"), bytes, 0, inline);
    memory.writeLong(entry + dentry.offset("d_name.name"), entry + dentry.offset("d_iname"));
    memory.writeInt(entry + dentry.offset("d_name.len"), inline);
    memory.writeLong(entry + dentry.offset("d_inode"), node);
    memory.writeLong(entry + dentry.offset("d_parent"), entry);
    int access = flags & O_ACCMODE;
    memory.writeInt(
        address + file.offset("f_mode"),
        (access == O_WRONLY ? 0 : FMODE_READ) | (access == 0 ? 0 : FMODE_WRITE));
    memory.writeInt(address + file.offset("f_flags"), flags & ~(O_CREAT | O_EXCL | O_TRUNC));
    memory.writeLong(address + file.offset("f_count"), 1);
    memory.writeLong(address + file.offset("f_inode"), node);
    memory.writeLong(address + file.offset("f_cred"), cred);
    memory.writeLong(address + file.offset("f_path.dentry"), entry);
    OpenFile opened = new OpenFile(this, found, path, address);
    open.put(address, opened);
    return opened;
  }

  private long inodeOf(Inode of) {
    if (of.address() == 0) {
      long made = inodes.allocate(Gfp.KERNEL | Gfp.ZERO);
      if (made == 0) {
        throw new FsException(Errno.ENOMEM);
      }
      memory.writeShort(made + inode.offset("i_mode"), (short) of.mode());
      memory.writeInt(made + inode.offset("i_uid"), of.uid());
      memory.writeInt(made + inode.offset("i_gid"), of.gid());
      memory.writeLong(made + inode.offset("i_ino"), nextIno++);
      memory.writeInt(made + inode.offset("i_nlink"), 1);
      of.setAddress(made);
      sizeChanged(of);
    }
    return of.address();
  }

  void sizeChanged(Inode of) {
    if (of.address() != 0) {
      memory.writeLong(of.address() + inode.offset("i_size"), of.size());
    }
  }

  /** The open file whose {@code struct file} is at {@code address}, or null. */
  public @Nullable OpenFile openFile(long address) {
    return open.get(address);
  }

  /** Takes another reference ({@code get_file}). */
  public void get(OpenFile of) {
    long count = of.address() + file.offset("f_count");
    memory.writeLong(count, memory.readLong(count) + 1);
  }

  /** Drops a reference; the last one closes the file ({@code fput}). */
  public void put(OpenFile of) {
    long count = of.address() + file.offset("f_count");
    long left = memory.readLong(count) - 1;
    memory.writeLong(count, left);
    if (left == 0) {
      open.remove(of.address());
      dentries.free(memory.readLong(of.address() + file.offset("f_path.dentry")));
      filp.free(of.address());
      of.inode().released();
    }
  }

  long inodeNumber(OpenFile of) {
    return memory.readLong(of.inode().address() + inode.offset("i_ino"));
  }

  int flags(OpenFile of) {
    return memory.readInt(of.address() + file.offset("f_flags"));
  }

  /** Whether it was opened for reading. */
  public boolean readable(OpenFile of) {
    return (memory.readInt(of.address() + file.offset("f_mode")) & FMODE_READ) != 0;
  }

  /** Whether it was opened for writing. */
  public boolean writable(OpenFile of) {
    return (memory.readInt(of.address() + file.offset("f_mode")) & FMODE_WRITE) != 0;
  }

  long position(OpenFile of) {
    return memory.readLong(of.address() + file.offset("f_pos"));
  }

  void seek(OpenFile of, long position) {
    memory.writeLong(of.address() + file.offset("f_pos"), position);
  }

  private String meminfo() {
    long total = core.frames().pages() * 4L;
    long free = core.frames().freePages() * 4L;
    return "MemTotal:       %8d kB\nMemFree:        %8d kB\nMemAvailable:   %8d kB\n"
        .formatted(total, free, free);
  }
}
