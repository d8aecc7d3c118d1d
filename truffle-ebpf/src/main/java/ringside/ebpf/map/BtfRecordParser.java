package ringside.ebpf.map;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfException;
import ringside.format.btf.BtfType;
import ringside.kernel.core.Errno;

/** Finds special fields in BTF, with the rules of {@code kernel/bpf/btf.c}. */
final class BtfRecordParser {
  private static final int MAX_RESOLVE_DEPTH = 32;
  private static final String CONTAINS = "contains:";

  private final Btf btf;
  private final BtfRecord.KernelStructs kernel;

  BtfRecordParser(Btf btf, BtfRecord.KernelStructs kernel) {
    this.btf = btf;
    this.kernel = kernel;
  }

  /** A search in one value: what was seen so far and what is looked for. */
  private static final class Search {
    private final int mask;
    private int seen;

    Search(int mask) {
      this.mask = mask;
    }
  }

  @Nullable BtfRecord parse(int typeId, int mask, int valueSize) throws MapException {
    try {
      return check(find(typeId, mask), valueSize);
    } catch (BtfException e) {
      throw bad(Errno.EINVAL, e.getMessage());
    }
  }

  Map<Integer, BtfRecord> structs() throws MapException {
    Map<Integer, BtfRecord> records = new TreeMap<>();
    try {
      Set<Integer> special = specialTypes();
      if (special.isEmpty()) {
        return records;
      }
      for (int id = 1; id < btf.types().size(); id++) {
        if (btf.type(id) instanceof BtfType.Composite composite
            && composite.members().stream().anyMatch(m -> special.contains(m.type()))) {
          BtfRecord record = parse(id, BtfRecord.OBJECT_MASK, (int) composite.size());
          if (record == null) {
            throw bad(
                Errno.EFAULT, "special fields of struct " + composite.name() + " are mangled");
          }
          records.put(id, record);
        }
      }
    } catch (BtfException e) {
      throw bad(Errno.EINVAL, e.getMessage());
    }
    return records;
  }

  /** The ids of special structs and of tagged pointers, as members name them. */
  private Set<Integer> specialTypes() {
    Set<Integer> special = new HashSet<>();
    for (BtfFieldType type : BtfFieldType.values()) {
      if (type.isNamedStruct() && (type.bit() & BtfRecord.OBJECT_MASK) != 0) {
        btf.find(type.label(), BtfType.Struct.class).ifPresent(special::add);
      }
    }
    for (int id = 1; id < btf.types().size(); id++) {
      try {
        if (pointer(btf.type(id), BtfRecord.OBJECT_MASK, 0) != null) {
          special.add(id);
        }
      } catch (MapException e) {
        // A tag that a value may not have does no harm where no object uses it.
      }
    }
    return special;
  }

  private List<BtfField> find(int typeId, int mask) throws MapException {
    Search search = new Search(mask);
    List<BtfField> found = new ArrayList<>();
    switch (btf.type(typeId)) {
      case BtfType.Composite composite -> members(typeId, composite, search, 0, found);
      case BtfType.Datasec section -> {
        for (BtfType.SectionVariable entry : section.variables()) {
          if (btf.type(entry.type()) instanceof BtfType.Var variable) {
            one(entry.type(), variable.type(), -1, entry.offset(), entry.size(), search, 0, found);
          }
        }
      }
      case BtfType other -> throw bad(Errno.EINVAL, other.name() + " is no struct");
    }
    return found;
  }

  private void members(
      int owner, BtfType.Composite composite, Search search, int level, List<BtfField> found)
      throws MapException {
    List<BtfType.Member> members = composite.members();
    for (int i = 0; i < members.size(); i++) {
      BtfType.Member member = members.get(i);
      if (member.bitOffset() % 8 != 0) {
        throw bad(Errno.EINVAL, "struct " + composite.name() + " has bit-fields");
      }
      one(owner, member.type(), i, member.bitOffset() / 8, 0, search, level, found);
    }
  }

  /** {@code btf_find_field_one}: looks at one member or variable. */
  private void one(
      int owner,
      int typeId,
      int component,
      int offset,
      int expectedSize,
      Search search,
      int level,
      List<BtfField> found)
      throws MapException {
    int element = typeId;
    BtfType type = btf.type(element);
    long count = 1;
    int depth = 0;
    for (; depth < MAX_RESOLVE_DEPTH && type instanceof BtfType.Array array; depth++) {
      count *= Integer.toUnsignedLong(array.count());
      element = array.element();
      type = btf.type(element);
    }
    if (depth == MAX_RESOLVE_DEPTH) {
      throw bad(Errno.E2BIG, "arrays nested too deep");
    }
    if (count == 0) {
      return;
    }
    BtfFieldType special = special(type, search);
    boolean composite = type instanceof BtfType.Composite;
    if (special == null && !composite && (search.mask & pointerMask()) != 0) {
      special = BtfFieldType.BPF_KPTR_REF;
    }
    if (special == null) {
      if (type instanceof BtfType.Composite nested
          && (expectedSize == 0 || expectedSize == nested.size() * count)) {
        nested(element, nested, offset, count, search, level, found);
      }
      return;
    }
    boolean fits = expectedSize == 0 || expectedSize == special.size() * count;
    if (!fits || offset % special.align() != 0) {
      return;
    }
    BtfField field = field(special, type, owner, component, offset, search);
    if (field != null) {
      add(field, found);
      repeat(found, found.size() - 1, count, special.size());
    }
  }

  private static int pointerMask() {
    return BtfFieldType.BPF_KPTR | BtfFieldType.BPF_UPTR.bit();
  }

  /** {@code btf_get_field_type}: goes by the name alone. */
  private static @Nullable BtfFieldType special(BtfType type, Search search) throws MapException {
    BtfFieldType special = BtfFieldType.ofStruct(type.name());
    if (special == null || (special.bit() & search.mask) == 0) {
      return null;
    }
    if (special.isSingle()) {
      if ((search.seen & special.bit()) != 0) {
        throw bad(Errno.E2BIG, "more than one " + special.label());
      }
      search.seen |= special.bit();
    }
    return special;
  }

  private @Nullable BtfField field(
      BtfFieldType special, BtfType type, int owner, int component, int offset, Search search)
      throws MapException {
    if (special.isKptr()) {
      return pointer(type, search.mask, offset);
    }
    if (!(type instanceof BtfType.Composite composite) || composite.size() != special.size()) {
      return null;
    }
    boolean root = (special.bit() & BtfFieldType.BPF_GRAPH_ROOT) != 0;
    return new BtfField(special, offset, null, root ? root(special, owner, component) : null);
  }

  private void nested(
      int id,
      BtfType.Composite nested,
      int offset,
      long count,
      Search search,
      int level,
      List<BtfField> found)
      throws MapException {
    if (level + 1 >= MAX_RESOLVE_DEPTH) {
      throw bad(Errno.E2BIG, "structs nested too deep");
    }
    int first = found.size();
    members(id, nested, search, level + 1, found);
    for (int i = first; i < found.size(); i++) {
      found.set(i, found.get(i).movedBy(offset));
    }
    repeat(found, first, count, nested.size());
  }

  private static void repeat(List<BtfField> found, int first, long count, long stride)
      throws MapException {
    int each = found.size() - first;
    if (count <= 1 || each == 0) {
      return;
    }
    for (int i = first; i < first + each; i++) {
      if (!found.get(i).type().repeats()) {
        throw bad(Errno.EINVAL, "an array of " + found.get(i).type().label());
      }
    }
    if (first + each * count > BtfRecord.BTF_FIELDS_MAX) {
      throw bad(Errno.E2BIG, "more than 11 special fields");
    }
    for (int copy = 1; copy < count; copy++) {
      for (int i = first; i < first + each; i++) {
        add(found.get(i).movedBy((int) (copy * stride)), found);
      }
    }
  }

  private static void add(BtfField field, List<BtfField> found) throws MapException {
    if (found.size() >= BtfRecord.BTF_FIELDS_MAX) {
      throw bad(Errno.E2BIG, "more than 11 special fields");
    }
    found.add(field);
  }

  /** {@code btf_find_kptr} and {@code btf_parse_kptr}: a pointer whose pointee has a type tag. */
  private @Nullable BtfField pointer(BtfType declared, int mask, int offset) throws MapException {
    BtfType type = declared instanceof BtfType.Volatile v ? btf.type(v.type()) : declared;
    if (!(type instanceof BtfType.Ptr ptr)
        || !(btf.type(ptr.type()) instanceof BtfType.TypeTag tag)) {
      return null;
    }
    if (btf.type(tag.type()) instanceof BtfType.TypeTag) {
      throw bad(Errno.EINVAL, "a pointer with two type tags");
    }
    BtfFieldType kind =
        switch (tag.name()) {
          case "kptr_untrusted" -> BtfFieldType.BPF_KPTR_UNREF;
          case "kptr" -> BtfFieldType.BPF_KPTR_REF;
          case "percpu_kptr" -> BtfFieldType.BPF_KPTR_PERCPU;
          case "uptr" -> BtfFieldType.BPF_UPTR;
          default -> throw bad(Errno.EINVAL, "a pointer with type tag " + tag.name());
        };
    if ((mask & kind.bit()) == 0) {
      return null;
    }
    int target = btf.strip(tag.type());
    if (!(btf.type(target) instanceof BtfType.Composite struct)) {
      throw bad(Errno.EINVAL, "a kptr to what is no struct");
    }
    return new BtfField(kind, offset, kptr(kind, target, struct), null);
  }

  private BtfField.Kptr kptr(BtfFieldType kind, int target, BtfType.Composite struct)
      throws MapException {
    if (kind == BtfFieldType.BPF_UPTR) {
      return new BtfField.Kptr(btf, target, struct.name(), false);
    }
    Integer inKernel = kernel.btf().find(struct.name(), struct.getClass()).orElse(null);
    if (inKernel == null || struct.name().isEmpty()) {
      return new BtfField.Kptr(btf, target, struct.name(), false);
    }
    if (kind == BtfFieldType.BPF_KPTR_REF && !kernel.destructible().contains(struct.name())) {
      throw bad(Errno.ENOENT, "struct " + struct.name() + " has no destructor for kptrs");
    }
    return new BtfField.Kptr(kernel.btf(), inKernel, struct.name(), true);
  }

  /** {@code btf_find_graph_root} and {@code btf_parse_graph_root}. */
  private BtfField.GraphRoot root(BtfFieldType type, int owner, int component) throws MapException {
    String contains = null;
    for (BtfType each : btf.types()) {
      if (each instanceof BtfType.DeclTag tag
          && tag.type() == owner
          && tag.component() == component
          && tag.name().startsWith(CONTAINS)) {
        if (contains != null) {
          throw bad(Errno.EINVAL, "two contains: tags on one " + type.label());
        }
        contains = tag.name().substring(CONTAINS.length());
      }
    }
    int colon = contains == null ? -1 : contains.indexOf(':');
    if (contains == null || colon < 0) {
      throw bad(Errno.EINVAL, type.label() + " without a contains: tag");
    }
    String node = contains.substring(colon + 1);
    Integer value = btf.find(contains.substring(0, colon), BtfType.Struct.class).orElse(null);
    if (value == null) {
      throw bad(Errno.ENOENT, "contains: names no struct of the program: " + contains);
    }
    if (node.isEmpty()) {
      throw bad(Errno.EINVAL, "contains: names no node");
    }
    BtfFieldType nodeType =
        type == BtfFieldType.BPF_LIST_HEAD ? BtfFieldType.BPF_LIST_NODE : BtfFieldType.BPF_RB_NODE;
    return new BtfField.GraphRoot(btf, value, nodeOffset(value, node, nodeType));
  }

  private int nodeOffset(int struct, String name, BtfFieldType nodeType) throws MapException {
    int offset = -1;
    for (BtfType.Member member : ((BtfType.Struct) btf.type(struct)).members()) {
      if (!member.name().equals(name)) {
        continue;
      }
      boolean node =
          btf.type(member.type()) instanceof BtfType.Composite composite
              && composite.name().equals(nodeType.label());
      if (offset >= 0 || !node || member.bitOffset() % (8 * nodeType.align()) != 0) {
        throw bad(Errno.EINVAL, "member " + name + " is no " + nodeType.label());
      }
      offset = member.bitOffset() / 8;
    }
    if (offset < 0) {
      throw bad(Errno.ENOENT, "contains: names no member: " + name);
    }
    return offset;
  }

  /** The rest of {@code btf_parse_fields}: what must not overlap and what needs what. */
  private static @Nullable BtfRecord check(List<BtfField> fields, int valueSize)
      throws MapException {
    if (fields.isEmpty()) {
      return null;
    }
    int next = 0;
    int mask = 0;
    for (BtfField field : fields) {
      if (field.end() > valueSize) {
        throw bad(Errno.EFAULT, field.type().label() + " reaches over the value's end");
      }
      if (field.offset() < next) {
        throw bad(Errno.EEXIST, "special fields overlap");
      }
      next = field.end();
      mask |= field.type().bit();
    }
    int spin = BtfFieldType.BPF_SPIN_LOCK.bit();
    int resilient = BtfFieldType.BPF_RES_SPIN_LOCK.bit();
    if ((mask & spin) != 0 && (mask & resilient) != 0) {
      throw bad(Errno.EINVAL, "both kinds of spin lock in one value");
    }
    if ((mask & BtfFieldType.BPF_GRAPH_ROOT) != 0 && (mask & (spin | resilient)) == 0) {
      throw bad(Errno.EINVAL, "a list or tree without a spin lock beside it");
    }
    boolean bothNodes = (mask & BtfFieldType.BPF_GRAPH_NODE) == BtfFieldType.BPF_GRAPH_NODE;
    if (bothNodes && (mask & BtfFieldType.BPF_REFCOUNT.bit()) == 0) {
      throw bad(Errno.EINVAL, "list and tree nodes in one object without a bpf_refcount");
    }
    return new BtfRecord(fields, mask);
  }

  private static MapException bad(int errno, @Nullable String why) {
    return new MapException(errno, why == null ? "unusable BTF" : why);
  }
}
