package ringside.cli;

import com.oracle.truffle.api.Truffle;
import org.graalvm.polyglot.Engine;

/** Makes polyglot engines on any JVM: the launcher starts light commands without the compiler. */
final class GuestEngine {
  private GuestEngine() {}

  /** Whether this JVM can compile guest code. */
  static boolean compiles() {
    return !Truffle.getRuntime().getName().equals("Interpreted");
  }

  /**
   * Begins an engine.
   *
   * @param interpreter whether it must never compile
   */
  static Engine.Builder builder(boolean interpreter) {
    Engine.Builder builder = Engine.newBuilder().allowExperimentalOptions(true);
    if (!compiles()) {
      return builder.option("engine.WarnInterpreterOnly", "false");
    }
    return interpreter ? builder.option("engine.Compilation", "false") : builder;
  }
}
