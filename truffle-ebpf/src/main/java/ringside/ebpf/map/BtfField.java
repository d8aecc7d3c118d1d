package ringside.ebpf.map;

import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;

/**
 * One special field: {@code struct btf_field}.
 *
 * @param offset bytes from the start of the value or object
 * @param kptr what a kptr or uptr points to; null for other types
 * @param root what a list or tree holds; null for other types
 */
public record BtfField(
    BtfFieldType type, int offset, @Nullable Kptr kptr, @Nullable GraphRoot root) {

  /** Bytes. */
  public int size() {
    return type.size();
  }

  /** The offset behind it. */
  public int end() {
    return offset + type.size();
  }

  BtfField movedBy(int bytes) {
    return new BtfField(type, offset + bytes, kptr, root);
  }

  /**
   * What a kptr points to: {@code struct btf_field_kptr}.
   *
   * @param btf the kernel's types, or the program's where the struct is its own
   * @param typeId the struct's id there
   * @param name the struct's name
   * @param kernel whether {@code btf} is the kernel's; otherwise the object is from {@code
   *     bpf_obj_new} and dropped as {@code bpf_obj_drop} does
   */
  public record Kptr(Btf btf, int typeId, String name, boolean kernel) {}

  /**
   * What a list head or tree root holds: {@code struct btf_field_graph_root}.
   *
   * @param btf the types that know the object
   * @param valueTypeId the struct of the objects held
   * @param nodeOffset where the node lies in that struct
   */
  public record GraphRoot(Btf btf, int valueTypeId, int nodeOffset) {}
}
