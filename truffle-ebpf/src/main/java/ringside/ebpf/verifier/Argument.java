package ringside.ebpf.verifier;

/**
 * What a function that is verified on its own may assume of an argument.
 *
 * @param memSize bytes behind a {@code MEM}
 * @param btfId the kernel's type behind a {@code BTF_ID}
 * @param nullable whether a null pointer may be passed
 * @param untrusted whether anything may be passed, because reads through it cannot fault
 */
record Argument(Kind kind, int memSize, int btfId, boolean nullable, boolean untrusted) {
  enum Kind {
    SCALAR,
    CTX,
    MEM,
    DYNPTR,
    BTF_ID,
    ARENA
  }

  static Argument of(Kind kind) {
    return new Argument(kind, 0, 0, false, false);
  }

  static Argument memory(int size, boolean nullable) {
    return new Argument(Kind.MEM, size, 0, nullable, false);
  }
}
