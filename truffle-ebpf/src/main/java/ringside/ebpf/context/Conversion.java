package ringside.ebpf.context;

import ringside.ebpf.isa.Insn;

/** How accesses of one context field reach the kernel's own structs. */
interface Conversion {
  /**
   * Emits a load of the whole field.
   *
   * @param size bytes to load, the field's element at least
   * @param dst where the value goes; may be {@code src}
   * @param src points to the kernel's context
   * @param at bytes from the field's start, a multiple of its element
   * @return how many bytes the loaded value really has ({@code target_size}); 0 where the load is
   *     of just the bytes asked for
   */
  int load(Emitter out, int size, int dst, int src, int at);

  /** Emits a store of the field in place of {@code insn}, of {@code size} bytes. */
  default void store(Emitter out, Insn insn, int size, int at) {
    throw new IllegalStateException("no conversion for a store: " + insn);
  }
}
