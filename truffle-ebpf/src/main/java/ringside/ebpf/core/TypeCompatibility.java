package ringside.ebpf.core;

import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * Whether a type of a program and one of the kernel may stand for each other.
 *
 * <p>{@code bpf_core_types_are_compat} and {@code bpf_core_fields_are_compat} of libbpf.
 */
public final class TypeCompatibility {
  private static final int DEEPEST = 32;

  private final Btf local;
  private final Btf target;

  /** Compares types of a program with types of a kernel. */
  public TypeCompatibility(Btf local, Btf target) {
    this.local = local;
    this.target = target;
  }

  static boolean sameKind(BtfType a, BtfType b) {
    return a.kind() == b.kind() || (isEnum(a) && isEnum(b));
  }

  static boolean isEnum(BtfType type) {
    return type instanceof BtfType.Enum32 || type instanceof BtfType.Enum64;
  }

  /** Whether types are compatible; their names were compared before. */
  public boolean types(int localId, int targetId) {
    return sameKind(local.type(localId), target.type(targetId))
        && types(localId, targetId, DEEPEST);
  }

  private boolean types(int localId, int targetId, int level) {
    int mine = localId;
    int theirs = targetId;
    for (int depth = 0; depth < DEEPEST; depth++) {
      BtfType a = local.stripped(mine);
      BtfType b = target.stripped(theirs);
      if (!sameKind(a, b)) {
        return false;
      }
      switch (a) {
        case BtfType.VoidType _,
            BtfType.Composite _,
            BtfType.Enum32 _,
            BtfType.Enum64 _,
            BtfType.Fwd _ -> {
          return true;
        }
        case BtfType.Int i -> {
          return plain(i, b);
        }
        case BtfType.Ptr pointer -> {
          mine = pointer.type();
          theirs = ((BtfType.Ptr) b).type();
        }
        case BtfType.Array array -> {
          mine = array.element();
          theirs = ((BtfType.Array) b).element();
        }
        case BtfType.FuncProto proto -> {
          BtfType.FuncProto other = (BtfType.FuncProto) b;
          if (!parameters(proto, other, level)) {
            return false;
          }
          mine = proto.type();
          theirs = other.type();
        }
        default -> {
          return false;
        }
      }
    }
    return false;
  }

  private boolean parameters(BtfType.FuncProto mine, BtfType.FuncProto theirs, int level) {
    if (mine.parameters().size() != theirs.parameters().size() || level <= 0) {
      return false;
    }
    for (int i = 0; i < mine.parameters().size(); i++) {
      int a = local.strip(mine.parameters().get(i).type());
      int b = target.strip(theirs.parameters().get(i).type());
      if (!sameKind(local.type(a), target.type(b)) || !types(a, b, level - 1)) {
        return false;
      }
    }
    return true;
  }

  /** Whether members of these types are compatible. */
  boolean fields(int localId, int targetId) {
    int mine = localId;
    int theirs = targetId;
    for (int depth = 0; depth < DEEPEST; depth++) {
      BtfType a = local.stripped(mine);
      BtfType b = target.stripped(theirs);
      if (a instanceof BtfType.Composite && b instanceof BtfType.Composite) {
        return true;
      }
      if (!sameKind(a, b)) {
        return false;
      }
      switch (a) {
        case BtfType.Ptr _, BtfType.FloatType _ -> {
          return true;
        }
        case BtfType.Fwd _, BtfType.Enum32 _, BtfType.Enum64 _ -> {
          return a.name().isEmpty() || b.name().isEmpty() || EssentialName.same(a.name(), b.name());
        }
        case BtfType.Int i -> {
          return plain(i, b);
        }
        case BtfType.Array array -> {
          mine = array.element();
          theirs = ((BtfType.Array) b).element();
        }
        default -> {
          return false;
        }
      }
    }
    return false;
  }

  /** Integers are compatible whatever their size and sign, unless they are old-style bit-fields. */
  private static boolean plain(BtfType.Int mine, BtfType theirs) {
    return mine.bitOffset() == 0 && theirs instanceof BtfType.Int other && other.bitOffset() == 0;
  }
}
