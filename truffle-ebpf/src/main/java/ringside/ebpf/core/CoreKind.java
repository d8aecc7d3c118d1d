package ringside.ebpf.core;

import org.jspecify.annotations.Nullable;

/** What a CO-RE relocation asks for: {@code enum bpf_core_relo_kind}, in its order. */
public enum CoreKind {
  FIELD_BYTE_OFFSET("byte_off", Basis.FIELD),
  FIELD_BYTE_SIZE("byte_sz", Basis.FIELD),
  FIELD_EXISTS("field_exists", Basis.FIELD),
  FIELD_SIGNED("signed", Basis.FIELD),
  FIELD_LSHIFT_U64("lshift_u64", Basis.FIELD),
  FIELD_RSHIFT_U64("rshift_u64", Basis.FIELD),
  TYPE_ID_LOCAL("local_type_id", Basis.TYPE),
  TYPE_ID_TARGET("target_type_id", Basis.TYPE),
  TYPE_EXISTS("type_exists", Basis.TYPE),
  TYPE_SIZE("type_size", Basis.TYPE),
  ENUMVAL_EXISTS("enumval_exists", Basis.ENUMERATOR),
  ENUMVAL_VALUE("enumval_value", Basis.ENUMERATOR),
  TYPE_MATCHES("type_matches", Basis.TYPE);

  /** What a relocation starts from. */
  enum Basis {
    FIELD,
    TYPE,
    ENUMERATOR
  }

  private final String label;
  private final Basis basis;

  CoreKind(String label, Basis basis) {
    this.label = label;
    this.basis = basis;
  }

  /** The name that libbpf prints. */
  public String label() {
    return label;
  }

  Basis basis() {
    return basis;
  }

  /** The kind with an id, or null. */
  public static @Nullable CoreKind byId(int id) {
    return id >= 0 && id < values().length ? values()[id] : null;
  }
}
