package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.IndirectCallNode;
import com.oracle.truffle.api.nodes.Node;
import org.jspecify.annotations.Nullable;

/** Calls a target that is known only when the call happens, inlined while it is always one. */
final class TargetCallNode extends Node {
  @Child private @Nullable DirectCallNode direct;
  @Child private @Nullable IndirectCallNode indirect;

  /** Makes the call. */
  long call(CallTarget target, Object... arguments) {
    DirectCallNode first = direct;
    if (first != null && first.getCallTarget().equals(target)) {
      return (long) first.call(arguments);
    }
    IndirectCallNode any = indirect;
    if (any != null) {
      return (long) any.call(target, arguments);
    }
    CompilerDirectives.transferToInterpreterAndInvalidate();
    if (first == null) {
      direct = insert(DirectCallNode.create(target));
    } else {
      indirect = insert(IndirectCallNode.create());
    }
    return (long) target.call(arguments);
  }
}
