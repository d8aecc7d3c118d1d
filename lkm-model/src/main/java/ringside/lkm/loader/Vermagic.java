package ringside.lkm.loader;

import ringside.kernel.core.KernelVersion;

/** The version magic that a module must have been built with ({@code linux/vermagic.h}). */
public final class Vermagic {
  private Vermagic() {}

  /**
   * The string of a kernel, e.g. {@code 6.12.0-ringside SMP preempt mod_unload modversions riscv}.
   */
  public static String of(KernelVersion version) {
    return version.release() + " SMP preempt mod_unload modversions riscv";
  }

  /**
   * Whether a module's magic fits ({@code same_magic}).
   *
   * @param hasVersions the module carries symbol checksums, so that the release need not match
   */
  static boolean same(String module, String kernel, boolean hasVersions) {
    return hasVersions ? afterRelease(module).equals(afterRelease(kernel)) : module.equals(kernel);
  }

  private static String afterRelease(String magic) {
    int space = magic.indexOf(' ');
    return space < 0 ? "" : magic.substring(space);
  }
}
