package ringside.kernel.vm;

import java.util.function.Supplier;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;

/**
 * The polyglot context that one kernel's guest code runs in.
 *
 * <p>All languages of one kernel (kernel hooks, eBPF, RV64) share it, so that calls between them
 * inline.
 */
public final class GuestContext implements AutoCloseable {
  private final Context context;

  /** Opens a context on an engine, which the caller keeps and may share between kernels. */
  public GuestContext(Engine engine) {
    this.context = Context.newBuilder().engine(engine).allowAllAccess(true).build();
  }

  /** The polyglot context itself. */
  public Context polyglot() {
    return context;
  }

  /**
   * Gets a language's instance in this context.
   *
   * @param id the language's id
   * @param reference reads the instance of the entered context, e.g. {@code KernelLanguage::get}
   */
  public <L> L language(String id, Supplier<L> reference) {
    try (Scope _ = enter()) {
      context.initialize(id);
      return reference.get();
    }
  }

  /**
   * Enters the context on this thread; guest code runs only between here and the scope's close.
   *
   * <p>Scopes of several kernels nest on one thread, innermost closed first.
   */
  public Scope enter() {
    context.enter();
    return context::leave;
  }

  /** An entered context; closing it leaves. */
  @FunctionalInterface
  public interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  public void close() {
    context.close(true);
  }
}
