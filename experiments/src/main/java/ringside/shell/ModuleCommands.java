package ringside.shell;

import picocli.CommandLine.Command;

/** The kmod tools as commands of the shell. */
final class ModuleCommands {
  private ModuleCommands() {}

  /** {@code insmod}. */
  @Command(name = "insmod", description = "FILE.ko [NAME=VALUE]...: load a module")
  static final class Insmod extends Builtin {
    Insmod(Session session) {
      super(session);
    }

    @Override
    int call() {
      return session().kmod().insmod(arguments());
    }
  }

  /** {@code rmmod}. */
  @Command(name = "rmmod", description = "MODULE...: remove modules")
  static final class Rmmod extends Builtin {
    Rmmod(Session session) {
      super(session);
    }

    @Override
    int call() {
      return session().kmod().rmmod(arguments());
    }
  }

  /** {@code lsmod}. */
  @Command(name = "lsmod", description = "list the loaded modules")
  static final class Lsmod extends Builtin {
    Lsmod(Session session) {
      super(session);
    }

    @Override
    int call() {
      return session().kmod().lsmod(arguments());
    }
  }

  /** {@code modinfo}. */
  @Command(name = "modinfo", description = "[-F FIELD] FILE.ko...: tell about modules")
  static final class Modinfo extends Builtin {
    Modinfo(Session session) {
      super(session);
    }

    @Override
    int call() {
      return session().kmod().modinfo(arguments());
    }
  }

  /** {@code modprobe}. */
  @Command(name = "modprobe", description = "[-r] MODULE [NAME=VALUE]...: load or remove a module")
  static final class Modprobe extends Builtin {
    Modprobe(Session session) {
      super(session);
    }

    @Override
    int call() {
      return session().kmod().modprobe(arguments());
    }
  }
}
