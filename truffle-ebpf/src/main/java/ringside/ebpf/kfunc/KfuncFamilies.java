package ringside.ebpf.kfunc;

import java.util.List;
import ringside.ebpf.helper.Dynptrs;
import ringside.ebpf.helper.SkbHelpers;
import ringside.kernel.Kernel;

/** The kfunc families that exist here, and their instances for one kernel. */
public final class KfuncFamilies {
  /** The classes that declare kfuncs. */
  public static final List<Class<?>> CLASSES =
      List.of(
          CommonKfuncs.class,
          DynptrKfuncs.class,
          IteratorKfuncs.class,
          StringKfuncs.class,
          TaskKfuncs.class);

  private KfuncFamilies() {}

  /** One of each class. */
  public static List<Object> instances(Kernel kernel) {
    Dynptrs dynptrs = new Dynptrs(kernel.core(), new SkbHelpers(kernel.core()));
    return List.of(
        new CommonKfuncs(kernel.core()),
        new DynptrKfuncs(kernel.core(), dynptrs),
        new IteratorKfuncs(kernel),
        new StringKfuncs(kernel.memory()),
        new TaskKfuncs(kernel));
  }
}
