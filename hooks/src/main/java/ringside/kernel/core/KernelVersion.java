package ringside.kernel.core;

/**
 * A kernel's version, as {@code uname -r} and {@code LINUX_VERSION_CODE} give it.
 *
 * @param major e.g. 6
 * @param patchLevel e.g. 12
 * @param subLevel e.g. 0
 * @param suffix what follows the numbers in the release, e.g. {@code -ringside}; may be empty
 */
public record KernelVersion(int major, int patchLevel, int subLevel, String suffix) {
  /** The version that is simulated unless told otherwise. */
  public static final KernelVersion DEFAULT = new KernelVersion(6, 12, 0, "-ringside");

  /** Who built it when, as {@code uname -v} gives it; the same in every run. */
  public static final String BUILD = "#1 SMP Thu Jan  1 00:00:00 UTC 1970";

  /** What follows {@code Linux version } in {@code /proc/version}. */
  public String banner() {
    return release() + " (ringside@ringside) (javac 25) " + BUILD;
  }

  /** The release string ({@code uname -r}), e.g. {@code 6.12.0-ringside}. */
  public String release() {
    return major + "." + patchLevel + "." + subLevel + suffix;
  }

  /** {@code LINUX_VERSION_CODE}: {@code KERNEL_VERSION(major, patchLevel, subLevel)}. */
  public int code() {
    return major << 16 | patchLevel << 8 | Math.min(subLevel, 255);
  }

  @Override
  public String toString() {
    return release();
  }
}
