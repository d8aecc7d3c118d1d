package ringside.ebpf.isa;

/** The conformance groups of RFC 9669 §2.4, and two for what stands outside them. */
public enum Conformance {
  BASE32,
  BASE64,
  ATOMIC32,
  ATOMIC64,
  DIVMUL32,
  DIVMUL64,
  /** Legacy packet access. */
  PACKET,
  /** Indirect calls, which clang can emit and Linux refuses. */
  CALLX
}
