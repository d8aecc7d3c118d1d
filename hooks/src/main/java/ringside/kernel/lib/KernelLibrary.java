package ringside.kernel.lib;

import java.util.List;
import ringside.kernel.core.KernelCore;

/** Gives the kernel's library functions their addresses. */
public final class KernelLibrary {
  private KernelLibrary() {}

  /**
   * Registers every function of this package with a kernel's symbols.
   *
   * @param seed seeds the random numbers and the hashing of {@code %p}
   */
  public static void register(KernelCore core, long seed) {
    StringFunctions strings = new StringFunctions(core);
    List.of(
            strings,
            new SlabFunctions(core, strings),
            new PrintkFunctions(core, seed),
            new TimeFunctions(core, seed),
            new LockFunctions(core),
            new NetFunctions(core),
            new UaccessFunctions(core))
        .forEach(core.symbols()::register);
  }
}
