package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.CompilerDirectives.CompilationFinal;
import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.nodes.Node;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.helper.HelperLibrary;
import ringside.ebpf.map.BpfMap;

/**
 * A call of what a register holds: the address of a function, or the id of a helper.
 *
 * <p>Linux has no such instruction; LLVM emits it for calls through pointers, and uBPF and the
 * conformance suite take it to call helpers.
 */
final class CallxNode extends Node {
  private final FunctionTable functions;
  private final HelperLibrary helpers;
  private final LongFunction<@Nullable BpfMap> maps;
  @Child private TargetCallNode function = new TargetCallNode();
  @Child private @Nullable HelperCallNode helper;
  @CompilationFinal private long helperId;

  CallxNode(FunctionTable functions, HelperLibrary helpers, LongFunction<@Nullable BpfMap> maps) {
    this.functions = functions;
    this.helpers = helpers;
    this.maps = maps;
  }

  /** Makes the call with r1–r5; returns r0. */
  long execute(long callee, long r1, long r2, long r3, long r4, long r5) {
    HelperCallNode known = helper;
    if (known != null && callee == helperId) {
      return known.execute(r1, r2, r3, r4, r5);
    }
    CallTarget target = functions.at(callee);
    if (target != null) {
      return function.call(target, r1, r2, r3, r4, r5);
    }
    if (known == null) {
      CompilerDirectives.transferToInterpreterAndInvalidate();
      helperId = callee;
      helper = insert(HelperCallNode.create(find(callee), maps));
    }
    return slow(callee, r1, r2, r3, r4, r5);
  }

  @TruffleBoundary
  private long slow(long callee, long r1, long r2, long r3, long r4, long r5) {
    return HelperCallNode.create(find(callee), maps).execute(r1, r2, r3, r4, r5);
  }

  @TruffleBoundary
  private HelperFunction find(long callee) {
    HelperFunction found = callee == (int) callee ? helpers.function((int) callee) : null;
    if (found == null) {
      throw FunctionTable.nowhere(callee);
    }
    return found;
  }
}
