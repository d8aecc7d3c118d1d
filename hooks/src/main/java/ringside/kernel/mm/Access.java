package ringside.kernel.mm;

/** The kind of a memory access, as the trap that refuses it names it. */
public enum Access {
  READ,
  WRITE,
  EXECUTE
}
