package ringside.ebpf.vm;

import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.ExplodeLoop;

/** A body in which each statement has a node of its own, which tools can stop at. */
final class SteppedBody extends BodyNode {
  @Children private final StatementNode[] statements;

  SteppedBody(StatementNode[] statements) {
    this.statements = statements;
  }

  @Override
  int execute(VirtualFrame frame) {
    int pc = 0;
    while (pc >= 0) {
      pc = step(frame, pc);
    }
    return pc;
  }

  @ExplodeLoop
  private int step(VirtualFrame frame, int pc) {
    for (StatementNode statement : statements) {
      if (statement.covers(pc)) {
        return statement.execute(frame, pc);
      }
    }
    return DispatchNode.EXIT;
  }
}
