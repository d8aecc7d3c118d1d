package ringside.ebpf.helper;

import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The prototypes of the helpers that exist here, by id. */
public final class HelperRegistry {
  private final Map<Integer, HelperPrototype> prototypes = new HashMap<>();

  private HelperRegistry() {}

  /**
   * Reads the declarations of helper families.
   *
   * @throws IllegalStateException where two methods declare one id
   */
  public static HelperRegistry of(List<Class<?>> families) {
    HelperRegistry registry = new HelperRegistry();
    Set<Integer> plain = new HashSet<>();
    for (Class<?> family : families) {
      for (Method method : family.getDeclaredMethods()) {
        BpfHelper helper = method.getAnnotation(BpfHelper.class);
        if (helper != null) {
          HelperPrototype prototype = HelperPrototype.of(helper);
          HelperPrototype other = registry.prototypes.put(helper.id(), prototype);
          // One method may serve all types that no other method of that id is for.
          boolean variant =
              prototype.equals(other) && (helper.types().length != 0 || plain.add(helper.id()));
          if (other == null && helper.types().length == 0) {
            plain.add(helper.id());
          }
          if (other != null && !variant) {
            throw new IllegalStateException("helper " + helper.id() + " is declared twice");
          }
        }
      }
    }
    return registry;
  }

  /** These prototypes, and those of other families for the ids that have none here. */
  public HelperRegistry orElse(List<Class<?>> families) {
    HelperRegistry joined = of(families);
    joined.prototypes.putAll(prototypes);
    return joined;
  }

  /** The prototype of a helper; null where Linux has none or it does not exist here yet. */
  public @Nullable HelperPrototype prototype(int id) {
    return prototypes.get(id);
  }

  /** All prototypes, in no order. */
  public List<HelperPrototype> all() {
    return List.copyOf(prototypes.values());
  }
}
