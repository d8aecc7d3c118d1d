package ringside.kernel.layout;

import java.util.Map;

/** The layouts of all kernel structs, by tag. */
public final class StructLayouts {
  private final Map<String, StructLayout> structs;

  /** Takes the layouts by struct tag. */
  public StructLayouts(Map<String, StructLayout> structs) {
    this.structs = Map.copyOf(structs);
  }

  /**
   * The layout of {@code struct tag}.
   *
   * @throws IllegalArgumentException where the kernel headers declare no such struct
   */
  public StructLayout of(String tag) {
    StructLayout layout = structs.get(tag);
    if (layout == null) {
      throw new IllegalArgumentException("the kernel headers declare no struct " + tag);
    }
    return layout;
  }
}
