package ringside.ebpf.kfunc;

import java.lang.reflect.Method;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.helper.HelperLibrary;
import ringside.ebpf.isa.ProgramType;

/** The kfuncs of one kernel: each annotated method bound to its family's instance, by name. */
public final class KfuncLibrary {
  private static final String FROM_SKB = "bpf_dynptr_from_skb";

  /** The types that may write to the packets that they look at. */
  private static final Set<ProgramType> WRITERS =
      EnumSet.of(
          ProgramType.SCHED_CLS, ProgramType.SCHED_ACT, ProgramType.LWT_XMIT, ProgramType.SK_SKB);

  private final Map<String, HelperFunction> functions = new HashMap<>();
  private HelperFunction.@Nullable Plain3 readOnlySkb;

  /**
   * Binds the annotated methods of family objects.
   *
   * @throws IllegalStateException where a method takes or gives anything but longs
   */
  public KfuncLibrary(List<Object> families) {
    for (Object family : families) {
      if (family instanceof DynptrKfuncs dynptrs) {
        readOnlySkb = dynptrs::fromSkbReadOnly;
      }
      for (Method method : family.getClass().getDeclaredMethods()) {
        BpfKfunc kfunc = method.getAnnotation(BpfKfunc.class);
        if (kfunc != null) {
          functions.put(kfunc.value(), HelperLibrary.bind(family, method));
        }
      }
    }
  }

  /** The code of a kfunc for programs of a type, or null where it does not exist here. */
  public @Nullable HelperFunction function(String name, ProgramType type) {
    return name.equals(FROM_SKB) && !WRITERS.contains(type) ? readOnlySkb : functions.get(name);
  }
}
