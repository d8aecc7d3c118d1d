package ringside.ebpf.verifier;

import java.util.Arrays;
import java.util.Optional;

/**
 * A known mistake of Linux's verifier that can be switched back on, to show what a wrong proof is
 * worth.
 */
public enum VerifierBug {
  /** A 32-bit move of a negative constant was taken as sign-extended. */
  CVE_2017_16995("CVE-2017-16995"),
  /** A 32-bit right shift was computed on 64 bits and cut afterwards. */
  CVE_2018_18445("CVE-2018-18445"),
  /** After a 32-bit comparison the low half was bounded by the cut ends of the 64-bit range. */
  CVE_2020_8835("CVE-2020-8835"),
  /** The 32-bit bounds of an OR were taken from the 64-bit ones. */
  CVE_2020_27194("CVE-2020-27194"),
  /** A 32-bit modulo by zero did not cut its result, as the verifier thought. */
  CVE_2021_3444("CVE-2021-3444"),
  /** One end of a 64-bit range that fits 32 bits was taken as an end of the 32-bit range. */
  CVE_2021_31440("CVE-2021-31440"),
  /** Arithmetic on pointers that may be null was allowed. */
  CVE_2022_23222("CVE-2022-23222"),
  /** Backtracking over a comparison of two registers forgot the other register. */
  CVE_2023_2163("CVE-2023-2163");

  private final String id;

  VerifierBug(String id) {
    this.id = id;
  }

  /** Its CVE number, by which it is switched on. */
  public String id() {
    return id;
  }

  /** The bug of that CVE number, in any case. */
  public static Optional<VerifierBug> of(String id) {
    return Arrays.stream(values()).filter(bug -> bug.id.equalsIgnoreCase(id)).findFirst();
  }
}
