package ringside.ebpf;

import java.util.Set;
import ringside.toolchain.HeaderRoot;
import ringside.toolchain.Target;

/**
 * The headers that eBPF programs include, {@code linux/bpf.h} and {@code bpf/bpf_helpers.h}; Ring 3
 * programs that call bpf(2) include the first one, too.
 */
public final class EbpfHeaders implements HeaderRoot {
  @Override
  public String resourceRoot() {
    return "ringside/ebpf/include";
  }

  @Override
  public Set<Target> targets() {
    return Set.of(Target.BPF, Target.USER);
  }
}
