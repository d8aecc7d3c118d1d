package ringside.ebpf.core;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Finds a place of a program's type in one of the kernel's: {@code bpf_core_spec_match}. */
final class SpecMatcher {
  private final CoreSpec local;
  private final Btf target;
  private final TypeCompatibility compatibility;

  SpecMatcher(CoreSpec local, Btf target) {
    this.local = local;
    this.target = target;
    this.compatibility = new TypeCompatibility(local.btf, target);
  }

  /**
   * The same place in a candidate, or null where it has none.
   *
   * @throws TooDeep where the candidate is nested too deep to say
   */
  @Nullable CoreSpec match(int candidate) throws TooDeep {
    CoreSpec spec = new CoreSpec(target, candidate, local.kind);
    boolean found =
        switch (local.kind.basis()) {
          case TYPE ->
              local.kind == CoreKind.TYPE_MATCHES
                  ? new TypeMatch(local.btf, target).matches(local.root, candidate)
                  : compatibility.types(local.root, candidate);
          case ENUMERATOR -> enumerator(spec, candidate);
          case FIELD -> field(spec, candidate);
        };
    return found ? spec : null;
  }

  /** More than 64 levels of structs. */
  static final class TooDeep extends Exception {
    private static final long serialVersionUID = 1L;
  }

  private boolean enumerator(CoreSpec spec, int candidate) {
    int id = target.strip(candidate);
    List<BtfType.Enumerator> values = CoreSpec.enumerators(target.type(id));
    if (values == null) {
      return false;
    }
    String wanted = EssentialName.of(Objects.requireNonNull(local.accessors.getFirst().name()));
    for (int i = 0; i < values.size(); i++) {
      if (EssentialName.of(values.get(i).name()).equals(wanted)) {
        spec.accessors.add(new CoreSpec.Accessor(id, i, values.get(i).name()));
        spec.raw.add(i);
        return true;
      }
    }
    return false;
  }

  private boolean field(CoreSpec spec, int candidate) throws TooDeep {
    int id = candidate;
    for (int i = 0; i < local.accessors.size(); i++) {
      CoreSpec.Accessor accessor = local.accessors.get(i);
      id = target.strip(id);
      if (accessor.name() != null) {
        Integer next = member(accessor, id, spec);
        if (next == null) {
          return false;
        }
        id = next;
        continue;
      }
      // The first step is over elements of the type itself.
      if (i > 0) {
        if (!(target.type(id) instanceof BtfType.Array array)
            || !spec.inBounds(array, accessor.index(), spec.accessors.getLast())) {
          return false;
        }
        id = target.strip(array.element());
      }
      long size = TypeSize.of(target, id);
      if (spec.raw.size() == CoreSpec.MAX_LEN || size < 0) {
        throw new TooDeep();
      }
      spec.accessors.add(new CoreSpec.Accessor(id, accessor.index(), null));
      spec.raw.add(accessor.index());
      spec.advance(accessor.index() * size * 8);
    }
    return true;
  }

  /** Looks for a member, through anonymous structs too; its type's id, or null. */
  private @Nullable Integer member(CoreSpec.Accessor wanted, int candidate, CoreSpec spec)
      throws TooDeep {
    int id = target.strip(candidate);
    if (!(target.type(id) instanceof BtfType.Composite composite)) {
      return null;
    }
    BtfType.Member mine =
        ((BtfType.Composite) local.btf.type(wanted.type())).members().get(wanted.index());
    for (int i = 0; i < composite.members().size(); i++) {
      BtfType.Member theirs = composite.members().get(i);
      if (spec.raw.size() == CoreSpec.MAX_LEN) {
        throw new TooDeep();
      }
      spec.advance(theirs.bitOffset());
      spec.raw.add(i);
      if (theirs.name().isEmpty()) {
        Integer found = member(wanted, theirs.type(), spec);
        if (found != null) {
          return found;
        }
      } else if (theirs.name().equals(mine.name())) {
        if (!compatibility.fields(mine.type(), theirs.type())) {
          return null;
        }
        spec.accessors.add(new CoreSpec.Accessor(id, i, theirs.name()));
        return theirs.type();
      }
      spec.advance(-theirs.bitOffset());
      spec.raw.removeLast();
    }
    return null;
  }
}
