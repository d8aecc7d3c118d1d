package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;

/**
 * Something the path has acquired and must release before it exits.
 *
 * @param kind what it is
 * @param id the reference id that registers carry in {@code refObjId}
 * @param insnIdx instruction that acquired it
 * @param object for locks, what was locked
 */
record RefState(Kind kind, int id, int insnIdx, @Nullable Object object) {
  enum Kind {
    PTR,
    LOCK,
    IRQ
  }
}
