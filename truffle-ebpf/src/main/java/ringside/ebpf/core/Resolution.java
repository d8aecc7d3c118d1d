package ringside.ebpf.core;

/**
 * What becomes of one relocated instruction: {@code struct bpf_core_relo_res}.
 *
 * @param original what the compiler must have put there, if {@code validate}
 * @param value what goes there
 * @param poison whether the kernel lacks what it takes
 * @param accessUnsafe whether a load or store would read it wrong: the sizes differ and the types
 *     are neither both pointers nor both unsigned integers
 * @param originalSize bytes that a load or store moves
 * @param size bytes that it has to move
 */
record Resolution(
    long original,
    long value,
    boolean poison,
    boolean validate,
    boolean accessUnsafe,
    int originalSize,
    int size) {}
