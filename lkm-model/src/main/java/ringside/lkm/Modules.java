package ringside.lkm;

import java.util.List;
import ringside.kernel.Kernel;
import ringside.kernel.trap.LoadedModules;
import ringside.lkm.api.HookFunctions;
import ringside.lkm.api.ModuleFunctions;
import ringside.lkm.api.ParameterFunctions;
import ringside.lkm.loader.ModuleLoader;

/** Gives a kernel what it needs to have modules ({@code CONFIG_MODULES=y}). */
public final class Modules {
  private Modules() {}

  /**
   * Registers the functions that modules link against and makes the loader; once a kernel, before
   * the first module.
   */
  public static ModuleLoader install(Kernel kernel) {
    kernel.symbols().register(new ModuleFunctions(kernel.core()));
    kernel.symbols().register(new HookFunctions(kernel));
    new ParameterFunctions(kernel.core()).define();
    ModuleLoader loader = new ModuleLoader(kernel.core());
    kernel
        .core()
        .traps()
        .setModules(
            new LoadedModules() {
              @Override
              public List<String> loaded() {
                return loader.linkedIn();
              }

              @Override
              public String lastUnloaded() {
                return loader.lastUnloaded();
              }
            });
    return loader;
  }
}
