package ringside.ebpf.core;

/**
 * One relocation, {@code struct bpf_core_relo}, in the frame of its program.
 *
 * @param program the function's name, for messages
 * @param index which of its section's relocations it is, for messages
 * @param insn index of the slot in the function, for messages
 * @param type the id of the local type that the access starts from
 * @param access the access as colon-separated indices, {@code "0:1:2"}
 * @param kind {@code enum bpf_core_relo_kind}
 */
public record CoreRelocation(
    String program, int index, int insn, int type, String access, int kind) {}
