package ringside.ebpf.kfunc;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The kfuncs that exist here, by name; the kernel's BTF tells which id a name has. */
public final class KfuncRegistry {
  /** No kfuncs at all. */
  public static final KfuncRegistry EMPTY = new KfuncRegistry(List.of());

  private final Map<String, Kfunc> kfuncs = new HashMap<>();

  /**
   * Takes declarations.
   *
   * @throws IllegalStateException where a name is declared twice
   */
  public KfuncRegistry(Collection<Kfunc> declarations) {
    for (Kfunc kfunc : declarations) {
      if (kfuncs.put(kfunc.name(), kfunc) != null) {
        throw new IllegalStateException("kfunc " + kfunc.name() + " is declared twice");
      }
    }
  }

  /** Reads the declarations of classes with annotated methods. */
  public static KfuncRegistry of(List<Class<?>> families) {
    List<Kfunc> declarations = new ArrayList<>();
    for (Class<?> family : families) {
      for (Method method : family.getDeclaredMethods()) {
        BpfKfunc kfunc = method.getAnnotation(BpfKfunc.class);
        if (kfunc != null) {
          declarations.add(Kfunc.of(kfunc));
        }
      }
    }
    return new KfuncRegistry(declarations);
  }

  /** The kfunc of that name, or null. */
  public @Nullable Kfunc find(String name) {
    return kfuncs.get(name);
  }

  /** All of them, in no order. */
  public Collection<Kfunc> all() {
    return List.copyOf(kfuncs.values());
  }
}
