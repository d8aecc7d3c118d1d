package ringside.format.btf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Section;

/**
 * The types of one object or kernel; immutable.
 *
 * <p>Sizes and alignments are those of a 64-bit machine, which BPF and RV64 agree on.
 */
public final class Btf {
  /**
   * How many references in a row are followed before the data counts as cyclic; the kernel's limit.
   */
  private static final int DEEPEST = 32;

  private static final int POINTER_SIZE = 8;

  private final String where;
  private final BtfReader strings;
  private final List<BtfType> types;
  private final Map<String, List<Integer>> idsByName;

  private Btf(String where, BtfReader strings, List<BtfType> types) {
    this.where = where;
    this.strings = strings;
    this.types = types;
    this.idsByName = new HashMap<>();
    for (int id = 1; id < types.size(); id++) {
      String name = types.get(id).name();
      if (!name.isEmpty()) {
        idsByName.computeIfAbsent(name, n -> new ArrayList<>()).add(id);
      }
    }
  }

  /**
   * Reads the bytes of a {@code .BTF} section, or of {@code /sys/kernel/btf/vmlinux}.
   *
   * @param where the file's name for messages
   * @throws BtfException when they are damaged
   */
  public static Btf parse(String where, byte[] section) {
    BtfReader reader = new BtfReader(new BtfBytes(where, section));
    return new Btf(where, reader, reader.types());
  }

  /**
   * The same strings with other types, as loaders make them of what the compiler left open.
   *
   * @param changed by id, with {@code void} first; references must be to types among them
   */
  public Btf withTypes(List<BtfType> changed) {
    return new Btf(where, strings, List.copyOf(changed));
  }

  /**
   * Reads the {@code .BTF} section of an object.
   *
   * @throws BtfException when it has none or it is damaged
   */
  public static Btf of(ElfFile object) {
    Section section =
        object
            .section(".BTF")
            .orElseThrow(() ->
                new BtfException(
                    object.name(),
                    "has no BTF (no .BTF section)",
                    "compile with clang's -g, as `ringside cc --target bpf` does"));
    return parse(object.name(), object.bytes(section));
  }

  /** All types by id; the first is {@code void}. */
  public List<BtfType> types() {
    return types;
  }

  /**
   * The type with an id.
   *
   * @throws BtfException when there is none
   */
  public BtfType type(int id) {
    if (id < 0 || id >= types.size()) {
      throw new BtfException(
          where, "no type " + Integer.toUnsignedString(id) + ", there are " + types.size(), null);
    }
    return types.get(id);
  }

  /**
   * A string of the string section; {@code .BTF.ext} refers to them too.
   *
   * @throws BtfException when the offset is outside
   */
  public String string(long offset) {
    return strings.string(offset);
  }

  /** The id of the first type of that name and kind, in the order of ids. */
  public Optional<Integer> find(String name, Class<? extends BtfType> kind) {
    return idsByName.getOrDefault(name, List.of()).stream()
        .filter(id -> kind.isInstance(types.get(id)))
        .findFirst();
  }

  /** The ids of all types of that name, whatever their kind. */
  public List<Integer> find(String name) {
    return List.copyOf(idsByName.getOrDefault(name, List.of()));
  }

  /** {@code struct NAME}, when it is here with its members. */
  public Optional<BtfType.Struct> struct(String name) {
    return find(name, BtfType.Struct.class).map(id -> (BtfType.Struct) types.get(id));
  }

  /**
   * The id of what a type is when typedefs, qualifiers and type tags are taken off.
   *
   * @throws BtfException when they go round in a circle
   */
  public int strip(int id) {
    int stripped = id;
    for (int depth = 0; depth < DEEPEST; depth++) {
      if (!(type(stripped) instanceof BtfType.Modifier modifier)) {
        return stripped;
      }
      stripped = modifier.type();
    }
    throw tooDeep(id);
  }

  /** The type itself when typedefs, qualifiers and type tags are taken off. */
  public BtfType stripped(int id) {
    return types.get(strip(id));
  }

  /**
   * The size of a value in bytes.
   *
   * @throws BtfException for types without one: {@code void}, functions, types of which only the
   *     name is known
   */
  public long sizeOf(int id) {
    return sizeOf(id, 0);
  }

  private long sizeOf(int id, int depth) {
    if (depth > DEEPEST) {
      throw tooDeep(id);
    }
    return switch (stripped(id)) {
      case BtfType.Int i -> i.size();
      case BtfType.Ptr p -> POINTER_SIZE;
      case BtfType.Array a -> arraySize(id, sizeOf(a.element(), depth + 1), a.count());
      case BtfType.Composite c -> c.size();
      case BtfType.Enum32 e -> e.size();
      case BtfType.Enum64 e -> e.size();
      case BtfType.FloatType f -> f.size();
      case BtfType.Datasec d -> d.size();
      case BtfType.Var v -> sizeOf(v.type(), depth + 1);
      case BtfType other ->
          throw new BtfException(where, "type " + id + " (" + describe(id) + ") has no size", null);
    };
  }

  private long arraySize(int id, long element, int count) {
    long size = element * count;
    if (element > Integer.MAX_VALUE || size > Integer.MAX_VALUE) {
      throw new BtfException(where, "type " + id + " is larger than 2 GiB", null);
    }
    return size;
  }

  /** Where a member lies and what it is; anonymous structs and unions are looked into. */
  public Optional<Field> field(BtfType.Composite composite, String name) {
    return field(composite, name, 0, 0);
  }

  private Optional<Field> field(BtfType.Composite composite, String name, long base, int depth) {
    if (depth > DEEPEST) {
      throw new BtfException(where, "structs nested in a circle at " + composite.name(), null);
    }
    for (BtfType.Member member : composite.members()) {
      long at = base + member.bitOffset();
      if (member.name().equals(name)) {
        return Optional.of(new Field(member.type(), at, member.bitSize()));
      }
      if (member.name().isEmpty()
          && stripped(member.type()) instanceof BtfType.Composite anonymous) {
        Optional<Field> inner = field(anonymous, name, at, depth + 1);
        if (inner.isPresent()) {
          return inner;
        }
      }
    }
    return Optional.empty();
  }

  /**
   * A member found by name.
   *
   * @param type its type's id
   * @param bitOffset from the start of the outermost struct
   * @param bitSize the width of a bit-field, 0 when it is none
   */
  public record Field(int type, long bitOffset, int bitSize) {
    /** Bytes from the start; of a bit-field, those before the byte in which it starts. */
    public long offset() {
      return bitOffset / 8;
    }
  }

  /** A type as C writes it, as far as one line can: {@code const struct task_struct *}. */
  public String describe(int id) {
    return describe(id, 0);
  }

  private String describe(int id, int depth) {
    if (depth > DEEPEST) {
      throw tooDeep(id);
    }
    int next = depth + 1;
    return switch (type(id)) {
      case BtfType.Ptr p -> {
        String pointee = describe(p.type(), next);
        yield pointee.endsWith("*") ? pointee + "*" : pointee + " *";
      }
      case BtfType.Array a -> describe(a.element(), next) + "[" + a.count() + "]";
      case BtfType.Struct s -> tagged("struct", s.name());
      case BtfType.Union u -> tagged("union", u.name());
      case BtfType.Enum32 e -> tagged("enum", e.name());
      case BtfType.Enum64 e -> tagged("enum", e.name());
      case BtfType.Fwd f -> tagged(f.isUnion() ? "union" : "struct", f.name());
      case BtfType.Volatile v -> qualified("volatile", v.type(), next);
      case BtfType.Const c -> qualified("const", c.type(), next);
      case BtfType.Restrict r -> qualified("restrict", r.type(), next);
      case BtfType.TypeTag t -> describe(t.type(), next);
      case BtfType.FuncProto f -> describe(f.type(), next) + " ()";
      case BtfType named -> named.name();
    };
  }

  private static String tagged(String keyword, String name) {
    return keyword + " " + (name.isEmpty() ? "(anonymous)" : name);
  }

  private String qualified(String qualifier, int id, int depth) {
    String inner = describe(id, depth);
    return stripped(id) instanceof BtfType.Ptr ? inner + qualifier : qualifier + " " + inner;
  }

  private BtfException tooDeep(int id) {
    return new BtfException(where, "type " + id + " refers to itself or is nested too deep", null);
  }
}
