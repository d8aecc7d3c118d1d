package ringside.rv64.vm;

import org.jspecify.annotations.Nullable;
import ringside.kernel.cpu.UserContext;
import ringside.kernel.cpu.UserExit;
import ringside.rv64.hart.Hart;

/** Runs the Ring 3 code of one address space. */
public final class UserMode {
  private final CodeCache code;

  /** Makes it for an address space whose code {@code code} finds. */
  public UserMode(CodeCache code) {
    this.code = code;
  }

  /** The code found so far. */
  public CodeCache code() {
    return code;
  }

  /**
   * Runs until a system call or until about {@code budget} instructions are retired.
   *
   * <p>Preemption waits for the next call or polled back-edge, so it may be late by one straight
   * run of code or a few rounds of a small loop (48 instructions at most). A guest exception leaves
   * {@code context} as of the instruction that raised it.
   */
  public UserExit run(UserContext context, long budget) {
    Hart hart = code.hart();
    Hart.@Nullable Saved interrupted = hart.enterUser(context.x, budget);
    hart.pc = context.pc;
    try {
      while (true) {
        // A return address of the kernel's means nothing here: looking it up traps.
        if (code.lookup(hart.pc) instanceof CodeCache.Machine(FunctionRootNode root)) {
          root.getCallTarget().call();
        }
        switch (hart.exit) {
          case Hart.SYSCALL -> {
            return UserExit.SYSCALL;
          }
          case Hart.PREEMPTED -> {
            return UserExit.PREEMPTED;
          }
          default -> {
            hart.exit = Hart.RUNNING;
            hart.depth = 0;
          }
        }
      }
    } finally {
      System.arraycopy(hart.x, 0, context.x, 0, context.x.length);
      context.pc = hart.pc;
      hart.leaveUser(interrupted);
    }
  }
}
