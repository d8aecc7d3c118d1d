package ringside.ebpf.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * A place in a type: {@code struct bpf_core_spec}.
 *
 * <p>The raw steps go through every level; the accessors are those that mean something in another
 * version of the type: named members and array elements.
 */
final class CoreSpec {
  /** {@code BPF_CORE_SPEC_MAX_LEN}. */
  static final int MAX_LEN = 64;

  private static final long U32 = 0xffffffffL;

  final Btf btf;
  final int root;
  final CoreKind kind;
  final List<Integer> raw = new ArrayList<>();
  final List<Accessor> accessors = new ArrayList<>();
  long bitOffset;

  /**
   * One step.
   *
   * @param type the composite that the member is of, or the type of the element
   * @param index of the member, element or enumerator
   * @param name of the member or enumerator; null for an element
   */
  record Accessor(int type, int index, @Nullable String name) {}

  CoreSpec(Btf btf, int root, CoreKind kind) {
    this.btf = btf;
    this.root = root;
    this.kind = kind;
  }

  /**
   * Reads the access of a relocation against the program's own types; null where it makes no sense
   * there.
   */
  static @Nullable CoreSpec parse(Btf btf, CoreRelocation relocation, CoreKind kind) {
    CoreSpec spec = new CoreSpec(btf, relocation.type(), kind);
    if (kind.basis() == CoreKind.Basis.TYPE) {
      return relocation.access().equals("0") ? spec : null;
    }
    if (!spec.readSteps(relocation.access())) {
      return null;
    }
    int id = btf.strip(relocation.type());
    int first = spec.raw.getFirst();
    if (kind.basis() == CoreKind.Basis.ENUMERATOR) {
      List<BtfType.Enumerator> values = enumerators(btf.type(id));
      if (values == null || spec.raw.size() > 1 || first >= values.size()) {
        return null;
      }
      spec.accessors.add(new Accessor(id, first, values.get(first).name()));
      return spec;
    }
    spec.accessors.add(new Accessor(id, first, null));
    long size = TypeSize.of(btf, id);
    if (size < 0) {
      return null;
    }
    spec.advance(first * size * 8);
    for (int i = 1; i < spec.raw.size(); i++) {
      id = spec.step(btf.strip(id), spec.raw.get(i));
      if (id < 0) {
        return null;
      }
    }
    return spec;
  }

  private boolean readSteps(String access) {
    if (access.isEmpty() || access.length() > MAX_LEN * 11) {
      return false;
    }
    for (String step : access.split(":", -1)) {
      if (!step.matches("[0-9]{1,9}") || raw.size() == MAX_LEN) {
        return false;
      }
      raw.add(Integer.parseInt(step));
    }
    return true;
  }

  /** Takes one step into a stripped type; the id of where it leads, or -1. */
  private int step(int id, int index) {
    return switch (btf.type(id)) {
      case BtfType.Composite composite -> member(id, composite, index);
      case BtfType.Array array -> element(array, index);
      default -> -1;
    };
  }

  private int member(int id, BtfType.Composite composite, int index) {
    if (index >= composite.members().size()) {
      return -1;
    }
    BtfType.Member member = composite.members().get(index);
    advance(member.bitOffset());
    if (!member.name().isEmpty()) {
      accessors.add(new Accessor(id, index, member.name()));
    }
    return member.type();
  }

  private int element(BtfType.Array array, int index) {
    int element = btf.strip(array.element());
    long size = TypeSize.of(btf, element);
    if (size < 0 || !inBounds(array, index, accessors.getLast())) {
      return -1;
    }
    accessors.add(new Accessor(element, index, null));
    advance(index * size * 8);
    return element;
  }

  /** Whether an array has such an element; a flexible one at the end of a struct has any. */
  boolean inBounds(BtfType.Array array, int index, Accessor outer) {
    boolean flexible =
        outer.name() != null
            && array.count() == 0
            && btf.type(outer.type()) instanceof BtfType.Composite composite
            && outer.index() == composite.members().size() - 1;
    return flexible || index < array.count();
  }

  void advance(long bits) {
    bitOffset = (bitOffset + bits) & U32;
  }

  /** The enumerators of either kind of enum, or null. */
  static @Nullable List<BtfType.Enumerator> enumerators(BtfType type) {
    return switch (type) {
      case BtfType.Enum32 e -> e.values();
      case BtfType.Enum64 e -> e.values();
      default -> null;
    };
  }

  /** As libbpf prints it: {@code <byte_off> [7] struct task_struct.pid (0:4 @ offset 24)}. */
  String text() {
    BtfType type = btf.type(root);
    StringBuilder text =
        new StringBuilder(
            "<%s> [%d] %s %s"
                .formatted(
                    kind.label(),
                    root,
                    type.kindLabel(),
                    type.kind() == 0 || type.name().isEmpty() ? "<anon>" : type.name()));
    switch (kind.basis()) {
      case TYPE -> {}
      case ENUMERATOR -> text.append(enumeratorText());
      case FIELD -> {
        for (int i = 0; i < accessors.size(); i++) {
          Accessor accessor = accessors.get(i);
          if (accessor.name() != null) {
            text.append('.').append(accessor.name());
          } else if (i > 0 || accessor.index() > 0) {
            text.append('[').append(accessor.index()).append(']');
          }
        }
        text.append(" (");
        text.append(String.join(":", raw.stream().map(String::valueOf).toList()));
        text.append(" @ offset ").append(bitOffset / 8);
        if (bitOffset % 8 != 0) {
          text.append('.').append(bitOffset % 8);
        }
        text.append(')');
      }
    }
    return text.toString();
  }

  private String enumeratorText() {
    BtfType type = btf.stripped(root);
    List<BtfType.Enumerator> values = enumerators(type);
    if (values == null || raw.isEmpty()) {
      return "";
    }
    BtfType.Enumerator value = values.get(raw.getFirst());
    boolean signed =
        switch (type) {
          case BtfType.Enum32 e -> e.isSigned();
          case BtfType.Enum64 e -> e.isSigned();
          default -> false;
        };
    return "::%s = %s"
        .formatted(
            value.name(),
            signed ? Long.toString(value.value()) : Long.toUnsignedString(value.value()));
  }
}
