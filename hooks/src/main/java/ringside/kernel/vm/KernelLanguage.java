package ringside.kernel.vm;

import com.oracle.truffle.api.TruffleLanguage;

/**
 * The language that the kernel's own root nodes (hook dispatch, built-in workloads) belong to.
 *
 * <p>It parses nothing; it gives those nodes the engine, and so the compiler options, of their
 * kernel.
 */
@TruffleLanguage.Registration(
    id = KernelLanguage.ID,
    name = "Ringside kernel",
    contextPolicy = TruffleLanguage.ContextPolicy.EXCLUSIVE)
public final class KernelLanguage extends TruffleLanguage<KernelLanguage.Guest> {
  /** The language's id. */
  public static final String ID = "ringside-kernel";

  private static final LanguageReference<KernelLanguage> REFERENCE =
      LanguageReference.create(KernelLanguage.class);

  /** The instance of the entered context. */
  public static KernelLanguage get() {
    return REFERENCE.get(null);
  }

  @Override
  protected Guest createContext(Env env) {
    return new Guest(env);
  }

  /** The language's state in one context: none but the environment. */
  public record Guest(Env env) {}
}
