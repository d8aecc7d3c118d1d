package ringside.ebpf.vm;

import com.oracle.truffle.api.TruffleLanguage;

/**
 * The language {@code ebpf}, which the root nodes of all eBPF programs of a kernel belong to.
 *
 * <p>Programs enter through the kernel's loader and not through {@code eval}: they need a kernel to
 * run in.
 */
@TruffleLanguage.Registration(
    id = EbpfLanguage.ID,
    name = "eBPF",
    contextPolicy = TruffleLanguage.ContextPolicy.EXCLUSIVE)
public final class EbpfLanguage extends TruffleLanguage<EbpfLanguage.Guest> {
  /** The language's id. */
  public static final String ID = "ebpf";

  private static final LanguageReference<EbpfLanguage> REFERENCE =
      LanguageReference.create(EbpfLanguage.class);

  /** The instance of the entered context. */
  public static EbpfLanguage get() {
    return REFERENCE.get(null);
  }

  @Override
  protected Guest createContext(Env env) {
    return new Guest(env);
  }

  /** The language's state in one context: none but the environment. */
  public record Guest(Env env) {}
}
