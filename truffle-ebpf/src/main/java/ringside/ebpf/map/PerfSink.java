package ringside.ebpf.map;

import ringside.kernel.core.Errno;

/** Where {@code bpf_perf_event_output} writes: an open perf event. */
public interface PerfSink {
  /**
   * Takes a record.
   *
   * @return 0 or a negative errno
   */
  long output(byte[] record);

  /** Its count, for {@code bpf_perf_event_read}; a negative errno where it has none. */
  default long count() {
    return -Errno.EINVAL;
  }
}
