package ringside.ebpf.helper;

import java.util.Properties;

/** What the helpers need that Linux has and this kernel has not. */
public final class MissingHelpers {
  private static final Properties REASONS = HelperCatalog.load("missing.properties");

  private MissingHelpers() {}

  /**
   * The part of the kernel that a helper needs, or an empty string where it is just not written.
   */
  public static String need(int id) {
    return REASONS.getProperty(Integer.toString(id), "");
  }

  /** Why a program that calls the helper cannot be loaded, for the verifier's log. */
  public static String refusal(int id) {
    String need = need(id);
    return "helper %s#%d is not in this kernel%s"
        .formatted(HelperCatalog.name(id), id, need.isEmpty() ? "" : ": it has no " + need);
  }
}
