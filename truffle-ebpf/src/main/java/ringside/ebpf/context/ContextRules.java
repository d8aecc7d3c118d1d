package ringside.ebpf.context;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;

/** One program type's context: {@code struct bpf_verifier_ops}'s two context functions. */
public interface ContextRules {
  /**
   * Decides whether a program may access its context there ({@code is_valid_access}).
   *
   * @param off bytes from the context pointer
   * @param size 1, 2, 4 or 8
   * @return what the access gives, or null where it is refused
   */
  @Nullable Field access(int off, int size, boolean write);

  /**
   * Rewrites one allowed load or store into accesses of the kernel's own struct ({@code
   * convert_ctx_access}).
   *
   * <p>A narrow load of a wider field comes back as the wide load and the shift and mask behind it.
   * One instruction may become several; jumps never lead into the middle.
   *
   * @return the replacement; the instruction alone where the context is already the kernel's own
   */
  List<Insn> convert(Insn insn);

  /**
   * An access that is allowed.
   *
   * @param kind what the register holds after a load
   * @param btf the kernel struct that a BTF pointer points to, otherwise empty
   */
  record Field(Kind kind, String btf) {
    /** A plain number. */
    public static final Field SCALAR = new Field(Kind.SCALAR_VALUE, "");
  }

  /** What a context load gives; named as {@code enum bpf_reg_type}. */
  enum Kind {
    SCALAR_VALUE,
    PTR_TO_PACKET,
    PTR_TO_PACKET_META,
    PTR_TO_PACKET_END,
    PTR_TO_FLOW_KEYS,
    PTR_TO_SOCK_COMMON_OR_NULL,
    PTR_TO_SOCKET,
    PTR_TO_SOCKET_OR_NULL,
    PTR_TO_TP_BUFFER,
    PTR_TO_BTF_ID,
    PTR_TO_BTF_ID_TRUSTED
  }
}
