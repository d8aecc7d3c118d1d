package ringside.shell;

import java.util.List;
import java.util.function.ToIntFunction;
import picocli.CommandLine.Command;
import ringside.format.BadInputException;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Machine;
import ringside.kernel.printk.Printk;
import ringside.lkm.kmod.Kmod;

/** The kmod tools as commands of the shell. */
final class ModuleCommands {
  private static final String COMPILE_HINT =
      "make a module with: ringside cc FILE.c --target module";

  private ModuleCommands() {}

  /** Runs a tool; where the kernel refuses the module, adds why, which kmod leaves to dmesg. */
  private static int explained(Session session, String path, ToIntFunction<Kmod> tool) {
    int before = session.logLines();
    int status = tool.applyAsInt(session.kmod());
    byte[] file = status == Kmod.REFUSED ? session.read(path) : null;
    if (file == null) {
      return status;
    }
    try {
      ElfFile.parse(path, file).require(ElfFile.ET_REL, Machine.RISCV, COMPILE_HINT);
      List<Printk.Line> log = session.kernel().printk().lines();
      session
          .err()
          .println(
              before < log.size()
                  ? "hint: dmesg says: " + log.getLast().text()
                  : "hint: lsmod shows what is loaded, modinfo what the file says of itself");
    } catch (BadInputException damaged) {
      session.complain(damaged);
    }
    return status;
  }

  /** {@code insmod}. */
  @Command(name = "insmod", description = "FILE.ko [NAME=VALUE]...: load a module")
  static final class Insmod extends Builtin {
    Insmod(Session session) {
      super(session);
    }

    @Override
    int call() {
      return explained(
          session(),
          arguments().isEmpty() ? "" : arguments().getFirst(),
          kmod -> kmod.insmod(arguments()));
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
      return explained(
          session(),
          arguments().isEmpty() ? "" : arguments().getFirst() + ".ko",
          kmod -> kmod.modprobe(arguments()));
    }
  }
}
