package ringside.cli;

import com.google.gson.JsonObject;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import ringside.shell.ShellCommand;

/** The root command; its {@code subcommands} are the one list of what {@code ringside} can do. */
@Command(
    name = "ringside",
    description = "Kernel modules and eBPF programs, side by side in one simulated kernel.",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    subcommands = {
      RunCommand.class,
      ReportCommand.class,
      BenchCommand.class,
      CompileCommand.class,
      DoctorCommand.class,
      ProgCommand.class,
      ConformanceCommand.class,
      ShellCommand.class,
      CommandLine.HelpCommand.class,
    },
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "  0:done",
      "  1:an expectation failed",
      "  2:wrong usage, or a file that cannot be used",
      "  3:rejected by the verifier or a loader",
      "  4:the simulated kernel panicked",
      " 69:no suitable JDK, or no C compiler",
      " 70:internal error",
      "124:time limit",
    })
public final class Ringside implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Show stack traces with errors.")
  private boolean verbose;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Write the result to standard output as JSON.")
  private boolean json;

  /** Entry point of the launcher. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = execute(out, err, args);
    out.flush();
    err.flush();
    // exit, because a command may leave daemon-less threads of the compiler or the engine behind
    System.exit(code);
  }

  /**
   * Runs one command line.
   *
   * @param out gets data
   * @param err gets progress and diagnostics
   * @return the exit code
   */
  public static int execute(PrintWriter out, PrintWriter err, String... args) {
    Ringside root = new Ringside();
    CommandLine line = new CommandLine(root);
    line.setOut(out).setErr(err);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (thrown, command, parsed) -> root.report(Failure.of(thrown), thrown, command));
    line.setParameterExceptionHandler((thrown, arguments) -> root.misused(thrown));
    return line.execute(args);
  }

  /** Whether {@code --json} was given, anywhere on the command line. */
  boolean json() {
    return json;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }

  private int misused(ParameterException thrown) {
    CommandLine command = thrown.getCommandLine();
    Throwable cause = thrown.getCause();
    String name = command.getCommandSpec().qualifiedName();
    String message = message(thrown);
    Failure failure =
        new Failure(ExitCode.USAGE, message, suggestion(thrown) + "see: " + name + " --help");
    return report(failure, cause == null ? thrown : cause, command);
  }

  private static String message(ParameterException thrown) {
    if (thrown instanceof CommandLine.UnmatchedArgumentException unmatched
        && !unmatched.isUnknownOption()
        && !thrown.getCommandLine().getSubcommands().isEmpty()) {
      return "unknown command '" + unmatched.getUnmatched().getFirst() + "'";
    }
    return String.valueOf(thrown.getMessage());
  }

  private static String suggestion(ParameterException thrown) {
    if (thrown instanceof CommandLine.UnmatchedArgumentException unmatched) {
      var suggestions = unmatched.getSuggestions();
      if (!suggestions.isEmpty()) {
        return "did you mean " + String.join(" or ", suggestions) + "? ";
      }
    }
    return "";
  }

  private int report(Failure failure, Throwable thrown, CommandLine command) {
    PrintWriter err = command.getErr();
    Ansi ansi = command.getColorScheme().ansi();
    err.println(ansi.string("@|bold,red error:|@ ") + failure.message());
    if (failure.hint() != null) {
      err.println(ansi.string("@|bold hint:|@ ") + failure.hint());
    }
    if (verbose) {
      thrown.printStackTrace(err);
    }
    err.flush();
    if (json) {
      command.getOut().println(json(failure));
      command.getOut().flush();
    }
    return failure.exitCode().code();
  }

  private static JsonObject json(Failure failure) {
    JsonObject error = new JsonObject();
    error.addProperty("message", failure.message());
    @Nullable String hint = failure.hint();
    if (hint != null) {
      error.addProperty("hint", hint);
    }
    error.addProperty("exit_code", failure.exitCode().code());
    JsonObject root = new JsonObject();
    root.add("error", error);
    return root;
  }
}
