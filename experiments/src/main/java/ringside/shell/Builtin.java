package ringside.shell;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Parameters;

/** A command of the shell: a picocli class with a constructor that takes its {@link Session}. */
abstract class Builtin {
  private final Session session;

  @Parameters(arity = "0..*", hidden = true)
  private List<String> arguments = List.of();

  /** For subclasses. */
  Builtin(Session session) {
    this.session = session;
  }

  /** Does the work; returns the exit status. */
  abstract int call();

  /** The words behind the command's name. */
  final List<String> arguments() {
    return arguments;
  }

  /** The machine. */
  final Session session() {
    return session;
  }

  /** Where data goes. */
  final PrintWriter out() {
    return session.out();
  }

  /** Complains as programs do, and returns the exit status 1. */
  final int fail(String message) {
    session.err().println(message);
    return 1;
  }
}
