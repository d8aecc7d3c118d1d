package ringside.ebpf.map;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.kernel.core.Errno;

/**
 * The special fields of a value or allocated object: {@code struct btf_record}.
 *
 * @param fields by offset, at most {@link #BTF_FIELDS_MAX}, none overlapping
 * @param mask the {@link BtfFieldType#bit bits} of the types that occur
 */
public record BtfRecord(List<BtfField> fields, int mask) {
  /** How many special fields a struct may have. */
  public static final int BTF_FIELDS_MAX = 11;

  /** What map values may hold; the mask of {@code map_check_btf}. */
  public static final int MAP_VALUE_MASK =
      BtfFieldType.BPF_SPIN_LOCK.bit()
          | BtfFieldType.BPF_RES_SPIN_LOCK.bit()
          | BtfFieldType.BPF_TIMER.bit()
          | BtfFieldType.BPF_KPTR
          | BtfFieldType.BPF_GRAPH_ROOT
          | BtfFieldType.BPF_REFCOUNT.bit()
          | BtfFieldType.BPF_WORKQUEUE.bit()
          | BtfFieldType.BPF_UPTR.bit()
          | BtfFieldType.BPF_TASK_WORK.bit();

  /** What objects of {@code bpf_obj_new} may hold; the mask of {@code btf_parse_struct_metas}. */
  public static final int OBJECT_MASK =
      BtfFieldType.BPF_SPIN_LOCK.bit()
          | BtfFieldType.BPF_RES_SPIN_LOCK.bit()
          | BtfFieldType.BPF_GRAPH_ROOT
          | BtfFieldType.BPF_GRAPH_NODE
          | BtfFieldType.BPF_REFCOUNT.bit()
          | BtfFieldType.BPF_KPTR;

  /** What the kernel knows of its own structs, for kptrs. */
  public interface KernelStructs {
    /** The kernel's types. */
    Btf btf();

    /** Structs that may be stored as referenced kptrs: those with a destructor, by name. */
    Set<String> destructible();
  }

  /** Copies the list. */
  public BtfRecord {
    fields = List.copyOf(fields);
  }

  /** Whether a field of that type occurs ({@code btf_record_has_field}). */
  public boolean has(BtfFieldType type) {
    return (mask & type.bit()) != 0;
  }

  /** The offset of the only field of a type, or -1. */
  public int offsetOf(BtfFieldType type) {
    for (BtfField field : fields) {
      if (field.type() == type) {
        return field.offset();
      }
    }
    return -1;
  }

  /** The field at an offset whose type is in a mask ({@code btf_record_find}), or null. */
  public @Nullable BtfField find(int offset, int typeMask) {
    for (BtfField field : fields) {
      if (field.offset() == offset && (field.type().bit() & typeMask) != 0) {
        return field;
      }
    }
    return null;
  }

  /**
   * Finds the special fields of a struct ({@code btf_parse_fields}).
   *
   * @param typeId a struct or data section
   * @param typeMask the field types looked for
   * @return the record, or null where there is none
   * @throws MapException {@code EINVAL}, {@code E2BIG}, {@code EEXIST}, {@code ENOENT}
   */
  public static @Nullable BtfRecord parse(
      Btf btf, int typeId, int typeMask, int valueSize, KernelStructs kernel) throws MapException {
    return new BtfRecordParser(btf, kernel).parse(typeId, typeMask, valueSize);
  }

  /**
   * The records of all structs of a program that {@code bpf_obj_new} may make with special fields
   * ({@code btf_parse_struct_metas}), by type id; also what {@code BPF_BTF_LOAD} checks.
   *
   * @throws MapException where the kernel refuses such BTF
   */
  public static Map<Integer, BtfRecord> structs(Btf btf, KernelStructs kernel) throws MapException {
    Map<Integer, BtfRecord> records = new BtfRecordParser(btf, kernel).structs();
    for (BtfRecord record : records.values()) {
      record.checkRoots(records);
    }
    return records;
  }

  /**
   * Checks what lists and trees hold ({@code btf_check_and_fixup_fields}).
   *
   * @param structs all records of the same types
   * @throws MapException {@code EFAULT} where it is no struct with a node, {@code ELOOP} where an
   *     object that is itself held would hold objects that hold others
   */
  void checkRoots(Map<Integer, BtfRecord> structs) throws MapException {
    for (BtfField field : fields) {
      BtfField.GraphRoot root = field.root();
      if (root == null) {
        continue;
      }
      BtfRecord held = structs.get(root.valueTypeId());
      if (held == null) {
        throw new MapException(Errno.EFAULT, "a list or tree holds a struct without a node");
      }
      if ((mask & BtfFieldType.BPF_GRAPH_NODE) != 0
          && (held.mask() & BtfFieldType.BPF_GRAPH_ROOT) != 0) {
        throw new MapException(Errno.ELOOP, "objects in lists or trees own owners of others");
      }
    }
  }
}
