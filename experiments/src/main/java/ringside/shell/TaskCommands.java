package ringside.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import ringside.kernel.core.KernelVersion;
import ringside.kernel.task.Task;

/** Commands about tasks and the machine. */
final class TaskCommands {
  private static final Map<String, Integer> SIGNALS =
      Map.of("HUP", 1, "INT", 2, "KILL", 9, "SEGV", 11, "TERM", 15);

  private TaskCommands() {}

  /** {@code ps}. */
  @Command(name = "ps", description = "list the tasks")
  static final class Ps extends Builtin {
    Ps(Session session) {
      super(session);
    }

    @Override
    int call() {
      out().println("    PID    PPID   UID S COMMAND");
      for (Task task : session().kernel().tasks().all()) {
        Task parent = task.parent();
        out()
            .println(
                "%7d %7d %5d %c %s"
                    .formatted(
                        task.pid(),
                        parent == null ? 0 : parent.pid(),
                        task.credential("euid"),
                        task.state().letter(),
                        task.comm()));
      }
      return 0;
    }
  }

  /** {@code kill}. */
  @Command(name = "kill", description = "[-SIGNAL] PID...: send a signal")
  static final class Kill extends Builtin {
    Kill(Session session) {
      super(session);
    }

    @Override
    int call() {
      List<String> words = new ArrayList<>(arguments());
      int signal = 15;
      if (!words.isEmpty() && words.getFirst().startsWith("-")) {
        String name = words.removeFirst().substring(1).replaceFirst("^SIG", "");
        Integer known = SIGNALS.get(name);
        if (known == null && !name.matches("\\d{1,2}")) {
          return fail("kill: %s: invalid signal specification".formatted(name));
        }
        signal = known != null ? known : Integer.parseInt(name);
      }
      if (words.isEmpty()) {
        return fail("kill: usage: kill [-SIGNAL] PID...");
      }
      int status = 0;
      for (String word : words) {
        Task task =
            word.matches("\\d{1,9}")
                ? session().kernel().tasks().find(Integer.parseInt(word))
                : null;
        if (task == null) {
          status = fail("kill: (%s) - No such process".formatted(word));
        } else {
          session().kernel().tasks().signal(task, signal);
        }
      }
      return status;
    }
  }

  /** {@code sleep}. */
  @Command(name = "sleep", description = "SECONDS: let virtual time pass, and tasks run")
  static final class Sleep extends Builtin {
    Sleep(Session session) {
      super(session);
    }

    @Override
    int call() {
      if (arguments().size() != 1 || !arguments().getFirst().matches("\\d{1,6}(\\.\\d{1,9})?")) {
        return fail("sleep: one number of seconds is needed");
      }
      double seconds = Double.parseDouble(arguments().getFirst());
      long until = session().kernel().clock().nanos() + (long) (seconds * 1e9);
      session().kernel().tasks().run((long) (seconds * 1e9));
      long rest = until - session().kernel().clock().nanos();
      if (rest > 0) {
        session().kernel().clock().idle(rest);
      }
      return 0;
    }
  }

  /** {@code wait}. */
  @Command(name = "wait", description = "let background programs run until all have ended")
  static final class Wait extends Builtin {
    Wait(Session session) {
      super(session);
    }

    @Override
    int call() {
      return session().kernel().tasks().run(Session.FOREGROUND_NANOS) ? 0 : 124;
    }
  }

  /** {@code uname}. */
  @Command(name = "uname", description = "[-asnrvm]: print the kernel's name and version")
  static final class Uname extends Builtin {
    Uname(Session session) {
      super(session);
    }

    @Override
    int call() {
      KernelVersion version = session().kernel().version();
      StringBuilder wanted = new StringBuilder();
      for (String word : arguments()) {
        if (!word.matches("-[asnrvm]+")) {
          return fail("uname: invalid option '%s'".formatted(word));
        }
        wanted.append(word.contains("a") ? "snrvm" : word.substring(1));
      }
      String flags = wanted.isEmpty() ? "s" : wanted.toString();
      List<String> parts = new ArrayList<>();
      for (char flag : "snrvm".toCharArray()) {
        if (flags.indexOf(flag) >= 0) {
          parts.add(
              switch (flag) {
                case 's' -> "Linux";
                case 'n' -> "ringside";
                case 'r' -> version.release();
                case 'v' -> "#1 SMP PREEMPT";
                default -> "riscv64";
              });
        }
      }
      out().println(String.join(" ", parts));
      return 0;
    }
  }

  /** {@code id}. */
  @Command(name = "id", description = "print who the shell acts as")
  static final class Id extends Builtin {
    Id(Session session) {
      super(session);
    }

    @Override
    int call() {
      out().println("uid=0(root) gid=0(root) groups=0(root)");
      return 0;
    }
  }
}
