package ringside.lkm.loader;

import org.jspecify.annotations.Nullable;
import ringside.kernel.printk.Printk;

/** The loader gives up on a module; carries what Linux would log and return. */
final class LoadError extends Exception {
  private static final long serialVersionUID = 1L;

  private final int errno;
  private final int level;

  private LoadError(int errno, int level, @Nullable String logged) {
    super(logged);
    this.errno = errno;
    this.level = level;
  }

  /** Fails without a word in the log. */
  static LoadError silent(int errno) {
    return new LoadError(errno, Printk.ERR, null);
  }

  /** Fails with a line at {@code KERN_ERR}. */
  static LoadError err(int errno, String logged) {
    return new LoadError(errno, Printk.ERR, logged);
  }

  /** Fails with a line at {@code KERN_WARNING}. */
  static LoadError warn(int errno, String logged) {
    return new LoadError(errno, Printk.WARNING, logged);
  }

  /** The error number, positive. */
  int errno() {
    return errno;
  }

  /** Logs its line, if there is one. */
  void log(Printk printk) {
    String text = getMessage();
    if (text != null) {
      printk.emit(level, text);
    }
  }
}
