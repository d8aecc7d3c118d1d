package ringside.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * What every command shares: its streams and the options of the root.
 *
 * <p>A command reports what went wrong by throwing, a {@link UserError} for instance; {@link
 * Failure} decides how that is shown and which exit code it means.
 */
public abstract class Subcommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** For subclasses. */
  protected Subcommand() {}

  /** Does the work; data goes to {@link #out}, all else to {@link #err}. */
  protected abstract ExitCode run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    ExitCode code = run();
    out().flush();
    return code.code();
  }

  /** The standard output. */
  protected final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** The standard error. */
  protected final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Whether data is to be written as JSON. */
  protected final boolean json() {
    return spec.root().userObject() instanceof Ringside root && root.json();
  }

  /** Colours, which {@code NO_COLOR} and pipes turn off: {@code ansi().string("@|green ok|@")}. */
  protected final CommandLine.Help.Ansi ansi() {
    return spec.commandLine().getColorScheme().ansi();
  }
}
