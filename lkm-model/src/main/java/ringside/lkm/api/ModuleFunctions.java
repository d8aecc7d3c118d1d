package ringside.lkm.api;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelFunction;

/** {@code kernel/module/main.c} as modules call it: counting references. */
public final class ModuleFunctions {
  private static final int STATE_GOING = 2;

  private final Memory memory;
  private final int state;
  private final int refcnt;

  /** Makes the functions of a kernel. */
  public ModuleFunctions(KernelCore core) {
    this.memory = core.memory();
    this.state = core.layouts().of("module").offset("state");
    this.refcnt = core.layouts().of("module").offset("refcnt.counter");
  }

  /** Takes a reference unless the module is going; 1 where it has. */
  @KernelFunction(export = ALL)
  public int try_module_get(long module) {
    if (module == 0) {
      return 1;
    }
    int count = memory.readInt(module + refcnt);
    if (memory.readInt(module + state) == STATE_GOING || count == 0) {
      return 0;
    }
    memory.writeInt(module + refcnt, count + 1);
    return 1;
  }

  /** Takes a reference for someone who holds one already. */
  @KernelFunction(export = ALL)
  public void __module_get(long module) {
    if (module != 0) {
      memory.writeInt(module + refcnt, memory.readInt(module + refcnt) + 1);
    }
  }

  /** Gives a reference back. */
  @KernelFunction(export = ALL)
  public void module_put(long module) {
    if (module != 0 && memory.readInt(module + refcnt) > 0) {
      memory.writeInt(module + refcnt, memory.readInt(module + refcnt) - 1);
    }
  }

  /** How many references there are beside the loader's. */
  @KernelFunction(export = ALL)
  public int module_refcount(long module) {
    return memory.readInt(module + refcnt) - 1;
  }

  /** Does nothing; its version stands for those of the structs that loading depends on. */
  @KernelFunction(export = ALL)
  public void module_layout(long module, long versions, long parameters, long symbols) {}
}
