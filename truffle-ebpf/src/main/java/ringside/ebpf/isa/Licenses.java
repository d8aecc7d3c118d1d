package ringside.ebpf.isa;

import java.util.Set;

/** Which licences open the helpers that are for GPL programs only ({@code linux/license.h}). */
public final class Licenses {
  private static final Set<String> GPL_COMPATIBLE =
      Set.of(
          "GPL",
          "GPL v2",
          "GPL and additional rights",
          "Dual BSD/GPL",
          "Dual MIT/GPL",
          "Dual MPL/GPL");

  private Licenses() {}

  /** Whether Linux takes a licence as compatible with the GPL. */
  public static boolean gplCompatible(String license) {
    return GPL_COMPATIBLE.contains(license);
  }
}
