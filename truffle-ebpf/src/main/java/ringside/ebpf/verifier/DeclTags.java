package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.List;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** The declaration tags on a type, a parameter or a member. */
final class DeclTags {
  private DeclTags() {}

  /**
   * What follows a prefix in the tags on a declaration.
   *
   * @param component the parameter or member, or -1 for the declaration itself
   */
  static List<String> on(Btf btf, int type, int component, String prefix) {
    List<String> found = new ArrayList<>();
    for (BtfType t : btf.types()) {
      if (t instanceof BtfType.DeclTag tag
          && tag.type() == type
          && tag.component() == component
          && tag.name().startsWith(prefix)) {
        found.add(tag.name().substring(prefix.length()));
      }
    }
    return found;
  }
}
