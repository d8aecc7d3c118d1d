package ringside.ebpf.kfunc;

import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.helper.HelperLibrary;

/** The kfuncs of one kernel: each annotated method bound to its family's instance, by name. */
public final class KfuncLibrary {
  private final Map<String, HelperFunction> functions = new HashMap<>();

  /**
   * Binds the annotated methods of family objects.
   *
   * @throws IllegalStateException where a method takes or gives anything but longs
   */
  public KfuncLibrary(List<Object> families) {
    for (Object family : families) {
      for (Method method : family.getClass().getDeclaredMethods()) {
        BpfKfunc kfunc = method.getAnnotation(BpfKfunc.class);
        if (kfunc != null) {
          functions.put(kfunc.value(), HelperLibrary.bind(family, method));
        }
      }
    }
  }

  /** The code of a kfunc, or null where it does not exist here. */
  public @Nullable HelperFunction function(String name) {
    return functions.get(name);
  }
}
