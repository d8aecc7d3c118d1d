package ringside.ebpf.core;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Whether the kernel has a type as the program declares it: {@code bpf_core_types_match}. */
final class TypeMatch {
  private static final int DEEPEST = 32;

  private final Btf local;
  private final Btf target;

  /** What pairs of types came to, so that no nesting makes the search explode. */
  private final Map<Pair, Boolean> known = new HashMap<>();

  private record Pair(int local, int target, boolean behindPointer) {}

  TypeMatch(Btf local, Btf target) {
    this.local = local;
    this.target = target;
  }

  boolean matches(int localId, int targetId) {
    return matches(localId, targetId, false, DEEPEST);
  }

  private boolean matches(int localId, int targetId, boolean behindPointer, int level) {
    if (level <= 0) {
      return false;
    }
    Pair pair = new Pair(localId, targetId, behindPointer);
    Boolean before = known.get(pair);
    if (before == null) {
      // A pair that is looked at again while it is being looked at is no mismatch in itself.
      known.put(pair, true);
      before = compare(localId, targetId, behindPointer, level);
      known.put(pair, before);
    }
    return before;
  }

  private boolean compare(int localId, int targetId, boolean startsBehindPointer, int level) {
    int mine = localId;
    int theirs = targetId;
    boolean behindPointer = startsBehindPointer;
    for (int depth = 0; depth < DEEPEST; depth++) {
      BtfType a = local.stripped(mine);
      BtfType b = target.stripped(theirs);
      if (!EssentialName.same(name(a), name(b))) {
        return false;
      }
      switch (a) {
        case BtfType.Fwd forward -> {
          return forward(forward, b, behindPointer);
        }
        case BtfType.Composite composite -> {
          return behindPointer
              ? composite.kind() == b.kind() || forwardOf(composite, b)
              : composite.kind() == b.kind() && members(composite, (BtfType.Composite) b, level);
        }
        case BtfType.Ptr pointer when b instanceof BtfType.Ptr other -> {
          behindPointer = true;
          mine = pointer.type();
          theirs = other.type();
        }
        case BtfType.Array array when b instanceof BtfType.Array other -> {
          if (array.count() != other.count()) {
            return false;
          }
          mine = array.element();
          theirs = other.element();
        }
        case BtfType.FuncProto proto when b instanceof BtfType.FuncProto other -> {
          if (!parameters(proto, other, behindPointer, level)) {
            return false;
          }
          mine = proto.type();
          theirs = other.type();
        }
        default -> {
          return leaves(a, b);
        }
      }
    }
    return false;
  }

  private static String name(BtfType type) {
    return type.kind() == 0 ? "" : type.name();
  }

  private static boolean leaves(BtfType a, BtfType b) {
    return switch (a) {
      case BtfType.VoidType _ -> b instanceof BtfType.VoidType;
      case BtfType.Int mine ->
          b instanceof BtfType.Int theirs
              && mine.size() == theirs.size()
              && mine.isSigned() == theirs.isSigned();
      case BtfType.Enum32 e -> enums(e.size(), e.values(), b);
      case BtfType.Enum64 e -> enums(e.size(), e.values(), b);
      default -> false;
    };
  }

  private static boolean forward(BtfType.Fwd mine, BtfType theirs, boolean behindPointer) {
    return switch (theirs) {
      case BtfType.Fwd other -> mine.isUnion() == other.isUnion();
      case BtfType.Struct _ -> behindPointer && !mine.isUnion();
      case BtfType.Union _ -> behindPointer && mine.isUnion();
      default -> false;
    };
  }

  private static boolean forwardOf(BtfType.Composite mine, BtfType theirs) {
    return theirs instanceof BtfType.Fwd forward
        && forward.isUnion() == (mine instanceof BtfType.Union);
  }

  private boolean members(BtfType.Composite mine, BtfType.Composite theirs, int level) {
    if (mine.members().size() > theirs.members().size()) {
      return false;
    }
    for (BtfType.Member member : mine.members()) {
      boolean matched =
          theirs.members().stream()
              .anyMatch(other ->
                  EssentialName.same(member.name(), other.name())
                      && matches(member.type(), other.type(), false, level - 1));
      if (!matched) {
        return false;
      }
    }
    return true;
  }

  private boolean parameters(
      BtfType.FuncProto mine, BtfType.FuncProto theirs, boolean behindPointer, int level) {
    if (mine.parameters().size() != theirs.parameters().size()) {
      return false;
    }
    for (int i = 0; i < mine.parameters().size(); i++) {
      int a = mine.parameters().get(i).type();
      int b = theirs.parameters().get(i).type();
      if (!matches(a, b, behindPointer, level - 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean enums(long size, List<BtfType.Enumerator> values, BtfType other) {
    List<BtfType.Enumerator> theirs = CoreSpec.enumerators(other);
    if (theirs == null || values.size() > theirs.size() || size != enumSize(other)) {
      return false;
    }
    return values.stream()
        .allMatch(
            value -> theirs.stream().anyMatch(t -> EssentialName.same(value.name(), t.name())));
  }

  private static long enumSize(BtfType type) {
    return switch (type) {
      case BtfType.Enum32 e -> e.size();
      case BtfType.Enum64 e -> e.size();
      default -> 0;
    };
  }
}
