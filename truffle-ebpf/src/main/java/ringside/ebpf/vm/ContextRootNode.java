package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.RootNode;
import ringside.kernel.core.ThisCpu;
import ringside.kernel.mm.Memory;
import ringside.kernel.trace.Tracepoint;

/**
 * Makes a program's context of a hook's arguments and runs the program on it.
 *
 * <p>Takes the hook's arguments as boxed longs; returns the verdict as a boxed long, the low half
 * of r0, as the kernel's {@code bpf_prog_run} returns a {@code u32}.
 */
public abstract class ContextRootNode extends RootNode {
  private static final long LOW = 0xffffffffL;

  private final String name;
  @Child private DirectCallNode program;

  private ContextRootNode(EbpfLanguage language, String name, CallTarget program) {
    super(language);
    this.name = name;
    this.program = DirectCallNode.create(program);
    this.program.forceInlining();
  }

  /** Runs the program on a context. */
  final long run(long context) {
    return (long) program.call(context) & LOW;
  }

  @Override
  public final String getName() {
    return name;
  }

  /** The hook's first argument is the context: XDP and kprobes. */
  public static CallTarget direct(EbpfLanguage language, String name, CallTarget program) {
    return new Direct(language, name, program).getCallTarget();
  }

  /**
   * The context is the array of the tracepoint's raw arguments.
   *
   * @param buffer room for them
   */
  public static CallTarget rawTracepoint(
      EbpfLanguage language, String name, CallTarget program, Memory memory, long buffer) {
    return new RawTracepoint(language, name, program, memory, buffer).getCallTarget();
  }

  /**
   * The context is the event's record.
   *
   * @param buffer room for it
   * @param cpu knows the running task, whose pid the record's header has
   * @param pid the pid's offset in {@code task_struct}
   */
  public static CallTarget tracepoint(
      EbpfLanguage language,
      String name,
      CallTarget program,
      Memory memory,
      long buffer,
      Tracepoint event,
      ThisCpu cpu,
      int pid) {
    return new Event(language, name, program, memory, buffer, event, cpu, pid).getCallTarget();
  }

  private static final class Direct extends ContextRootNode {
    Direct(EbpfLanguage language, String name, CallTarget program) {
      super(language, name, program);
    }

    @Override
    public Object execute(VirtualFrame frame) {
      return run((long) frame.getArguments()[0]);
    }
  }

  private static final class RawTracepoint extends ContextRootNode {
    private final Memory memory;
    private final long buffer;

    RawTracepoint(
        EbpfLanguage language, String name, CallTarget program, Memory memory, long buffer) {
      super(language, name, program);
      this.memory = memory;
      this.buffer = buffer;
    }

    @Override
    public Object execute(VirtualFrame frame) {
      Object[] arguments = frame.getArguments();
      memory.writeLong(buffer, (long) arguments[0]);
      memory.writeLong(buffer + Long.BYTES, (long) arguments[1]);
      return run(buffer);
    }
  }

  private static final class Event extends ContextRootNode {
    private final Memory memory;
    private final long buffer;
    private final Tracepoint event;
    private final ThisCpu cpu;
    private final int pid;

    Event(
        EbpfLanguage language,
        String name,
        CallTarget program,
        Memory memory,
        long buffer,
        Tracepoint event,
        ThisCpu cpu,
        int pid) {
      super(language, name, program);
      this.memory = memory;
      this.buffer = buffer;
      this.event = event;
      this.cpu = cpu;
      this.pid = pid;
    }

    @Override
    public Object execute(VirtualFrame frame) {
      Object[] arguments = frame.getArguments();
      long task = cpu.current();
      int running = task == 0 ? 0 : memory.readInt(task + pid);
      event.assign(memory, buffer, running, (long) arguments[0], (long) arguments[1]);
      return run(buffer);
    }
  }
}
