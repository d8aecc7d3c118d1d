package ringside.ebpf.uapi;

import java.util.Arrays;
import ringside.kernel.task.UserAccess;

/** Copies text into a user's buffer that may be too small. */
final class UserText {
  private UserText() {}

  /**
   * Copies text and a zero byte; what does not fit is cut off before the zero.
   *
   * @param room the buffer's size, at least 1
   * @return whether all of it fits
   */
  static boolean copy(UserAccess user, long buffer, int room, byte[] text) {
    boolean fits = Integer.compareUnsigned(room, text.length) > 0;
    int length = fits ? text.length : room - 1;
    user.write(buffer, Arrays.copyOf(text, length + 1 > text.length ? text.length + 1 : length));
    if (length < text.length) {
      user.write(buffer + length, new byte[1]);
    }
    return fits;
  }
}
