package ringside.ebpf.verifier;

/**
 * A dynptr or an open-coded iterator, which lives on the stack and only special calls may touch.
 */
sealed interface SpecialSlot {

  /**
   * A dynptr, or a reference to one.
   *
   * @param kind what the dynptr refers to, by the log's word ({@code local}, {@code ringbuf}, …)
   * @param firstSlot whether this is the lower of its two stack slots
   */
  record Dynptr(String kind, boolean firstSlot) implements SpecialSlot {}

  /**
   * An open-coded iterator.
   *
   * @param kind the iterator's name ({@code num})
   * @param drained whether it has returned its last element
   * @param depth how many times the path has advanced it
   */
  record Iterator(String kind, boolean drained, int depth) implements SpecialSlot {}

  /**
   * A saved interrupt state.
   *
   * @param family which functions saved it: {@code native} or {@code lock}
   */
  record IrqFlag(String family) implements SpecialSlot {}
}
