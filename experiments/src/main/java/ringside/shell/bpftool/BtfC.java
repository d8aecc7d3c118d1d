package ringside.shell.bpftool;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * {@code btf dump format c}: declarations that a C compiler lays out as the types say.
 *
 * <p>What a type holds is defined before it; what it only points to is declared.
 */
final class BtfC {
  private static final String HEAD =
      """
      #ifndef __VMLINUX_H__
      #define __VMLINUX_H__

      #ifndef BPF_NO_PRESERVE_ACCESS_INDEX
      #pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
      #endif

      #ifndef __ksym
      #define __ksym __attribute__((section(".ksyms")))
      #endif

      #ifndef __weak
      #define __weak __attribute__((weak))
      #endif

      """;

  private static final String TAIL =
      """
      #ifndef BPF_NO_PRESERVE_ACCESS_INDEX
      #pragma clang attribute pop
      #endif

      #endif /* __VMLINUX_H__ */
      """;

  private final Btf btf;
  private final StringBuilder out = new StringBuilder(HEAD);
  private final Set<Integer> started = new HashSet<>();
  private final Set<Integer> done = new HashSet<>();
  private final Set<String> declared = new HashSet<>();

  BtfC(Btf btf) {
    this.btf = btf;
  }

  /**
   * The declarations.
   *
   * @param roots what is wanted, with all that it needs; empty for everything
   * @param sorted whether enums and typedefs of numbers come first
   */
  String dump(List<Integer> roots, boolean sorted) {
    if (roots.isEmpty()) {
      if (sorted) {
        for (int id = 1; id < btf.types().size(); id++) {
          if (btf.type(id) instanceof BtfType.Enum32 || btf.type(id) instanceof BtfType.Enum64) {
            define(id);
          }
        }
      }
      for (int id = 1; id < btf.types().size(); id++) {
        define(id);
      }
    } else {
      roots.forEach(id -> need(id, true));
    }
    return out.append(TAIL).toString();
  }

  /** Defines a type of the top level; others have no declaration of their own. */
  private void define(int id) {
    switch (btf.type(id)) {
      case BtfType.Composite t when !t.name().isEmpty() -> need(id, true);
      case BtfType.Enum32 _, BtfType.Enum64 _, BtfType.Typedef _, BtfType.Fwd _ -> need(id, true);
      default -> {}
    }
  }

  /**
   * Sees to it that a type can be named from here on.
   *
   * @param whole whether its size must be known
   */
  private void need(int id, boolean whole) {
    switch (btf.type(id)) {
      case BtfType.Composite type -> composite(id, type, whole);
      case BtfType.Enum32 type -> enumeration(id, type.name(), type.size(), type.values());
      case BtfType.Enum64 type -> enumeration(id, type.name(), type.size(), type.values());
      case BtfType.Fwd type -> declare((type.isUnion() ? "union " : "struct ") + type.name());
      case BtfType.Typedef type -> typedef(id, type, whole);
      case BtfType.Ptr type -> need(type.type(), false);
      case BtfType.Array type -> need(type.element(), true);
      case BtfType.Modifier type -> need(type.type(), whole);
      case BtfType.FuncProto type -> {
        need(type.type(), false);
        type.parameters().forEach(parameter -> need(parameter.type(), false));
      }
      default -> {}
    }
  }

  private void declare(String tag) {
    if (declared.add(tag)) {
      out.append(tag).append(";\n\n");
    }
  }

  private static String keyword(BtfType.Composite type) {
    return type instanceof BtfType.Union ? "union" : "struct";
  }

  private void composite(int id, BtfType.Composite type, boolean whole) {
    if (type.name().isEmpty()) {
      type.members().forEach(member -> need(member.type(), true));
      return;
    }
    String tag = keyword(type) + " " + type.name();
    if (!whole) {
      if (!done.contains(id)) {
        declare(tag);
      }
      return;
    }
    if (!started.add(id)) {
      return;
    }
    type.members().forEach(member -> need(member.type(), true));
    done.add(id);
    declared.add(tag);
    out.append(body(type, 0)).append(";\n\n");
  }

  private void typedef(int id, BtfType.Typedef type, boolean whole) {
    if (type.name().equals("__builtin_va_list")) {
      return;
    }
    need(type.type(), whole);
    if (started.add(id)) {
      // An anonymous struct is defined in the typedef itself, so what it holds must be there.
      if (btf.stripped(type.type()) instanceof BtfType.Composite c && c.name().isEmpty()) {
        need(type.type(), true);
      }
      out.append("typedef ").append(declaration(type.type(), type.name(), 0)).append(";\n\n");
    }
  }

  private void enumeration(int id, String name, long size, List<BtfType.Enumerator> values) {
    if (started.add(id) && !(name.isEmpty() && values.isEmpty())) {
      if (name.isEmpty() && isUsed(id)) {
        return; // defined where it is used
      }
      out.append(enumBody(name, size, values, 0)).append(";\n\n");
    }
  }

  /** Whether a type without a name is part of another, and defined there. */
  private boolean isUsed(int id) {
    for (BtfType type : btf.types()) {
      boolean uses =
          switch (type) {
            case BtfType.Composite c -> c.members().stream().anyMatch(m -> m.type() == id);
            case BtfType.Array a -> a.element() == id;
            case BtfType.Reference r -> r.type() == id;
            default -> false;
          };
      if (uses) {
        return true;
      }
    }
    return false;
  }

  private static String enumBody(
      String name, long size, List<BtfType.Enumerator> values, int depth) {
    StringBuilder text = new StringBuilder("enum");
    text.append(name.isEmpty() ? "" : " " + name).append(" {\n");
    for (BtfType.Enumerator value : values) {
      text.append("\t".repeat(depth + 1));
      text.append("%s = %d,\n".formatted(value.name(), value.value()));
    }
    text.append("\t".repeat(depth)).append('}');
    if (size == 1) {
      text.append(" __attribute__((mode(byte)))");
    } else if (size == 8 && values.stream().allMatch(v -> v.value() == (int) v.value())) {
      text.append(" __attribute__((mode(word)))");
    }
    return text.toString();
  }

  // --- structs ---

  private String body(BtfType.Composite type, int depth) {
    boolean packed = packed(type);
    StringBuilder text = new StringBuilder(keyword(type));
    text.append(type.name().isEmpty() ? "" : " " + type.name()).append(" {\n");
    String indent = "\t".repeat(depth + 1);
    boolean union = type instanceof BtfType.Union;
    long at = 0;
    for (BtfType.Member member : type.members()) {
      if (!union) {
        pad(text, indent, at, member, packed);
      }
      text.append(indent).append(declaration(member.type(), member.name(), depth + 1));
      if (member.bitSize() != 0) {
        text.append(": ").append(member.bitSize());
      }
      text.append(";\n");
      at = member.bitOffset() + (member.bitSize() != 0 ? member.bitSize() : bits(member.type()));
    }
    long align = packed ? 1 : alignment(type);
    long natural = (at / 8 + (at % 8 == 0 ? 0 : 1) + align - 1) / align * align;
    if (!union && natural < type.size()) {
      gap(text, indent, at, type.size() * 8);
    }
    text.append("\t".repeat(depth)).append('}');
    return text.append(packed ? " __attribute__((packed))" : "").toString();
  }

  /** Whether members lie where only {@code packed} puts them. */
  private boolean packed(BtfType.Composite type) {
    long align = 1;
    for (BtfType.Member member : type.members()) {
      long of = alignOf(member.type());
      if (member.bitSize() == 0 && member.bitOffset() % (8 * of) != 0) {
        return true;
      }
      align = Math.max(align, of);
    }
    return type.size() % align != 0;
  }

  private long alignment(BtfType.Composite type) {
    long align = 1;
    for (BtfType.Member member : type.members()) {
      align = Math.max(align, alignOf(member.type()));
    }
    return align;
  }

  private long alignOf(int id) {
    return switch (btf.stripped(id)) {
      case BtfType.Ptr _ -> 8;
      case BtfType.Int t -> Math.min(16, t.size());
      case BtfType.Enum32 t -> t.size();
      case BtfType.Enum64 t -> t.size();
      case BtfType.FloatType t -> Math.min(16, t.size());
      case BtfType.Array t -> alignOf(t.element());
      case BtfType.Composite t -> packed(t) ? 1 : alignment(t);
      default -> 1;
    };
  }

  private long bits(int id) {
    return 8 * btf.sizeOf(id);
  }

  private void pad(
      StringBuilder text, String indent, long at, BtfType.Member member, boolean packed) {
    long natural = at;
    if (member.bitSize() == 0) {
      long unit = packed ? 8 : 8 * alignOf(member.type());
      natural = (at + unit - 1) / unit * unit;
    } else if (at != member.bitOffset()) {
      // A bit-field moves on to its type's next unit where it would straddle two.
      long unit = bits(member.type());
      boolean straddles = at / unit != (at + member.bitSize() - 1) / unit;
      natural = straddles && !packed ? (at / unit + 1) * unit : at;
    }
    if (natural < member.bitOffset()) {
      gap(text, indent, at, member.bitOffset());
    }
  }

  /** Fills bits with members without names, each as wide as its place allows. */
  private static void gap(StringBuilder text, String indent, long from, long to) {
    long at = from;
    while (at < to) {
      int width = 64;
      while (width > 8 && (at % width != 0 || at + width > to)) {
        width /= 2;
      }
      long used = Math.min(width - at % 8, to - at);
      String type = width == 64 ? "long" : width == 32 ? "int" : width == 16 ? "short" : "char";
      text.append(indent).append(type).append(": ").append(used).append(";\n");
      at += used;
    }
  }

  // --- declarators ---

  private String declaration(int id, String name, int depth) {
    return declare(id, name, depth).strip();
  }

  /** C's declarators, from the name outwards. */
  private String declare(int id, String inner, int depth) {
    return switch (btf.type(id)) {
      case BtfType.Ptr pointer -> pointer(pointer.type(), "*" + inner, depth);
      case BtfType.Array array ->
          declare(
              array.element(), inner + "[" + Integer.toUnsignedString(array.count()) + "]", depth);
      case BtfType.FuncProto prototype -> function(prototype, inner, depth);
      case BtfType.Const t -> qualified("const", t.type(), inner, depth);
      case BtfType.Volatile t -> qualified("volatile", t.type(), inner, depth);
      case BtfType.Restrict t -> qualified("restrict", t.type(), inner, depth);
      case BtfType.TypeTag t -> declare(t.type(), inner, depth);
      case BtfType.Composite t ->
          (t.name().isEmpty() ? body(t, depth) : keyword(t) + " " + t.name()) + " " + inner;
      case BtfType.Enum32 t ->
          (t.name().isEmpty() ? enumBody("", t.size(), t.values(), depth) : "enum " + t.name())
              + " "
              + inner;
      case BtfType.Enum64 t ->
          (t.name().isEmpty() ? enumBody("", t.size(), t.values(), depth) : "enum " + t.name())
              + " "
              + inner;
      case BtfType.Fwd t -> (t.isUnion() ? "union " : "struct ") + t.name() + " " + inner;
      case BtfType.VoidType _ -> "void " + inner;
      case BtfType named -> named.name() + " " + inner;
    };
  }

  private String pointer(int target, String inner, int depth) {
    BtfType type = btf.type(target);
    boolean binds = type instanceof BtfType.Array || type instanceof BtfType.FuncProto;
    return declare(target, binds ? "(" + inner + ")" : inner, depth);
  }

  private String qualified(String qualifier, int of, String inner, int depth) {
    if (btf.type(of) instanceof BtfType.Ptr pointer) {
      return pointer(pointer.type(), "* " + qualifier + " " + inner, depth);
    }
    boolean array = btf.type(of) instanceof BtfType.Array;
    return array ? declare(of, inner, depth) : qualifier + " " + declare(of, inner, depth);
  }

  private String function(BtfType.FuncProto prototype, String inner, int depth) {
    StringBuilder arguments = new StringBuilder();
    for (BtfType.Parameter parameter : prototype.parameters()) {
      arguments.append(arguments.isEmpty() ? "" : ", ");
      arguments.append(
          parameter.type() == 0 ? "..." : declaration(parameter.type(), parameter.name(), depth));
    }
    String list = arguments.isEmpty() ? "void" : arguments.toString();
    return declare(prototype.type(), inner + "(" + list + ")", depth);
  }
}
