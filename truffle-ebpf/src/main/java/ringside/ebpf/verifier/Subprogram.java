package ringside.ebpf.verifier;

import java.util.List;
import org.jspecify.annotations.Nullable;

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
  boolean isExceptionCallback;
  boolean called;
  boolean global;

  /** The function may void packet pointers. */
  boolean changesPacketData;

  boolean mightSleep;
  String name = "";

  /** Its {@code func_info}, where the program has BTF. */
  VerifierInput.@Nullable FuncInfo info;

  /** What it may assume of its arguments, once that was read off its BTF. */
  @Nullable List<Argument> arguments;

  Subprogram(int start) {
    this.start = start;
  }
}
