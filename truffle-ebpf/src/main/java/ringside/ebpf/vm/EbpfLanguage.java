package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.instrumentation.ProvidedTags;
import com.oracle.truffle.api.instrumentation.StandardTags;
import com.oracle.truffle.api.nodes.RootNode;
import com.oracle.truffle.api.source.Source;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * The language {@code ebpf}, which the root nodes of all eBPF programs of a kernel belong to.
 *
 * <p>A kernel's loader makes most of them. {@code eval} takes an object or assembly text, and loads
 * it into a kernel that the context has for itself.
 */
@TruffleLanguage.Registration(
    id = EbpfLanguage.ID,
    name = "eBPF",
    characterMimeTypes = EbpfLanguage.ASSEMBLY,
    byteMimeTypes = EbpfLanguage.OBJECT,
    defaultMimeType = EbpfLanguage.ASSEMBLY,
    dependentLanguages = "ringside-kernel",
    contextPolicy = TruffleLanguage.ContextPolicy.EXCLUSIVE)
@ProvidedTags({
  StandardTags.RootTag.class,
  StandardTags.RootBodyTag.class,
  StandardTags.StatementTag.class
})
public final class EbpfLanguage extends TruffleLanguage<EbpfLanguage.Guest> {
  /** The language's id. */
  public static final String ID = "ebpf";

  /** Assembly text. */
  public static final String ASSEMBLY = "text/x-ebpf";

  /** An ELF object. */
  public static final String OBJECT = "application/x-ebpf";

  private static final LanguageReference<EbpfLanguage> REFERENCE =
      LanguageReference.create(EbpfLanguage.class);
  private static final ContextReference<Guest> CONTEXT =
      ContextReference.create(EbpfLanguage.class);

  /** The instance of the entered context. */
  public static EbpfLanguage get() {
    return REFERENCE.get(null);
  }

  /** Loads sources; found as a service, since it needs what stands above the engine. */
  public interface Evaluator extends AutoCloseable {
    /**
     * Loads a source.
     *
     * @throws EvaluationException where it cannot be loaded
     */
    ProgramsValue evaluate(Source source);

    @Override
    void close();
  }

  /** Makes the evaluator of one context. */
  public interface EvaluatorFactory {
    /** Makes it. */
    Evaluator create(Env env);
  }

  @Override
  protected Guest createContext(Env env) {
    return new Guest(env);
  }

  @Override
  protected CallTarget parse(ParsingRequest request) {
    ProgramsValue programs = CONTEXT.get(null).evaluator().evaluate(request.getSource());
    return RootNode.createConstantNode(programs.only()).getCallTarget();
  }

  @Override
  protected void finalizeContext(Guest context) {
    context.close();
  }

  /** The language's state in one context. */
  public static final class Guest {
    private final Env env;
    private @Nullable Evaluator evaluator;

    Guest(Env env) {
      this.env = env;
    }

    Evaluator evaluator() {
      Evaluator made = evaluator;
      if (made == null) {
        made =
            ServiceLoader.load(EvaluatorFactory.class, EvaluatorFactory.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no evaluator on the class path"))
                .create(env);
        evaluator = made;
      }
      return made;
    }

    void close() {
      if (evaluator != null) {
        evaluator.close();
      }
    }
  }
}
