package ringside.ebpf.helper;

import java.lang.invoke.CallSite;
import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;

/** The helpers of one kernel: each annotated method bound to its family's instance, by id. */
public final class HelperLibrary {
  private static final List<Class<? extends HelperFunction>> PLAIN =
      List.of(
          HelperFunction.Plain0.class,
          HelperFunction.Plain1.class,
          HelperFunction.Plain2.class,
          HelperFunction.Plain3.class,
          HelperFunction.Plain4.class,
          HelperFunction.Plain.class);
  private static final List<Class<? extends HelperFunction>> ON_MAP =
      List.of(
          HelperFunction.OnMap0.class,
          HelperFunction.OnMap1.class,
          HelperFunction.OnMap2.class,
          HelperFunction.OnMap3.class,
          HelperFunction.OnMap.class);

  private final Map<Integer, HelperFunction> functions = new HashMap<>();
  private final Map<ProgramType, Map<Integer, HelperFunction>> variants =
      new EnumMap<>(ProgramType.class);

  /**
   * Binds the annotated methods of family objects.
   *
   * @throws IllegalStateException where a method's shape does not fit its declaration
   */
  public HelperLibrary(List<Object> families) {
    for (Object family : families) {
      for (Method method : family.getClass().getDeclaredMethods()) {
        BpfHelper helper = method.getAnnotation(BpfHelper.class);
        if (helper != null) {
          HelperFunction function = bind(family, method, helper);
          if (helper.types().length == 0) {
            functions.put(helper.id(), function);
          } else {
            functions.putIfAbsent(helper.id(), function);
          }
          for (ProgramType type : helper.types()) {
            variants.computeIfAbsent(type, _ -> new HashMap<>()).put(helper.id(), function);
          }
        }
      }
    }
  }

  /** The code of a helper for programs of a type, or null where it does not exist here. */
  public @Nullable HelperFunction function(int id, ProgramType type) {
    HelperFunction variant = variants.getOrDefault(type, Map.of()).get(id);
    return variant == null ? functions.get(id) : variant;
  }

  /** The code of a helper for programs of any type, or null where it does not exist here. */
  public @Nullable HelperFunction function(int id) {
    return functions.get(id);
  }

  private static HelperFunction bind(Object family, Method method, BpfHelper helper) {
    // A variadic helper takes registers that its prototype does not name: they may hold anything.
    if (method.getParameterCount() < helper.args().length) {
      throw new IllegalStateException(
          "helper method " + method + " does not fit its declared arguments");
    }
    return bind(family, method);
  }

  /**
   * Binds a method of longs, the first of which may be a map, to its object.
   *
   * @throws IllegalStateException where the method is of another shape
   */
  public static HelperFunction bind(Object family, Method method) {
    Class<?>[] types = method.getParameterTypes();
    boolean onMap = types.length > 0 && types[0] == BpfMap.class;
    if (method.getReturnType() != long.class) {
      throw new IllegalStateException("method " + method + " does not return a long");
    }
    Class<? extends HelperFunction> shape =
        onMap ? ON_MAP.get(types.length - 1) : PLAIN.get(types.length);
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      MethodHandle handle = lookup.unreflect(method);
      MethodType signature = MethodType.methodType(long.class, types);
      CallSite site =
          LambdaMetafactory.metafactory(
              lookup,
              "call",
              MethodType.methodType(shape, family.getClass()),
              signature,
              handle,
              signature);
      return shape.cast(site.getTarget().invoke(family));
    } catch (Throwable e) {
      throw new IllegalStateException("cannot bind helper method " + method, e);
    }
  }
}
