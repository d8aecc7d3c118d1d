package ringside.ebpf.attach;

import java.util.Locale;

/** The kinds of links that exist here, {@code enum bpf_link_type}; with its ids. */
public enum LinkType {
  RAW_TRACEPOINT(1),
  TRACING(2),
  ITER(4),
  XDP(6),
  PERF_EVENT(7),
  NETFILTER(10),
  TCX(11);

  private final int id;

  LinkType(int id) {
    this.id = id;
  }

  /** The id in {@code bpf_link_info.type}. */
  public int id() {
    return id;
  }

  /** The name that fdinfo and bpftool give it, e.g. {@code raw_tracepoint}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
