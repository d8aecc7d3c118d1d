package ringside.ebpf.attach;

import ringside.kernel.net.NetDevice;
import ringside.kernel.trace.Tracepoint;

/** What a link binds its program to, as {@code struct bpf_link_info} tells it. */
public sealed interface LinkTarget {
  /** The kind of link. */
  LinkType type();

  /** A network device's XDP hook. */
  record Xdp(NetDevice device) implements LinkTarget {
    @Override
    public LinkType type() {
      return LinkType.XDP;
    }
  }

  /** A tracepoint's arguments. */
  record RawTracepoint(String name, long cookie) implements LinkTarget {
    @Override
    public LinkType type() {
      return LinkType.RAW_TRACEPOINT;
    }
  }

  /**
   * A kernel function's entry.
   *
   * @param address its first instruction
   */
  record Kprobe(String function, long address, long cookie) implements LinkTarget {
    @Override
    public LinkType type() {
      return LinkType.PERF_EVENT;
    }
  }

  /** A tracepoint's record. */
  record Event(Tracepoint tracepoint, long cookie) implements LinkTarget {
    @Override
    public LinkType type() {
      return LinkType.PERF_EVENT;
    }
  }

  /**
   * A netfilter hook.
   *
   * @param family {@code NFPROTO_IPV4}
   * @param hook {@code enum nf_inet_hooks}
   */
  record Netfilter(int family, int hook, int priority, int flags) implements LinkTarget {
    @Override
    public LinkType type() {
      return LinkType.NETFILTER;
    }
  }
}
