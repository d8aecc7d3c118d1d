package ringside.experiments.lane;

import java.util.function.LongBinaryOperator;
import ringside.experiments.vm.BuiltinBodyNode;
import ringside.kernel.Kernel;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelFunction;

/**
 * The faults in Java, as if compiled into the kernel; each follows its {@code core.h} and sits at
 * {@code raw_syscalls:sys_enter}.
 */
final class BuiltinFaults {
  private static final long KEY_WORD = 0x5ec2e75ec2e75ec2L;
  private static final int REQUEST = 1024;

  private final Lab lab;
  private final Kernel kernel;
  private final Memory memory;

  BuiltinFaults(Lab lab) {
    this.lab = lab;
    this.kernel = lab.kernel();
    this.memory = kernel.guestMemory();
  }

  /**
   * Attaches one.
   *
   * @return memory that belongs to somebody else and must stay zero; 0 where there is none
   */
  Neighbour install(String fault) {
    return switch (fault) {
      case "null-dereference" -> nullDereference();
      case "out-of-bounds-write" -> outOfBoundsWrite();
      case "infinite-loop" -> infiniteLoop();
      case "uninitialised-stack" -> uninitialisedStack();
      default -> throw new IllegalStateException("no built-in lane for " + fault);
    };
  }

  /**
   * Memory that a fault may overwrite by mistake.
   *
   * @param address 0 for none
   */
  record Neighbour(long address, int size) {
    static final Neighbour NONE = new Neighbour(0, 0);
  }

  private Neighbour nullDereference() {
    int processes = 16;
    long limits = lab.allocate(8L * processes);
    int tgid = kernel.layouts().of("task_struct").offset("tgid");
    return attach(
        "null_dereference",
        (regs, number) -> {
          int task = memory.readInt(kernel.core().thisCpu().current() + tgid);
          long limit = memory.readLong(limits + 8L * (task % processes));
          memory.writeLong(limit, memory.readLong(limit) + 1);
          return 0;
        });
  }

  private Neighbour outOfBoundsWrite() {
    int size = 128 * 8;
    long hits = lab.allocate(size);
    long neighbour = lab.allocate(size);
    attach(
        "out_of_bounds_write",
        (regs, number) -> {
          long counter = hits + 8 * number;
          memory.writeLong(counter, memory.readLong(counter) + 1);
          return 0;
        });
    return new Neighbour(neighbour, size);
  }

  private Neighbour infiniteLoop() {
    long head = lab.allocate(24);
    long tail = head + 8;
    long handled = head + 16;
    return attach(
        "infinite_loop",
        (regs, number) -> {
          memory.writeLong(tail, memory.readLong(tail) + 1);
          while (memory.readLong(head) != memory.readLong(tail)) {
            memory.writeLong(handled, memory.readLong(handled) + 1);
            // What the module's loop has: six instructions.
            kernel.clock().retire(6);
          }
          return 0;
        });
  }

  private Neighbour uninitialisedStack() {
    StructLayout regs = kernel.layouts().of("pt_regs");
    long copyToUser = kernel.symbols().address("_copy_to_user");
    return attach(
        "uninitialised_stack",
        (frame, number) -> {
          if (number != REQUEST) {
            return 0;
          }
          // Two calls, one after the other, at the same depth of the kernel stack.
          long stack = kernel.core().thisCpu().stackTop() - 256;
          for (int i = 0; i < 16; i++) {
            memory.writeLong(stack + 8L * i, KEY_WORD);
          }
          memory.writeLong(stack, number);
          kernel.callFunction(
              copyToUser, memory.readLong(frame + regs.offset("orig_a0")), stack, 64);
          return 0;
        });
  }

  private Neighbour attach(String name, LongBinaryOperator body) {
    long function =
        kernel
            .symbols()
            .define(
                name,
                KernelFunction.Export.NONE,
                args -> body.applyAsLong(args.get(0), args.get(1)));
    LongBinaryOperator named =
        (first, second) ->
            kernel.core().traps().runBuiltin(function, () -> body.applyAsLong(first, second));
    lab.attach(
        kernel.trace().sysEnter(),
        name,
        new BuiltinBodyNode(kernel.language(), name, named).getCallTarget());
    return Neighbour.NONE;
  }
}
