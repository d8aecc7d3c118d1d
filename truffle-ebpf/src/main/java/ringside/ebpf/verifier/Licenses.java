package ringside.ebpf.verifier;

import java.util.Set;

/** Licences that Linux takes as compatible with the GPL. */
final class Licenses {
  private static final Set<String> GPL =
      Set.of(
          "GPL",
          "GPL v2",
          "GPL and additional rights",
          "Dual BSD/GPL",
          "Dual MIT/GPL",
          "Dual MPL/GPL");

  private Licenses() {}

  static boolean gplCompatible(String license) {
    return GPL.contains(license);
  }
}
