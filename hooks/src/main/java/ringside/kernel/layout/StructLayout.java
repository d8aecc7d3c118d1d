package ringside.kernel.layout;

import java.util.Map;

/**
 * Where the fields of one kernel struct lie.
 *
 * @param name the struct's tag, e.g. {@code task_struct}
 * @param size bytes, padding included
 * @param fields by dotted path; members of anonymous structs and unions under their own names
 */
public record StructLayout(String name, int size, Map<String, Field> fields) {
  /**
   * One member.
   *
   * @param offset bytes from the struct's start
   * @param size bytes
   */
  public record Field(int offset, int size) {}

  /**
   * The byte offset of a field.
   *
   * @param field a name or a dotted path such as {@code f_path.dentry}
   * @throws IllegalArgumentException where the struct has no such field
   */
  public int offset(String field) {
    return field(field).offset();
  }

  /** The size of a field in bytes. */
  public int sizeOf(String field) {
    return field(field).size();
  }

  private Field field(String field) {
    Field found = fields.get(field);
    if (found == null) {
      throw new IllegalArgumentException("struct " + name + " has no field " + field);
    }
    return found;
  }
}
