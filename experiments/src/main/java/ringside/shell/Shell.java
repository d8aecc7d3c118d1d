package ringside.shell;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import ringside.format.BadInputException;
import ringside.kernel.trap.KernelHang;
import ringside.kernel.trap.KernelPanic;
import ringside.kernel.trap.KernelState;
import ringside.kernel.trap.TaskKilled;
import ringside.shell.CommandLineSyntax.Statement;

/** Runs command lines on a {@link Session}. */
final class Shell {
  /** Exit status where the simulated kernel has panicked. */
  static final int PANICKED = 4;

  /** Exit status where it did not come to an end. */
  static final int TIME_LIMIT = 124;

  private static final int NOT_EXECUTABLE = 126;
  private static final int NOT_FOUND = 127;
  private static final int USAGE = 2;

  private final Session session;
  private final CommandLine builtins;

  /** The list of all commands. */
  @Command(
      name = "",
      subcommands = {
        ModuleCommands.Insmod.class,
        ModuleCommands.Rmmod.class,
        ModuleCommands.Lsmod.class,
        ModuleCommands.Modinfo.class,
        ModuleCommands.Modprobe.class,
        FileCommands.Cat.class,
        FileCommands.Ls.class,
        FileCommands.Echo.class,
        FileCommands.Mkdir.class,
        FileCommands.Rm.class,
        TaskCommands.Ps.class,
        TaskCommands.Kill.class,
        TaskCommands.Sleep.class,
        TaskCommands.Wait.class,
        TaskCommands.Uname.class,
        TaskCommands.Id.class,
        KernelCommands.Dmesg.class,
        KernelCommands.Replay.class,
        KernelCommands.Hooks.class,
        ProgCommands.Prog.class,
        BpfCommands.BpftoolCommand.class,
      })
  static final class Builtins implements Runnable {
    @Override
    public void run() {}
  }

  /** Makes a shell on a booted kernel. */
  Shell(Session session) {
    this.session = session;
    this.builtins = new CommandLine(new Builtins(), new SessionFactory(session));
    for (CommandLine command : builtins.getSubcommands().values()) {
      command.setUnmatchedOptionsArePositionalParams(true);
      command.setExpandAtFiles(false);
      command.setTrimQuotes(false);
      command.setUnmatchedArgumentsAllowed(false);
    }
  }

  /** The names of all commands, for completion. */
  List<String> names() {
    return List.copyOf(builtins.getSubcommands().keySet());
  }

  /**
   * Runs a script.
   *
   * @return the exit status of its last command; 4 where the kernel panicked
   */
  int run(String script) {
    List<Statement> statements;
    try {
      statements = CommandLineSyntax.parse(script);
    } catch (BadInputException e) {
      session.complain(e);
      session.setStatus(USAGE);
      return USAGE;
    }
    for (Statement statement : statements) {
      boolean wanted =
          switch (statement.join()) {
            case ALWAYS -> true;
            case AND -> session.status() == 0;
            case OR -> session.status() != 0;
          };
      if (wanted) {
        session.setStatus(run(statement));
      }
      if (session.exited() || dead()) {
        break;
      }
    }
    return session.status();
  }

  /** Whether the kernel can run no more commands. */
  boolean dead() {
    return session.status() == PANICKED && session.kernel().state() == KernelState.PANICKED;
  }

  private int run(Statement statement) {
    int before = session.logLines();
    try {
      if (statement.output() == null) {
        return execute(statement);
      }
      StringWriter text = new StringWriter();
      PrintWriter real = session.redirect(new PrintWriter(text));
      try {
        return execute(statement);
      } finally {
        session.redirect(real);
        session.write(statement.output(), text.toString(), statement.append());
      }
    } catch (KernelPanic panic) {
      session.err().print(session.logFrom(before));
      return PANICKED;
    } catch (KernelHang hang) {
      session.err().print(session.logFrom(before));
      session.err().println(hang.getMessage());
      return TIME_LIMIT;
    } catch (TaskKilled killed) {
      return session.status(killed.signal());
    } catch (BadInputException e) {
      session.complain(e);
      return 1;
    } finally {
      session.out().flush();
      session.err().flush();
    }
  }

  private int execute(Statement statement) {
    List<String> words = statement.words();
    String name = words.getFirst();
    if (name.equals("help")) {
      help();
      return 0;
    }
    if (name.equals("exit")) {
      return exit(words);
    }
    CommandLine builtin = builtins.getSubcommands().get(name);
    if (builtin != null) {
      // Not execute(): that would print a kernel panic as an error of the command.
      builtins.parseArgs(words.toArray(new String[0]));
      return ((Builtin) builtin.getCommandSpec().userObject()).call();
    }
    byte[] file = name.contains("/") ? session.read(name) : null;
    if (file == null) {
      session
          .err()
          .println(
              name.contains("/")
                  ? "%s: No such file or directory".formatted(name)
                  : "%s: command not found (help lists the commands)".formatted(name));
      return NOT_FOUND;
    }
    try {
      return session.start(words, file, statement.background());
    } catch (BadInputException e) {
      session.complain(e);
      return NOT_EXECUTABLE;
    }
  }

  private int exit(List<String> words) {
    int code = session.status();
    if (words.size() > 1) {
      if (!words.get(1).matches("\\d{1,3}")) {
        session.err().println("exit: %s: numeric argument required".formatted(words.get(1)));
        return USAGE;
      }
      code = Integer.parseInt(words.get(1)) & 0xff;
    }
    session.exit(code);
    return code;
  }

  private void help() {
    session.out().println("Commands; join them with ; && || and run programs by their path:");
    for (Map.Entry<String, CommandLine> entry : builtins.getSubcommands().entrySet()) {
      String text =
          String.join(" ", entry.getValue().getCommandSpec().usageMessage().description());
      session.out().println("  %-9s %s".formatted(entry.getKey(), text));
    }
    session.out().println("  %-9s %s".formatted("exit", "[STATUS]: leave the shell"));
  }

  /** Makes commands with their session. */
  private record SessionFactory(Session session) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (!Builtin.class.isAssignableFrom(type)) {
        return CommandLine.defaultFactory().create(type);
      }
      Constructor<K> constructor = type.getDeclaredConstructor(Session.class);
      return constructor.newInstance(session);
    }
  }
}
