package ringside.ebpf.vm;

import ringside.ebpf.isa.Op;

/**
 * One function, predecoded: an entry for each of its slots.
 *
 * @param ops {@link Op} numbers and the ones below
 * @param dsts destination registers
 * @param srcs source registers
 * @param offs memory offsets; for jumps, the distance to the target less one, whatever field it
 *     came from
 * @param imms immediates, sign-extended or joined from two slots; for calls, the index of the call
 *     node
 */
@SuppressWarnings("ArrayRecordComponent") // handed to one node, never compared
record Code(int[] ops, byte[] dsts, byte[] srcs, int[] offs, long[] imms) {
  /** Behind the last instruction. */
  static final int OUT_OF_TEXT = Op.COUNT;

  /** A call of a helper that reads virtual time. */
  static final int CALL_CLOCKED = Op.COUNT + 1;

  /** How many slots there are, the one behind the last included. */
  int length() {
    return ops.length;
  }
}
