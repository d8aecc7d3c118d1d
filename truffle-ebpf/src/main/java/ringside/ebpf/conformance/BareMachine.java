package ringside.ebpf.conformance;

import com.oracle.truffle.api.CallTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.graalvm.polyglot.Engine;
import ringside.ebpf.helper.HelperLibrary;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.ebpf.isa.ReservedFields;
import ringside.ebpf.vm.EbpfLanguage;
import ringside.ebpf.vm.Executable;
import ringside.ebpf.vm.FunctionTable;
import ringside.ebpf.vm.LinkException;
import ringside.ebpf.vm.Linker;
import ringside.ebpf.vm.ProgramFault;
import ringside.kernel.layout.StructLayouts;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.mm.PageTable;
import ringside.kernel.time.VirtualClock;
import ringside.kernel.vm.GuestContext;

/**
 * Runs one program on a buffer: r1 is the buffer's address, r2 its length, and r0 the result.
 *
 * <p>All else is unmapped, so that an access outside of buffer and stack is an error.
 */
public final class BareMachine implements AutoCloseable {
  /** The longest buffer. */
  public static final int LARGEST_BUFFER = 1 << 20;

  private static final int PAGE = PageTable.PAGE_SIZE;
  private static final int STACK_PAGES = KernelStack.SIZE / PAGE;

  /** The page under the stack stays unmapped, and so does the one between stack and buffer. */
  private static final int BUFFER_PAGE = 1 + STACK_PAGES + 1;

  private static final long INSTRUCTIONS_PER_SECOND = 10_000_000;

  private final GuestContext context;
  private final Memory memory;
  private final Linker linker;

  /** Makes the machine on an engine, which the caller keeps. */
  public BareMachine(Engine engine) {
    this.context = new GuestContext(engine);
    this.memory = new Memory(BUFFER_PAGE * PAGE + LARGEST_BUFFER + PAGE, null);
    for (int page = 0; page < memory.size() / PAGE; page++) {
      boolean stack = page >= 1 && page <= STACK_PAGES;
      memory.protect(Memory.linear(page), stack ? PageTable.READ | PageTable.WRITE : 0);
    }
    VirtualClock clock = new VirtualClock(INSTRUCTIONS_PER_SECOND);
    this.linker =
        new Linker(
            new Linker.Environment(
                context.language(EbpfLanguage.ID, EbpfLanguage::get),
                memory,
                clock,
                new KernelStack(Memory.linear(1), Memory.linear(1 + STACK_PAGES)),
                () -> StructLayouts.ofKernel().of("sk_buff")),
            new HelperLibrary(List.of(new ClockHelper(clock))),
            address -> null,
            new FunctionTable(),
            (array, index) -> null);
  }

  /**
   * Runs a program.
   *
   * @param buffer at most {@link #LARGEST_BUFFER} bytes; the program works on a copy
   * @param times how often, the last result counts; so that compilation can set in
   * @return r0
   * @throws RefusedException where it is no program, or does what this machine cannot do
   */
  public long run(List<Insn> insns, byte[] buffer, int times) throws RefusedException {
    if (insns.isEmpty()) {
      throw new RefusedException("the program is empty");
    }
    if (buffer.length > LARGEST_BUFFER) {
      throw new RefusedException("memory of more than " + LARGEST_BUFFER + " bytes");
    }
    String complaint = ReservedFields.complaint(insns);
    if (complaint != null) {
      throw new RefusedException(complaint);
    }
    try (GuestContext.Scope _ = context.enter()) {
      CallTarget program =
          linker.linkFunction(
              new Executable("conformance", insns, functions(insns), false), first -> null);
      long result = 0;
      for (int i = 0; i < Math.max(1, times); i++) {
        long address = install(buffer);
        result = (long) program.call(address, (long) buffer.length, 0L, 0L, 0L);
      }
      return result;
    } catch (LinkException | MemoryFault | ProgramFault e) {
      throw new RefusedException(String.valueOf(e.getMessage()));
    }
  }

  private long install(byte[] buffer) {
    long address = Memory.linear(BUFFER_PAGE);
    for (int at = 0; at < buffer.length; at += PAGE) {
      memory.protect(address + at, PageTable.READ | PageTable.WRITE);
    }
    memory.write(address, buffer, 0, buffer.length);
    return buffer.length == 0 ? 0 : address;
  }

  private static List<Executable.Function> functions(List<Insn> insns) {
    TreeSet<Integer> starts = new TreeSet<>();
    starts.add(0);
    for (int at = 0; at < insns.size(); at++) {
      Instruction row = InstructionSet.find(insns.get(at));
      if (row != null && (row.op() == Op.CALL_LOCAL || row.op() == Op.LD_FUNC)) {
        int callee = at + 1 + insns.get(at).imm();
        if (callee > 0 && callee < insns.size()) {
          starts.add(callee);
        }
      }
    }
    List<Executable.Function> functions = new ArrayList<>();
    for (int start : starts) {
      functions.add(new Executable.Function(start, "function_" + start));
    }
    return functions;
  }

  @Override
  public void close() {
    context.close();
  }
}
