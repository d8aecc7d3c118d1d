package ringside.shell;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Command;
import ringside.kernel.fs.Credentials;
import ringside.kernel.fs.Directory;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.Inode;
import ringside.lkm.kmod.Strerror;

/** Commands about files. */
final class FileCommands {
  private FileCommands() {}

  /** {@code cat}. */
  @Command(name = "cat", description = "FILE...: print files")
  static final class Cat extends Builtin {
    Cat(Session session) {
      super(session);
    }

    @Override
    int call() {
      int status = 0;
      for (String path : arguments()) {
        byte[] content = session().read(path);
        if (content == null) {
          status = fail("cat: %s: No such file or directory".formatted(path));
        } else {
          out().print(new String(content, StandardCharsets.UTF_8));
        }
      }
      return status;
    }
  }

  /** {@code ls}. */
  @Command(name = "ls", description = "[DIRECTORY]...: list the kernel's files, else the host's")
  static final class Ls extends Builtin {
    Ls(Session session) {
      super(session);
    }

    @Override
    int call() {
      int status = 0;
      for (String path : arguments().isEmpty() ? List.of(".") : arguments()) {
        status = list(path) == 0 ? status : 2;
      }
      return status;
    }

    private int list(String path) {
      if (path.startsWith("/")) {
        try {
          Inode inode = session().kernel().fs().lookup(path, Credentials.ROOT);
          if (inode instanceof Directory directory) {
            directory.names().forEach(out()::println);
          } else {
            out().println(path);
          }
          return 0;
        } catch (FsException e) {
          if (!Files.exists(Path.of(path))) {
            return fail("ls: cannot access '%s': %s".formatted(path, Strerror.of(e.errno())));
          }
        }
      }
      Path host = session().host(path);
      if (Files.isDirectory(host)) {
        String[] names = host.toFile().list((_, name) -> !name.startsWith("."));
        if (names == null) {
          return fail("ls: cannot open directory '%s': Permission denied".formatted(path));
        }
        Arrays.stream(names).sorted().forEach(out()::println);
        return 0;
      }
      if (Files.exists(host)) {
        out().println(path);
        return 0;
      }
      return fail("ls: cannot access '%s': No such file or directory".formatted(path));
    }
  }

  /** {@code echo}. */
  @Command(name = "echo", description = "[-n] [WORD]...: print words")
  static final class Echo extends Builtin {
    Echo(Session session) {
      super(session);
    }

    @Override
    int call() {
      List<String> words = arguments();
      boolean bare = !words.isEmpty() && words.getFirst().equals("-n");
      out().print(String.join(" ", bare ? words.subList(1, words.size()) : words));
      out().print(bare ? "" : "\n");
      return 0;
    }
  }

  /** {@code mkdir}. */
  @Command(name = "mkdir", description = "DIRECTORY...: make directories of the kernel")
  static final class Mkdir extends Builtin {
    Mkdir(Session session) {
      super(session);
    }

    @Override
    int call() {
      int status = 0;
      for (String path : arguments()) {
        try {
          session().kernel().fs().mkdir(path, 0755, Credentials.ROOT);
        } catch (FsException e) {
          status =
              fail(
                  "mkdir: cannot create directory '%s': %s"
                      .formatted(path, Strerror.of(e.errno())));
        }
      }
      return status;
    }
  }

  /** {@code rm}. */
  @Command(name = "rm", description = "[-d] FILE...: remove files of the kernel; -d: directories")
  static final class Rm extends Builtin {
    Rm(Session session) {
      super(session);
    }

    @Override
    int call() {
      boolean directory = arguments().contains("-d");
      int status = 0;
      for (String path : arguments()) {
        if (path.equals("-d")) {
          continue;
        }
        try {
          session().kernel().fs().unlink(path, directory, Credentials.ROOT);
        } catch (FsException e) {
          status = fail("rm: cannot remove '%s': %s".formatted(path, Strerror.of(e.errno())));
        }
      }
      return status;
    }
  }
}
