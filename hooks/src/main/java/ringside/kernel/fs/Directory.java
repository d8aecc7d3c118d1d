package ringside.kernel.fs;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.Errno;

/** A directory: entries of its own, and maybe some that are made when they are asked for. */
public class Directory extends Inode {
  private final TreeMap<String, Inode> entries = new TreeMap<>();
  private final boolean writable;
  private Function<String, @Nullable Inode> generated = _ -> null;
  private Supplier<List<String>> generatedNames = List::of;

  /** Makes an empty directory in which users may create files, as ramfs allows. */
  public Directory(int permissions) {
    this(permissions, true);
  }

  /**
   * Makes an empty directory.
   *
   * @param writable whether users may create files, permissions aside; false in {@code /proc}
   */
  public Directory(int permissions, boolean writable) {
    super(S_IFDIR | permissions);
    this.writable = writable;
  }

  /** Adds an entry of the kernel's own, replacing what was there; returns it. */
  public final <T extends Inode> T add(String name, T inode) {
    entries.put(name, inode);
    return inode;
  }

  /** Removes an entry; returns false where there was none. */
  public final boolean remove(String name) {
    return entries.remove(name) != null;
  }

  /**
   * Adds entries that are made when they are asked for, such as {@code /proc/[pid]}.
   *
   * @param names their names now
   * @param find the entry of a name, or null
   */
  public final void generate(Supplier<List<String>> names, Function<String, @Nullable Inode> find) {
    generatedNames = names;
    generated = find;
  }

  /** The entry of that name, or null. */
  public final @Nullable Inode find(String name) {
    Inode own = entries.get(name);
    return own != null ? own : generated.apply(name);
  }

  /** The names of all entries: generated ones first, then the others sorted. */
  public final List<String> names() {
    List<String> names = new ArrayList<>(generatedNames.get());
    names.addAll(entries.keySet());
    return names;
  }

  /**
   * Refuses names that the file system keeps for itself, whenever one is looked up.
   *
   * @throws FsException where it does
   */
  protected void checkName(String name) {}

  /**
   * Makes the file that {@code open(O_CREAT)} creates here.
   *
   * @throws FsException where the file system has no such files
   */
  protected Inode makeFile(int permissions) {
    if (!writable) {
      throw new FsException(Errno.EACCES);
    }
    return new RegularFile(permissions);
  }

  /**
   * Makes the directory that {@code mkdir} creates here.
   *
   * @throws FsException where the file system's directories are its own
   */
  protected Directory makeDirectory(int permissions) {
    if (!writable) {
      throw new FsException(Errno.EPERM);
    }
    return new Directory(permissions);
  }

  /** Whether users may remove what is in it, permissions aside. */
  protected boolean removable() {
    return writable;
  }

  @Override
  protected int read(long position, byte[] into, int count) {
    throw new FsException(Errno.EISDIR);
  }

  @Override
  protected int write(long position, byte[] from, int count) {
    throw new FsException(Errno.EISDIR);
  }
}
