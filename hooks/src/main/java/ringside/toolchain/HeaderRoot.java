package ringside.toolchain;

import java.util.Set;

/**
 * A tree of C headers that a module of this project packs as resources; found with {@link
 * java.util.ServiceLoader}.
 *
 * <p>The tree must lie in the same jar (or class directory) as the class that implements this.
 */
public interface HeaderRoot {
  /** The resource directory that becomes an include directory, without slashes at the ends. */
  String resourceRoot();

  /** For which targets it is searched. */
  Set<Target> targets();

  /** The place in the search order: lower comes first. */
  default int rank() {
    return 0;
  }
}
