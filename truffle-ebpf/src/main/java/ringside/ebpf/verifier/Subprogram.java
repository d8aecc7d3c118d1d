package ringside.ebpf.verifier;

/** One function of the program under verification. */
final class Subprogram {
  final int start;

  /** One past the last instruction. */
  int end;

  int stackDepth;
  int postorderStart;
  int postorderEnd;
  boolean hasTailCall;
  boolean tailCallReachable;
  boolean hasLdAbs;
  boolean isCallback;
  boolean isAsyncCallback;
  boolean called;
  boolean global;

  /** The function may void packet pointers. */
  boolean changesPacketData;

  boolean mightSleep;
  String name = "";

  Subprogram(int start) {
    this.start = start;
  }
}
