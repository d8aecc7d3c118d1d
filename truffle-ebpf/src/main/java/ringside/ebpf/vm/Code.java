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

  /** {@code bpf_tail_call}. */
  static final int CALL_TAIL = Op.COUNT + 2;

  /** An arena pointer becomes the kernel's address of the same byte. */
  static final int CAST_KERNEL = Op.COUNT + 3;

  /** An arena pointer becomes user space's address of the same byte; null stays null. */
  static final int CAST_USER = Op.COUNT + 4;

  /** A barrier against speculation, which nobody does here. */
  static final int NOTHING = Op.COUNT + 5;

  /** Added to the number of an access whose fault is forgiven. */
  static final int PROBE = 256;

  /** Added to the number of such an access to an arena. */
  static final int PROBE_ARENA = 512;

  /** The number of the plain access that a forgiven one is. */
  static int plain(int op) {
    return op & (PROBE - 1);
  }

  /** Whether a forgiven access is to an arena: its register holds the low half of an address. */
  static boolean inArena(int op) {
    return op >= PROBE_ARENA;
  }

  /** How many slots there are, the one behind the last included. */
  int length() {
    return ops.length;
  }
}
