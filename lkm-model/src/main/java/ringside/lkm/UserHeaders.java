package ringside.lkm;

import java.util.Set;
import ringside.toolchain.HeaderRoot;
import ringside.toolchain.Target;

/** The small C library that Ring 3 programs include; it lies whole in its headers. */
public final class UserHeaders implements HeaderRoot {
  @Override
  public String resourceRoot() {
    return "ringside/lkm/user";
  }

  @Override
  public Set<Target> targets() {
    return Set.of(Target.USER);
  }
}
