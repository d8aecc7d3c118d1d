package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;

/**
 * Something the path has acquired and must release before it exits.
 *
 * @param kind what it is
 * @param id the reference id that registers carry in {@code refObjId}; for locks, the id of the
 *     pointer to what holds the lock
 * @param insnIdx instruction that acquired it
 * @param object for locks, the map or the types of the object that holds it
 */
record RefState(Kind kind, int id, int insnIdx, @Nullable Object object) {
  enum Kind {
    PTR,
    LOCK,
    RES_LOCK,
    RES_LOCK_IRQ,
    IRQ;

    boolean isLock() {
      return this == LOCK || this == RES_LOCK || this == RES_LOCK_IRQ;
    }
  }
}
