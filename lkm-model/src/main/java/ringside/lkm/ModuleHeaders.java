package ringside.lkm;

import java.util.Set;
import ringside.toolchain.HeaderRoot;
import ringside.toolchain.Target;

/**
 * The kernel API that modules include, {@code linux/module.h} and its kin.
 *
 * <p>Searched before the kernel's own structs, which these headers reach with {@code include_next}.
 */
public final class ModuleHeaders implements HeaderRoot {
  @Override
  public String resourceRoot() {
    return "ringside/lkm/include";
  }

  @Override
  public Set<Target> targets() {
    return Set.of(Target.MODULE);
  }
}
