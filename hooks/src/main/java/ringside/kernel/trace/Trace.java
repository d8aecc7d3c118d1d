package ringside.kernel.trace;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.hook.HookPoint;
import ringside.hook.HookRegistry;
import ringside.hook.VerdictPolicy;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelSymbols.Symbol;

/** All tracepoints and probe-able functions of one kernel. */
public final class Trace {
  /** How deep probes may nest: a probe's handler may call a probed function. */
  private static final int NESTING = 8;

  private static final int FIRST_EVENT_ID = 21;

  /** sstatus of kernel code: SPP and SPIE. */
  private static final long STATUS_KERNEL = 0x120;

  private final KernelCore core;
  private final HookRegistry hooks;
  private final Map<String, Tracepoint> tracepoints = new HashMap<>();
  private final Map<String, FunctionProbe> probes = new HashMap<>();
  private final StructLayout ptRegs;
  private final Tracepoint sysEnter;
  private final Tracepoint sysExit;
  private long frames;
  private int depth;

  /** Declares the tracepoints that belong to no subsystem. */
  public Trace(KernelCore core, HookRegistry hooks) {
    this.core = core;
    this.hooks = hooks;
    this.ptRegs = core.layouts().of("pt_regs");
    int a0 = ptRegs.offset("a0");
    int a7 = ptRegs.offset("a7");
    int origA0 = ptRegs.offset("orig_a0");
    StructLayout enter = core.layouts().of("trace_event_raw_sys_enter");
    int enterId = enter.offset("id");
    int enterArgs = enter.offset("args");
    this.sysEnter =
        declare(
            "raw_syscalls",
            "sys_enter",
            (memory, entry, regs, id) -> {
              memory.writeLong(entry + enterId, id);
              // syscall_get_arguments(): the first as it was before a0 became the result.
              memory.writeLong(entry + enterArgs, memory.readLong(regs + origA0));
              for (int i = 1; i < 6; i++) {
                memory.writeLong(entry + enterArgs + 8L * i, memory.readLong(regs + a0 + 8L * i));
              }
            });
    StructLayout exit = core.layouts().of("trace_event_raw_sys_exit");
    int exitId = exit.offset("id");
    int exitRet = exit.offset("ret");
    this.sysExit =
        declare(
            "raw_syscalls",
            "sys_exit",
            (memory, entry, regs, ret) -> {
              memory.writeLong(entry + exitId, memory.readLong(regs + a7));
              memory.writeLong(entry + exitRet, ret);
            });
  }

  /**
   * Declares a tracepoint whose record is {@code struct trace_event_raw_<name>}.
   *
   * @param assign fills the record from the hook's arguments
   */
  public Tracepoint declare(String system, String name, Tracepoint.FastAssign assign) {
    String full = system + ":" + name;
    Tracepoint tracepoint =
        new Tracepoint(
            system,
            name,
            FIRST_EVENT_ID + tracepoints.size(),
            hooks.create(full, VerdictPolicy.OBSERVE),
            core.layouts().of("trace_event_raw_" + name),
            assign);
    tracepoints.put(full, tracepoint);
    return tracepoint;
  }

  /** The hook of {@code raw_syscalls:sys_enter}: arguments {@code (pt_regs *, id)}. */
  public HookPoint sysEnter() {
    return sysEnter.hook();
  }

  /** The hook of {@code raw_syscalls:sys_exit}: arguments {@code (pt_regs *, ret)}. */
  public HookPoint sysExit() {
    return sysExit.hook();
  }

  /** The tracepoint of that full name, e.g. {@code raw_syscalls:sys_enter}, or null. */
  public @Nullable Tracepoint tracepoint(String name) {
    return tracepoints.get(name);
  }

  /** All tracepoints, by full name. */
  public List<Tracepoint> tracepoints() {
    List<Tracepoint> all = new ArrayList<>(tracepoints.values());
    all.sort((a, b) -> Integer.compare(a.id(), b.id()));
    return all;
  }

  /** Declares a kernel function probe-able; the function calls {@link FunctionProbe#hit}. */
  @TruffleBoundary
  public FunctionProbe function(String name) {
    FunctionProbe probe =
        new FunctionProbe(this, name, hooks.create("kprobe/" + name, VerdictPolicy.OBSERVE));
    probes.put(name, probe);
    return probe;
  }

  /**
   * The probe point at a kernel function's entry: argument {@code (pt_regs *)}.
   *
   * @return the hook, or null where the kernel has no such function or cannot probe it
   */
  public @Nullable HookPoint kprobe(String function) {
    FunctionProbe probe = probes.get(function);
    return probe == null ? null : probe.hook();
  }

  /** The probe point of the function that starts at {@code address}, or null. */
  public @Nullable HookPoint kprobeAt(long address) {
    Symbol symbol = core.symbols().at(address);
    return symbol == null || symbol.address() != address ? null : kprobe(symbol.name());
  }

  /** The names of all probe-able functions, sorted ({@code available_filter_functions}). */
  public List<String> probeable() {
    return probes.keySet().stream().sorted().toList();
  }

  /** Runs a probe's attachments on registers as they would be at the function's entry. */
  void fire(FunctionProbe probe, long a0, long a1, long a2, long a3) {
    if (depth == NESTING) {
      return; // as a kprobe that hits inside its own handler: a miss
    }
    if (frames == 0) {
      frames = core.slab().kmalloc((long) NESTING * ptRegs.size(), Gfp.KERNEL | Gfp.ZERO);
    }
    Memory memory = core.memory();
    long regs = frames + (long) depth * ptRegs.size();
    memory.writeLong(regs + ptRegs.offset("epc"), core.symbols().address(probe.function()));
    memory.writeLong(regs + ptRegs.offset("sp"), core.thisCpu().stackTop());
    memory.writeLong(regs + ptRegs.offset("tp"), core.thisCpu().current());
    memory.writeLong(regs + ptRegs.offset("status"), STATUS_KERNEL);
    int first = ptRegs.offset("a0");
    memory.writeLong(regs + first, a0);
    memory.writeLong(regs + first + 8, a1);
    memory.writeLong(regs + first + 16, a2);
    memory.writeLong(regs + first + 24, a3);
    memory.writeLong(regs + ptRegs.offset("orig_a0"), a0);
    depth++;
    try {
      probe.hook().fire(regs);
    } finally {
      depth--;
    }
  }
}
