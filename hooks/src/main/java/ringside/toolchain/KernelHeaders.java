package ringside.toolchain;

import java.util.Set;

/** The simulated kernel's own structures, searched after what a contestant brings. */
public final class KernelHeaders implements HeaderRoot {
  @Override
  public String resourceRoot() {
    return "ringside/include";
  }

  @Override
  public Set<Target> targets() {
    return Set.of(Target.MODULE, Target.BPF, Target.USER);
  }

  @Override
  public int rank() {
    return 100;
  }
}
