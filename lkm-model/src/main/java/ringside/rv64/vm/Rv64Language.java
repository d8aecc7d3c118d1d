package ringside.rv64.vm;

import com.oracle.truffle.api.TruffleLanguage;

/**
 * The language that RV64 machine code runs as.
 *
 * <p>It parses nothing: code comes from the simulated memory.
 */
@TruffleLanguage.Registration(
    id = Rv64Language.ID,
    name = "RV64",
    contextPolicy = TruffleLanguage.ContextPolicy.EXCLUSIVE)
public final class Rv64Language extends TruffleLanguage<Rv64Language.Guest> {
  /** The language's id. */
  public static final String ID = "rv64";

  private static final LanguageReference<Rv64Language> REFERENCE =
      LanguageReference.create(Rv64Language.class);

  /** The instance of the entered context. */
  public static Rv64Language get() {
    return REFERENCE.get(null);
  }

  @Override
  protected Guest createContext(Env env) {
    return new Guest(env);
  }

  /** The language's state in one context: none but the environment. */
  public record Guest(Env env) {}
}
