package ringside.ebpf.uapi;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FsException;
import ringside.kernel.task.UserAccess;

/**
 * The user's buffer for the verifier's words ({@code struct bpf_verifier_log}).
 *
 * <p>Of a log that does not fit, the end is kept, or with {@code BPF_LOG_FIXED} the beginning, and
 * the command fails with {@code ENOSPC}.
 */
final class LogBuffer {
  private static final int BPF_LOG_FIXED = 8;
  private static final int BPF_LOG_MASK = 15;

  private final UserAccess user;
  private final int level;
  private final long buffer;
  private final int size;
  private final String trueSize;
  private final StringBuilder text = new StringBuilder();

  private LogBuffer(UserAccess user, int level, long buffer, int size, String trueSize) {
    this.user = user;
    this.level = level;
    this.buffer = buffer;
    this.size = size;
    this.trueSize = trueSize;
    boolean whole = (buffer != 0) == (size != 0);
    boolean pointless = buffer != 0 && level == 0;
    if (!whole
        || pointless
        || (level & ~BPF_LOG_MASK) != 0
        || Integer.compareUnsigned(size, -1 >>> 2) > 0) {
      throw new SyscallError(Errno.EINVAL);
    }
  }

  /**
   * The buffer of {@code BPF_PROG_LOAD}.
   *
   * @throws SyscallError {@code EINVAL} where its size, place and level do not fit together
   */
  static LogBuffer of(UserAccess user, BpfAttr.Arguments args) {
    return new LogBuffer(
        user, args.u32("log_level"), args.u64("log_buf"), args.u32("log_size"), "log_true_size");
  }

  /** The buffer of {@code BPF_BTF_LOAD}. */
  static LogBuffer ofBtf(UserAccess user, BpfAttr.Arguments args) {
    return new LogBuffer(
        user,
        args.u32("btf_log_level"),
        args.u64("btf_log_buf"),
        args.u32("btf_log_size"),
        "btf_log_true_size");
  }

  /** How much is to be told: 1, 2 and 4 or-ed. */
  int level() {
    return level & ~BPF_LOG_FIXED;
  }

  void print(String words) {
    if (level != 0) {
      text.append(words);
    }
  }

  /**
   * Gives the log to the user, and its size with the zero byte behind it.
   *
   * @return 0, or the errno that the command fails with for want of room, whatever came of it
   */
  int finish(BpfAttr.Arguments args) {
    byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
    boolean fits = buffer == 0 || Integer.compareUnsigned(bytes.length, size) <= 0;
    try {
      if (fits && buffer != 0) {
        user.write(buffer, bytes);
      } else if (buffer != 0) {
        byte[] part =
            (level & BPF_LOG_FIXED) != 0
                ? Arrays.copyOf(bytes, size)
                : Arrays.copyOfRange(bytes, bytes.length - size, bytes.length);
        part[size - 1] = 0;
        user.write(buffer, part);
      }
      if (args.has(trueSize)) {
        args.put(trueSize, level == 0 ? 0 : bytes.length);
      }
    } catch (FsException fault) {
      return fault.errno();
    }
    return fits ? 0 : Errno.ENOSPC;
  }
}
