package ringside.format.btf;

import java.util.List;

/** A BTF type; other types are referred to by id, where 0 is {@code void}. */
public sealed interface BtfType {
  /** The name, empty for anonymous types and kinds without one. */
  default String name() {
    return "";
  }

  /** {@code BTF_KIND_*}, 0 to 19. */
  int kind();

  /** The kind's name as libbpf's messages have it: {@code func_proto}; type 0's is {@code void}. */
  default String kindLabel() {
    return switch (this) {
      case VoidType _ -> "void";
      case Int _ -> "int";
      case Ptr _ -> "ptr";
      case Array _ -> "array";
      case Struct _ -> "struct";
      case Union _ -> "union";
      case Enum32 _ -> "enum";
      case Fwd _ -> "fwd";
      case Typedef _ -> "typedef";
      case Volatile _ -> "volatile";
      case Const _ -> "const";
      case Restrict _ -> "restrict";
      case Func _ -> "func";
      case FuncProto _ -> "func_proto";
      case Var _ -> "var";
      case Datasec _ -> "datasec";
      case FloatType _ -> "float";
      case DeclTag _ -> "decl_tag";
      case TypeTag _ -> "type_tag";
      case Enum64 _ -> "enum64";
    };
  }

  /** The type of a kind that refers to exactly one, which typedefs and qualifiers are. */
  sealed interface Reference extends BtfType {
    /** The id of the type referred to. */
    int type();
  }

  /** Reference kinds that do not change what a value is: qualifiers, typedefs and type tags. */
  sealed interface Modifier extends Reference {}

  /** A struct or union. */
  sealed interface Composite extends BtfType {
    /** Bytes, padding included. */
    long size();

    /** The members in the order of declaration. */
    List<Member> members();
  }

  /**
   * A member of a struct or union.
   *
   * @param name empty for an anonymous struct or union
   * @param type its type's id
   * @param bitOffset from the start of the composite
   * @param bitSize the width of a bit-field, 0 when it is none
   */
  record Member(String name, int type, int bitOffset, int bitSize) {}

  /**
   * An enumerator; the value is sign- or zero-extended as its enum is signed or not.
   *
   * @param name its name
   * @param value its value
   */
  record Enumerator(String name, long value) {}

  /**
   * A parameter of a function; the last one of a variadic function has no name and type 0.
   *
   * @param name its name; may be empty
   * @param type its type's id
   */
  record Parameter(String name, int type) {}

  /**
   * A variable of a data section.
   *
   * @param type the id of a {@link Var}, or of a {@link Func} for extern functions
   * @param offset bytes from the section's start
   * @param size bytes
   */
  record SectionVariable(int type, int offset, int size) {}

  /** {@code void}, type 0. */
  record VoidType() implements BtfType {
    @Override
    public String name() {
      return "void";
    }

    @Override
    public int kind() {
      return 0;
    }
  }

  /**
   * {@code BTF_KIND_INT}.
   *
   * @param size bytes
   * @param encoding a mask of {@link #SIGNED}, {@link #CHAR}, {@link #BOOL}
   * @param bitOffset always 0 from today's compilers
   * @param bits the width of the value
   */
  record Int(String name, long size, int encoding, int bitOffset, int bits) implements BtfType {
    /** {@code BTF_INT_SIGNED}. */
    public static final int SIGNED = 1;

    /** {@code BTF_INT_CHAR}. */
    public static final int CHAR = 2;

    /** {@code BTF_INT_BOOL}. */
    public static final int BOOL = 4;

    /** Whether values are signed. */
    public boolean isSigned() {
      return (encoding & SIGNED) != 0;
    }

    @Override
    public int kind() {
      return 1;
    }
  }

  /** {@code BTF_KIND_PTR}. */
  record Ptr(int type) implements Reference {
    @Override
    public int kind() {
      return 2;
    }
  }

  /**
   * {@code BTF_KIND_ARRAY}.
   *
   * @param element the id of the element's type
   * @param index the id of the index's type
   * @param count elements; 0 for a flexible array
   */
  record Array(int element, int index, int count) implements BtfType {
    @Override
    public int kind() {
      return 3;
    }
  }

  /** {@code BTF_KIND_STRUCT}. */
  record Struct(String name, long size, List<Member> members) implements Composite {
    @Override
    public int kind() {
      return 4;
    }
  }

  /** {@code BTF_KIND_UNION}. */
  record Union(String name, long size, List<Member> members) implements Composite {
    @Override
    public int kind() {
      return 5;
    }
  }

  /** {@code BTF_KIND_ENUM}: values of 32 bits. */
  record Enum32(String name, long size, boolean isSigned, List<Enumerator> values)
      implements BtfType {
    @Override
    public int kind() {
      return 6;
    }
  }

  /** {@code BTF_KIND_FWD}: a struct or union of which only the name is known. */
  record Fwd(String name, boolean isUnion) implements BtfType {
    @Override
    public int kind() {
      return 7;
    }
  }

  /** {@code BTF_KIND_TYPEDEF}. */
  record Typedef(String name, int type) implements Modifier {
    @Override
    public int kind() {
      return 8;
    }
  }

  /** {@code BTF_KIND_VOLATILE}. */
  record Volatile(int type) implements Modifier {
    @Override
    public int kind() {
      return 9;
    }
  }

  /** {@code BTF_KIND_CONST}. */
  record Const(int type) implements Modifier {
    @Override
    public int kind() {
      return 10;
    }
  }

  /** {@code BTF_KIND_RESTRICT}. */
  record Restrict(int type) implements Modifier {
    @Override
    public int kind() {
      return 11;
    }
  }

  /**
   * {@code BTF_KIND_FUNC}.
   *
   * @param type the id of its {@link FuncProto}
   * @param linkage 0 static, 1 global, 2 extern
   */
  record Func(String name, int type, int linkage) implements Reference {
    @Override
    public int kind() {
      return 12;
    }
  }

  /**
   * {@code BTF_KIND_FUNC_PROTO}.
   *
   * @param type the id of what it returns
   */
  record FuncProto(int type, List<Parameter> parameters) implements Reference {
    @Override
    public int kind() {
      return 13;
    }
  }

  /**
   * {@code BTF_KIND_VAR}.
   *
   * @param linkage 0 static, 1 global, 2 extern
   */
  record Var(String name, int type, int linkage) implements Reference {
    @Override
    public int kind() {
      return 14;
    }
  }

  /** {@code BTF_KIND_DATASEC}: an ELF section with variables. */
  record Datasec(String name, long size, List<SectionVariable> variables) implements BtfType {
    @Override
    public int kind() {
      return 15;
    }
  }

  /** {@code BTF_KIND_FLOAT}. */
  record FloatType(String name, long size) implements BtfType {
    @Override
    public int kind() {
      return 16;
    }
  }

  /**
   * {@code BTF_KIND_DECL_TAG}: {@code __attribute__((btf_decl_tag("...")))}.
   *
   * @param component the member or parameter it is on, or -1 for the declaration itself
   */
  record DeclTag(String name, int type, int component) implements Reference {
    @Override
    public int kind() {
      return 17;
    }
  }

  /** {@code BTF_KIND_TYPE_TAG}: {@code __attribute__((btf_type_tag("...")))}. */
  record TypeTag(String name, int type) implements Modifier {
    @Override
    public int kind() {
      return 18;
    }
  }

  /** {@code BTF_KIND_ENUM64}: values of 64 bits. */
  record Enum64(String name, long size, boolean isSigned, List<Enumerator> values)
      implements BtfType {
    @Override
    public int kind() {
      return 19;
    }
  }
}
