package ringside.ebpf.uapi;

import java.util.function.IntConsumer;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.ControlFile;
import ringside.kernel.fs.Fs;
import ringside.kernel.fs.FsException;

/** The sysctls of bpf(2). */
final class Settings {
  private static final int OFF_FOR_GOOD = 1;

  private final Caller caller;
  private int unprivileged = 2; // CONFIG_BPF_UNPRIV_DEFAULT_OFF
  private int stats;

  Settings(Caller caller) {
    this.caller = caller;
  }

  void addTo(Fs fs, IntConsumer statsChanged) {
    fs.sysctl(
        "kernel/unprivileged_bpf_disabled",
        new ControlFile(0644, () -> unprivileged + "\n", this::setUnprivileged));
    fs.sysctl(
        "kernel/bpf_stats_enabled",
        new ControlFile(
            0644,
            () -> stats + "\n",
            text -> {
              int value = number(text, 1);
              statsChanged.accept(value - stats);
              stats = value;
            }));
  }

  /** Whether tasks without CAP_BPF can make maps and programs at all. */
  boolean unprivilegedDisabled() {
    return unprivileged != 0;
  }

  private void setUnprivileged(String text) {
    int value = number(text, 2);
    if (unprivileged == OFF_FOR_GOOD && value != OFF_FOR_GOOD) {
      throw new FsException(Errno.EPERM);
    }
    unprivileged = value;
  }

  private int number(String text, int largest) {
    if (!caller.sysAdmin()) {
      throw new FsException(Errno.EPERM);
    }
    if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) > largest) {
      throw new FsException(Errno.EINVAL);
    }
    return Integer.parseInt(text);
  }
}
