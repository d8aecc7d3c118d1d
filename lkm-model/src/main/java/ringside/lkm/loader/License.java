package ringside.lkm.loader;

import java.util.Set;

/** Which {@code MODULE_LICENSE} strings do not taint ({@code linux/license.h}). */
final class License {
  private static final Set<String> GPL_COMPATIBLE =
      Set.of(
          "GPL",
          "GPL v2",
          "GPL and additional rights",
          "Dual BSD/GPL",
          "Dual MIT/GPL",
          "Dual MPL/GPL");

  private License() {}

  static boolean gplCompatible(String license) {
    return GPL_COMPATIBLE.contains(license);
  }
}
