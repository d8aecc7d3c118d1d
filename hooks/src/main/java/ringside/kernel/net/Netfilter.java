package ringside.kernel.net;

import java.util.EnumMap;
import java.util.Map;
import ringside.hook.HookPoint;
import ringside.hook.HookRegistry;
import ringside.hook.VerdictPolicy;

/** The netfilter hooks of IPv4. */
public final class Netfilter {
  /** {@code NF_DROP}. */
  public static final int NF_DROP = 0;

  /** {@code NF_ACCEPT}. */
  public static final int NF_ACCEPT = 1;

  /** {@code NF_STOLEN}. */
  public static final int NF_STOLEN = 2;

  /** {@code NF_QUEUE}. */
  public static final int NF_QUEUE = 3;

  /** {@code NF_VERDICT_MASK}: the rest of a verdict is an errno or a queue number. */
  static final int NF_VERDICT_MASK = 0xff;

  /** {@code enum nf_inet_hooks}; the ordinal is Linux's number. */
  public enum Hook {
    NF_INET_PRE_ROUTING,
    NF_INET_LOCAL_IN,
    NF_INET_FORWARD,
    NF_INET_LOCAL_OUT,
    NF_INET_POST_ROUTING
  }

  private final Map<Hook, HookPoint> hooks = new EnumMap<>(Hook.class);
  private final HookPoint preRouting;

  Netfilter(HookRegistry registry) {
    for (Hook hook : Hook.values()) {
      hooks.put(hook, registry.create("netfilter/" + hook, VerdictPolicy.NETFILTER));
    }
    this.preRouting = hook(Hook.NF_INET_PRE_ROUTING);
  }

  /** The hook before routing: arguments {@code (sk_buff *, nf_hook_state *)}. */
  public HookPoint preRouting() {
    return preRouting;
  }

  /** The hook of that number. */
  public HookPoint hook(Hook hook) {
    HookPoint point = hooks.get(hook);
    if (point == null) {
      throw new IllegalArgumentException(hook + " is not a hook");
    }
    return point;
  }
}
