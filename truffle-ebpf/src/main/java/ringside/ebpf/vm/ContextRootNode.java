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
  private final RunStats stats;
  @Child private DirectCallNode program;

  private ContextRootNode(EbpfLanguage language, Program program) {
    super(language);
    this.name = program.name();
    this.stats = program.stats();
    this.program = DirectCallNode.create(program.target());
    this.program.forceInlining();
  }

  /**
   * What runs.
   *
   * @param target takes the context's address as a boxed long, returns r0 as a boxed long
   */
  public record Program(String name, CallTarget target, RunStats stats) {}

  /** Runs the program on a context. */
  final long run(long context) {
    if (!stats.counting()) {
      return (long) program.call(context) & LOW;
    }
    long start = stats.start();
    long result = (long) program.call(context) & LOW;
    stats.count(start, 1);
    return result;
  }

  @Override
  public final String getName() {
    return name;
  }

  /** The hook's first argument is the context: XDP and kprobes. */
  public static CallTarget direct(EbpfLanguage language, Program program) {
    return new Direct(language, program).getCallTarget();
  }

  /**
   * The context is the array of the tracepoint's raw arguments.
   *
   * @param buffer room for them
   */
  public static CallTarget rawTracepoint(
      EbpfLanguage language, Program program, Memory memory, long buffer) {
    return new RawTracepoint(language, program, memory, buffer).getCallTarget();
  }

  /**
   * The context is {@code struct bpf_nf_ctx}: the hook's state, and its packet.
   *
   * @param buffer room for it
   */
  public static CallTarget netfilter(
      EbpfLanguage language, Program program, Memory memory, long buffer) {
    return new NetfilterHook(language, program, memory, buffer).getCallTarget();
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
      Program program,
      Memory memory,
      long buffer,
      Tracepoint event,
      ThisCpu cpu,
      int pid) {
    return new Event(language, program, memory, buffer, event, cpu, pid).getCallTarget();
  }

  private static final class Direct extends ContextRootNode {
    Direct(EbpfLanguage language, Program program) {
      super(language, program);
    }

    @Override
    public Object execute(VirtualFrame frame) {
      return run((long) frame.getArguments()[0]);
    }
  }

  private static final class RawTracepoint extends ContextRootNode {
    private final Memory memory;
    private final long buffer;

    RawTracepoint(EbpfLanguage language, Program program, Memory memory, long buffer) {
      super(language, program);
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

  private static final class NetfilterHook extends ContextRootNode {
    private final Memory memory;
    private final long buffer;

    NetfilterHook(EbpfLanguage language, Program program, Memory memory, long buffer) {
      super(language, program);
      this.memory = memory;
      this.buffer = buffer;
    }

    @Override
    public Object execute(VirtualFrame frame) {
      Object[] arguments = frame.getArguments();
      memory.writeLong(buffer, (long) arguments[1]);
      memory.writeLong(buffer + Long.BYTES, (long) arguments[0]);
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
        Program program,
        Memory memory,
        long buffer,
        Tracepoint event,
        ThisCpu cpu,
        int pid) {
      super(language, program);
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
