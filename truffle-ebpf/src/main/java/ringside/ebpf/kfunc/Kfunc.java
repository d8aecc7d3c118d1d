package ringside.ebpf.kfunc;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import ringside.ebpf.isa.ProgramType;

/**
 * A kernel function as the verifier sees it; its prototype is in the kernel's BTF.
 *
 * @param name in the kernel's BTF
 * @param types the program types it was registered for; empty for all
 */
public record Kfunc(String name, Set<KfuncFlag> flags, Set<ProgramType> types) {

  /** The program types that share one set of kfuncs, as Linux groups them. */
  private static final List<Set<ProgramType>> HOOKS =
      List.of(
          EnumSet.of(
              ProgramType.TRACING, ProgramType.TRACEPOINT, ProgramType.PERF_EVENT, ProgramType.LSM),
          EnumSet.of(
              ProgramType.CGROUP_SKB,
              ProgramType.CGROUP_SOCK,
              ProgramType.CGROUP_DEVICE,
              ProgramType.CGROUP_SOCK_ADDR,
              ProgramType.CGROUP_SOCKOPT,
              ProgramType.CGROUP_SYSCTL,
              ProgramType.SOCK_OPS),
          EnumSet.of(
              ProgramType.LWT_OUT,
              ProgramType.LWT_IN,
              ProgramType.LWT_XMIT,
              ProgramType.LWT_SEG6LOCAL));

  /** Copies the sets. */
  public Kfunc {
    flags = Set.copyOf(flags);
    types = Set.copyOf(types);
  }

  /** The declaration on a method. */
  public static Kfunc of(BpfKfunc kfunc) {
    return new Kfunc(kfunc.value(), Set.of(kfunc.flags()), Set.of(kfunc.types()));
  }

  /** A kfunc for programs of all types. */
  public static Kfunc of(String name, KfuncFlag... flags) {
    return new Kfunc(name, Set.of(flags), Set.of());
  }

  public boolean has(KfuncFlag flag) {
    return flags.contains(flag);
  }

  /** Whether programs of a type may call it. */
  public boolean allows(ProgramType type) {
    if (types.isEmpty() || types.contains(type)) {
      return true;
    }
    for (Set<ProgramType> hook : HOOKS) {
      if (hook.contains(type) && types.stream().anyMatch(hook::contains)) {
        return true;
      }
    }
    return false;
  }
}
