package ringside.kernel.vm;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;

/**
 * The polyglot context that one kernel's guest code runs in.
 *
 * <p>All languages of one kernel (kernel hooks, eBPF, RV64) share it, so that calls between them
 * inline.
 */
public final class GuestContext implements AutoCloseable {
  private final Context context;
  private final @Nullable Consumer<String> initializer;

  /** Opens a context on an engine, which the caller keeps and may share between kernels. */
  public GuestContext(Engine engine) {
    this.context = Context.newBuilder().engine(engine).allowAllAccess(true).build();
    this.initializer = null;
  }

  private GuestContext(Context context, Consumer<String> initializer) {
    this.context = context;
    this.initializer = initializer;
  }

  /**
   * The context that this thread is in: a kernel that a language boots for itself.
   *
   * <p>Guest code then runs while its owner has entered it; {@link #enter} and {@link #close} do
   * nothing.
   *
   * @param initializer initialises a language of the context by its id
   */
  public static GuestContext current(Consumer<String> initializer) {
    return new GuestContext(Context.getCurrent(), initializer);
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
      if (initializer == null) {
        context.initialize(id);
      } else {
        initializer.accept(id);
      }
      return reference.get();
    }
  }

  /**
   * Enters the context on this thread; guest code runs only between here and the scope's close.
   *
   * <p>Scopes of several kernels nest on one thread, innermost closed first.
   */
  public Scope enter() {
    if (initializer != null) {
      return () -> {};
    }
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
    if (initializer == null) {
      context.close(true);
    }
  }
}
