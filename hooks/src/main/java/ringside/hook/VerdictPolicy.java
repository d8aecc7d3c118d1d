package ringside.hook;

/** How a hook point makes one verdict of those of its attachments. */
public enum VerdictPolicy {
  /** One attachment at most; its verdict is the hook's. XDP. */
  SINGLE(2), // XDP_PASS
  /** Each in turn until one does not say {@code NF_ACCEPT}. Netfilter. */
  NETFILTER(1), // NF_ACCEPT
  /** All run, verdicts are ignored. Tracepoints and kprobes. */
  OBSERVE(0);

  private final long neutral;

  VerdictPolicy(long neutral) {
    this.neutral = neutral;
  }

  /** The verdict of an empty hook. */
  public long neutral() {
    return neutral;
  }
}
