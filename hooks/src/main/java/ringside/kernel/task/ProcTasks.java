package ringside.kernel.task;

import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import ringside.kernel.fs.Directory;
import ringside.kernel.fs.FileTable;
import ringside.kernel.fs.GeneratedFile;
import ringside.kernel.fs.Inode;
import ringside.kernel.fs.OpenFile;
import ringside.kernel.fs.SymbolicLink;
import ringside.kernel.mm.PageTable;

/** {@code /proc/[pid]} and {@code /proc/self}. */
final class ProcTasks {
  private final Tasks tasks;

  ProcTasks(Tasks tasks) {
    this.tasks = tasks;
  }

  void addTo(Directory proc) {
    proc.generate(
        () -> tasks.all().stream().map(task -> Integer.toString(task.pid())).toList(), this::find);
  }

  private @Nullable Inode find(String name) {
    if (name.equals("self")) {
      return directory(tasks.current());
    }
    if (name.isEmpty() || name.length() > 6 || !name.chars().allMatch(Character::isDigit)) {
      return null;
    }
    Task task = tasks.find(Integer.parseInt(name));
    return task == null ? null : directory(task);
  }

  private Directory directory(Task task) {
    Directory directory = new Directory(0555, false);
    directory.add("comm", new GeneratedFile(0644, () -> task.comm() + "\n"));
    directory.add("status", new GeneratedFile(() -> status(task)));
    directory.add("fd", descriptors(task, file -> new SymbolicLink(file::path)));
    directory.add("fdinfo", descriptors(task, file -> new GeneratedFile(file::fdinfo)));
    directory.add("maps", new GeneratedFile(() -> maps(task)));
    return directory;
  }

  private static Directory descriptors(Task task, Function<OpenFile, Inode> entry) {
    Directory directory = new Directory(0555, false);
    FileTable files = task.files();
    if (files != null) {
      directory.generate(
          () ->
              IntStream.range(0, files.size())
                  .filter(fd -> files.get(fd) != null)
                  .mapToObj(Integer::toString)
                  .toList(),
          name -> {
            OpenFile file = name.matches("[0-9]{1,6}") ? files.get(Integer.parseInt(name)) : null;
            return file == null ? null : entry.apply(file);
          });
    }
    return directory;
  }

  private static String status(Task task) {
    Task parent = task.parent();
    String state =
        switch (task.state()) {
          case RUNNABLE -> "R (running)";
          case SLEEPING -> "S (sleeping)";
          case ZOMBIE -> "Z (zombie)";
          case DEAD -> "X (dead)";
        };
    return """
    Name:\t%s
    State:\t%s
    Tgid:\t%d
    Pid:\t%d
    PPid:\t%d
    Uid:\t%d\t%d\t%d\t%d
    Gid:\t%d\t%d\t%d\t%d
    """
        .formatted(
            task.comm(),
            state,
            task.tgid(),
            task.readPid(),
            parent == null ? 0 : parent.pid(),
            task.credential("uid"),
            task.credential("euid"),
            task.credential("suid"),
            task.credential("fsuid"),
            task.credential("gid"),
            task.credential("egid"),
            task.credential("sgid"),
            task.credential("fsgid"));
  }

  private static String maps(Task task) {
    AddressSpace space = task.mm();
    List<AddressSpace.Area> areas = space == null ? List.of() : space.areas();
    StringBuilder out = new StringBuilder();
    for (AddressSpace.Area area : areas) {
      int bits = area.permissions();
      out.append(
          "%08x-%08x %s%s%sp 00000000 00:00 0 %s\n"
              .formatted(
                  area.start(),
                  area.end(),
                  (bits & PageTable.READ) != 0 ? "r" : "-",
                  (bits & PageTable.WRITE) != 0 ? "w" : "-",
                  (bits & PageTable.EXECUTE) != 0 ? "x" : "-",
                  area.name()));
    }
    return out.toString();
  }
}
