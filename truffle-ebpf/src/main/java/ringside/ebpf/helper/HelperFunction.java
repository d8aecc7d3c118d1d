package ringside.ebpf.helper;

import ringside.ebpf.map.BpfMap;

/**
 * A helper's code as the engine calls it.
 *
 * <p>The nested interfaces are the shapes that annotated methods have; each drops what its shape
 * does not take. They exist so that a helper is one virtual call on a constant, which partial
 * evaluation inlines.
 */
public sealed interface HelperFunction {
  /** A helper that takes no map. */
  @FunctionalInterface
  non-sealed interface Plain extends HelperFunction {
    /** Runs it on r1–r5; gives r0. */
    long call(long r1, long r2, long r3, long r4, long r5);
  }

  /** A helper whose first argument is a map. */
  @FunctionalInterface
  non-sealed interface OnMap extends HelperFunction {
    /** Runs it on the map that r1 points to and r2–r5; gives r0. */
    long call(BpfMap map, long r2, long r3, long r4, long r5);
  }

  /** No arguments. */
  @FunctionalInterface
  interface Plain0 extends Plain {
    /** The method itself. */
    long call();

    @Override
    default long call(long r1, long r2, long r3, long r4, long r5) {
      return call();
    }
  }

  /** One argument. */
  @FunctionalInterface
  interface Plain1 extends Plain {
    /** The method itself. */
    long call(long r1);

    @Override
    default long call(long r1, long r2, long r3, long r4, long r5) {
      return call(r1);
    }
  }

  /** Two arguments. */
  @FunctionalInterface
  interface Plain2 extends Plain {
    /** The method itself. */
    long call(long r1, long r2);

    @Override
    default long call(long r1, long r2, long r3, long r4, long r5) {
      return call(r1, r2);
    }
  }

  /** Three arguments. */
  @FunctionalInterface
  interface Plain3 extends Plain {
    /** The method itself. */
    long call(long r1, long r2, long r3);

    @Override
    default long call(long r1, long r2, long r3, long r4, long r5) {
      return call(r1, r2, r3);
    }
  }

  /** Four arguments. */
  @FunctionalInterface
  interface Plain4 extends Plain {
    /** The method itself. */
    long call(long r1, long r2, long r3, long r4);

    @Override
    default long call(long r1, long r2, long r3, long r4, long r5) {
      return call(r1, r2, r3, r4);
    }
  }

  /** A map alone. */
  @FunctionalInterface
  interface OnMap0 extends OnMap {
    /** The method itself. */
    long call(BpfMap map);

    @Override
    default long call(BpfMap map, long r2, long r3, long r4, long r5) {
      return call(map);
    }
  }

  /** A map and one argument. */
  @FunctionalInterface
  interface OnMap1 extends OnMap {
    /** The method itself. */
    long call(BpfMap map, long r2);

    @Override
    default long call(BpfMap map, long r2, long r3, long r4, long r5) {
      return call(map, r2);
    }
  }

  /** A map and two arguments. */
  @FunctionalInterface
  interface OnMap2 extends OnMap {
    /** The method itself. */
    long call(BpfMap map, long r2, long r3);

    @Override
    default long call(BpfMap map, long r2, long r3, long r4, long r5) {
      return call(map, r2, r3);
    }
  }

  /** A map and three arguments. */
  @FunctionalInterface
  interface OnMap3 extends OnMap {
    /** The method itself. */
    long call(BpfMap map, long r2, long r3, long r4);

    @Override
    default long call(BpfMap map, long r2, long r3, long r4, long r5) {
      return call(map, r2, r3, r4);
    }
  }
}
