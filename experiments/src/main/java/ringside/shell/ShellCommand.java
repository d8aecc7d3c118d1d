package ringside.shell;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import ringside.format.BadInputException;
import ringside.kernel.KernelConfig;

/** {@code ringside shell}: boots a kernel and gives a root shell on it. */
@Command(
    name = "shell",
    description = "Boot a kernel and run commands on it as root.",
    footer = {
      "",
      "Without -c and SCRIPT, commands come from standard input.",
      "The exit code is that of the last command: 3 when the kernel refused a module or program;",
      "4 when the simulated kernel panicked.",
      "",
      "Examples:",
      "  ringside shell -c \"insmod hello.ko; lsmod; dmesg\"",
      "  ringside shell lab.sh",
    })
public final class ShellCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "-c", paramLabel = "COMMANDS", description = "Run these commands.")
  private @Nullable String commands;

  @Parameters(paramLabel = "SCRIPT", arity = "0..1", description = "Run the commands of a file.")
  private @Nullable Path script;

  @Option(names = "--seed", description = "Seed of all that is random (default: 1).")
  private long seed = 1;

  @Option(names = "--panic-on-oops", description = "Let every oops panic the kernel.")
  private boolean panicOnOops;

  /** Made by picocli. */
  public ShellCommand() {}

  @Override
  public Integer call() throws IOException {
    if (commands != null && script != null) {
      throw new BadInputException(null, "-c and SCRIPT exclude each other", "give one of them");
    }
    String text = commands;
    if (script != null) {
      if (!Files.isRegularFile(script)) {
        throw new BadInputException(
            script.toString(),
            Files.exists(script) ? "is not a file" : "no such file",
            "name a file of commands, or give them with -c");
      }
      text = Files.readString(script);
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    KernelConfig config = KernelConfig.defaults().withSeed(seed).withPanicOnOops(panicOnOops);
    try (Session session = new Session(config, Path.of(""), out, err)) {
      Shell shell = new Shell(session);
      if (text != null) {
        return shell.run(text);
      }
      // Since JDK 22 there is a console even without a terminal; it must be asked.
      boolean terminal =
          Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
      return terminal ? interact(shell, session) : lines(shell, session);
    }
  }

  /** Commands from a pipe: one line at a time, so that a writer can react to answers. */
  private static int lines(Shell shell, Session session) throws IOException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = input.readLine();
    while (line != null && !session.exited() && !shell.dead()) {
      shell.run(line);
      line = input.readLine();
    }
    return session.status();
  }

  private static int interact(Shell shell, Session session) throws IOException {
    try (Terminal terminal = TerminalBuilder.builder().system(true).build()) {
      LineReader reader =
          LineReaderBuilder.builder()
              .terminal(terminal)
              .appName("ringside")
              .completer(new StringsCompleter(shell.names()))
              .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
              .build();
      while (!session.exited() && !shell.dead()) {
        try {
          shell.run(reader.readLine("# "));
        } catch (UserInterruptException interrupted) {
          session.setStatus(130);
        } catch (EndOfFileException end) {
          break;
        }
      }
    }
    return session.status();
  }
}
