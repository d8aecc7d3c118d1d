package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EACCES;
import static ringside.ebpf.verifier.VerifierReject.EFAULT;
import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;

/**
 * Finds what lies at an offset of a struct, through nested structs, unions and arrays ({@code
 * btf_struct_walk}).
 *
 * <p>What is wrong goes to the log at once, because Linux prints it even where a failed search has
 * no consequence. An instance walks once.
 */
final class BtfWalk {
  /** What is at the offset. */
  enum Found {
    SCALAR,
    POINTER,
    /** A pointer to what is no struct. */
    PLAIN_POINTER,
    STRUCT,
    ERROR
  }

  private final VerifierEnv env;
  private final Btf btf;

  /** The struct found, or the one pointed to. */
  int id;

  /** Flags for a pointer found: what the walk went through and what the pointer is tagged with. */
  int flags;

  /** The name of the member that holds the pointer found. */
  @Nullable String field;

  /** Why the walk failed. */
  int errno;

  BtfWalk(VerifierEnv env, Btf btf) {
    this.env = env;
    this.btf = btf;
  }

  private Found fail(int error, String message) {
    env.log.complain(message);
    errno = error;
    return Found.ERROR;
  }

  Found walk(int type, int offset, int size, boolean flexible) {
    int off = offset;
    BtfType.Composite c = null;
    BtfType start = btf.stripped(type);
    while (true) {
      if (c == null) {
        if (!(start instanceof BtfType.Composite composite)) {
          return fail(EINVAL, "Type '" + BtfWords.name(start) + "' is not a struct");
        }
        c = composite;
      }
      if (c instanceof BtfType.Union && c.members().size() != 1) {
        flags |= RegType.PTR_UNTRUSTED;
      }
      if (off + size > c.size()) {
        BtfType.Member last = flexible ? flexibleTail(c, off) : null;
        if (last == null) {
          return fail(
              EACCES,
              String.format(
                  "access beyond struct %s at off %d size %d", BtfWords.name(c), off, size));
        }
        BtfType element = elementOf(last);
        if (element instanceof BtfType.Int) {
          return Found.SCALAR;
        }
        c = (BtfType.Composite) element;
        off = (off - last.bitOffset() / 8) % (int) c.size();
        continue;
      }
      Inner inner = member(c, off, size);
      if (inner.found != null) {
        return inner.found;
      }
      c = inner.into;
      off = inner.off;
    }
  }

  /** The flexible array at the end of a struct, if an offset beyond it may be looked up there. */
  private BtfType.@Nullable Member flexibleTail(BtfType.Composite c, int off) {
    if (c.members().isEmpty()) {
      return null;
    }
    BtfType.Member last = c.members().get(c.members().size() - 1);
    if (!(btf.stripped(last.type()) instanceof BtfType.Array array)
        || array.count() != 0
        || off < last.bitOffset() / 8) {
      return null;
    }
    BtfType element = btf.stripped(array.element());
    boolean usable =
        element instanceof BtfType.Int
            || (element instanceof BtfType.Composite struct && struct.size() != 0);
    return usable ? last : null;
  }

  private BtfType elementOf(BtfType.Member array) {
    BtfType.Array type = (BtfType.Array) btf.stripped(array.type());
    return btf.stripped(type.element());
  }

  /** Either an answer, or the struct to look into next. */
  private record Inner(@Nullable Found found, BtfType.@Nullable Composite into, int off) {
    static Inner of(Found found) {
      return new Inner(found, null, 0);
    }
  }

  private Inner member(BtfType.Composite c, int off, int size) {
    for (BtfType.Member m : c.members()) {
      int start = m.bitOffset() / 8;
      if (off + size <= start) {
        break;
      }
      if (m.bitSize() != 0) {
        int end = (m.bitOffset() + m.bitSize() + 7) / 8;
        if (off <= start && end <= off + size) {
          return Inner.of(Found.SCALAR);
        }
        continue;
      }
      if (off < start) {
        break;
      }
      int memberSize;
      try {
        memberSize = (int) btf.sizeOf(m.type());
      } catch (BtfException e) {
        return Inner.of(fail(EFAULT, "field " + m.name() + " doesn't have size"));
      }
      int trueEnd = start + memberSize;
      if (off >= trueEnd) {
        continue;
      }
      int typeId = btf.strip(m.type());
      BtfType type = btf.type(typeId);
      if (type instanceof BtfType.Array) {
        if (start == trueEnd) {
          continue;
        }
        while (type instanceof BtfType.Array array) {
          typeId = btf.strip(array.element());
          type = btf.type(typeId);
        }
        memberSize = (int) btf.sizeOf(typeId);
        start += (off - start) / memberSize * memberSize;
      }
      return inside(c, m, type, typeId, start, memberSize, trueEnd, off, size);
    }
    return Inner.of(
        fail(EINVAL, "struct " + BtfWords.name(c) + " doesn't have field at offset " + off));
  }

  private Inner inside(
      BtfType.Composite c,
      BtfType.Member m,
      BtfType type,
      int typeId,
      int start,
      int memberSize,
      int trueEnd,
      int off,
      int size) {
    if (type instanceof BtfType.Composite struct) {
      if (off == start) {
        id = typeId;
        return Inner.of(Found.STRUCT);
      }
      return new Inner(null, struct, off - start);
    }
    if (type instanceof BtfType.Ptr pointer) {
      if (memberSize != size || off != start) {
        return Inner.of(
            fail(
                EACCES,
                String.format(
                    "cannot access ptr member %s with moff %d in struct %s with off %d size %d",
                    m.name(), start, BtfWords.name(c), off, size)));
      }
      int target = btf.strip(pointer.type());
      if (btf.type(target) instanceof BtfType.Composite) {
        id = target;
        flags |= tag(pointer);
        field = m.name();
        return Inner.of(Found.POINTER);
      }
      return Inner.of(Found.PLAIN_POINTER);
    }
    if (off + size > trueEnd && (flags & RegType.PTR_UNTRUSTED) == 0) {
      return Inner.of(
          fail(
              EACCES,
              String.format(
                  "access beyond the end of member %s (mend:%d) in struct %s with off %d size %d",
                  m.name(), trueEnd, BtfWords.name(c), off, size)));
    }
    return Inner.of(Found.SCALAR);
  }

  /** What the type tag on a pointer's target says of the pointer. */
  int tag(BtfType.Ptr pointer) {
    if (!(btf.type(pointer.type()) instanceof BtfType.TypeTag tag)) {
      return 0;
    }
    return switch (tag.name()) {
      case "user" -> RegType.MEM_USER;
      case "percpu" -> RegType.MEM_PERCPU;
      case "rcu" -> RegType.MEM_RCU;
      default -> 0;
    };
  }
}
