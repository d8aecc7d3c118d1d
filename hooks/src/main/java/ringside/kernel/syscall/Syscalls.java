package ringside.kernel.syscall;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.hook.HookPoint;
import ringside.kernel.core.Errno;
import ringside.kernel.core.KernelCore;
import ringside.kernel.cpu.UserContext;
import ringside.kernel.fs.Fs;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.task.SyscallEntry;
import ringside.kernel.task.Task;
import ringside.kernel.task.Tasks;
import ringside.kernel.text.KernelCall;
import ringside.kernel.text.KernelFunction;
import ringside.kernel.trace.FunctionProbe;
import ringside.kernel.trace.Trace;
import ringside.kernel.trap.TaskKilled;

/** The system call table and the way in and out of it. */
public final class Syscalls implements SyscallEntry {
  /** {@code __NR_syscalls} of Linux 6.12. */
  public static final int NR_SYSCALLS = 463;

  private static final int MAX_ARGUMENTS = 6;

  private final KernelCore core;
  private final Memory memory;
  private final Tasks tasks;
  private final Trace trace;
  private final HookPoint sysEnter;
  private final HookPoint sysExit;
  private final long table;
  private final Map<Integer, String> names = new HashMap<>();
  private final int epc;
  private final int a0;
  private final int a7;
  private final int origA0;
  private final long[] cachedFunctions = new long[NR_SYSCALLS];
  private final @Nullable KernelCall[] cachedCalls = new @Nullable KernelCall[NR_SYSCALLS];
  private boolean nested;

  /** Builds the table; write-protected with the rest of the kernel's constants. */
  public Syscalls(KernelCore core, Tasks tasks, Fs fs, Trace trace) {
    this.core = core;
    this.memory = core.memory();
    this.tasks = tasks;
    this.sysEnter = trace.sysEnter();
    this.sysExit = trace.sysExit();
    StructLayout regs = core.layouts().of("pt_regs");
    this.epc = regs.offset("epc");
    this.a0 = regs.offset("a0");
    this.a7 = regs.offset("a7");
    this.origA0 = regs.offset("orig_a0");
    this.table =
        core.symbols().defineRodata("sys_call_table", 8L * NR_SYSCALLS, KernelFunction.Export.NONE);
    long none =
        core.symbols()
            .define("__riscv_sys_ni_syscall", KernelFunction.Export.NONE, args -> -Errno.ENOSYS);
    for (int number = 0; number < NR_SYSCALLS; number++) {
      memory.writeLong(table + 8L * number, none);
    }
    this.trace = trace;
    register(new TaskCalls(core, tasks, this));
    register(new FileCalls(core, tasks, fs, trace));
    register(new NameCalls(tasks, fs));
    register(new TimeCalls(core, tasks, this));
    tasks.setSyscallEntry(this);
  }

  /** The address of {@code sys_call_table}. */
  public long table() {
    return table;
  }

  /** The name of a system call, e.g. {@code getpid} for 172, or null. */
  public @Nullable String name(int number) {
    return names.get(number);
  }

  /** The numbers of all system calls that this kernel has, by name sorted by number. */
  public Map<Integer, String> names() {
    return Collections.unmodifiableMap(names);
  }

  /**
   * Adds the system calls of a subsystem: each {@link Syscall} of an object's public class.
   *
   * @throws IllegalStateException where the kernel has one of that name already
   */
  public void register(Object family) {
    Arrays.stream(family.getClass().getMethods())
        .filter(method -> method.isAnnotationPresent(Syscall.class))
        .sorted(Comparator.comparing(Method::getName))
        .forEach(method -> {
          int number = method.getAnnotation(Syscall.class).value();
          String symbol = "__riscv_sys_" + method.getName();
          KernelCall call = adapt(family, method, trace.function(symbol));
          long address = core.symbols().define(symbol, KernelFunction.Export.NONE, call);
          core.image().patch(memory, table + 8L * number, address);
          names.put(number, method.getName());
        });
    core.symbols().register(family);
  }

  /** The wrapper that takes the arguments from {@code pt_regs} (SC_RISCV_REGS_TO_ARGS). */
  private KernelCall adapt(Object family, Method method, FunctionProbe probe) {
    int count = method.getParameterCount();
    if (count > MAX_ARGUMENTS) {
      throw new IllegalArgumentException(method + " takes more than six arguments");
    }
    MethodHandle bound;
    try {
      bound = MethodHandles.publicLookup().unreflect(method).bindTo(family);
    } catch (IllegalAccessException e) {
      throw new IllegalArgumentException(method + " is not public", e);
    }
    Class<?>[] longs = new Class<?>[count];
    Arrays.fill(longs, long.class);
    MethodHandle handle =
        MethodHandles.explicitCastArguments(bound, MethodType.methodType(long.class, longs))
            .asSpreader(long[].class, count);
    return args -> {
      long regs = args.get(0);
      probe.hit(regs, 0, 0, 0);
      long[] values = new long[count];
      for (int i = 0; i < count; i++) {
        values[i] = memory.readLong(regs + (i == 0 ? origA0 : a0 + 8L * i));
      }
      return invoke(handle, values);
    };
  }

  @TruffleBoundary
  private static long invoke(MethodHandle handle, long[] values) {
    try {
      return (long) handle.invokeExact(values);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a system call threw a checked exception", e);
    }
  }

  /**
   * Makes a system call as the current task would from Ring 3: through the tracepoints and the
   * table.
   *
   * <p>For a task of {@link Tasks#inProcess}; a call that would wait lets virtual time pass
   * instead.
   *
   * @return the result or a negated errno
   * @throws TaskKilled where the task died in the kernel
   */
  public long call(int number, long... arguments) {
    Task task = tasks.current();
    UserContext context = task.context();
    for (int i = 0; i < arguments.length; i++) {
      context.x[10 + i] = arguments[i];
    }
    context.x[17] = number;
    long regs = task.ptRegs();
    for (int i = 0; i < MAX_ARGUMENTS; i++) {
      memory.writeLong(regs + a0 + 8L * i, i < arguments.length ? arguments[i] : 0);
    }
    memory.writeLong(regs + a7, number);
    boolean outer = nested;
    nested = true;
    try {
      core.traps().protect(() -> enter(task, regs));
    } finally {
      nested = outer;
    }
    return memory.readLong(regs + a0);
  }

  @Override
  public void enter(Task task) {
    long regs = task.ptRegs();
    core.traps().protect(() -> enter(task, regs));
  }

  /** {@code do_trap_ecall_u()}. */
  private long enter(Task task, long regs) {
    memory.writeLong(regs + epc, memory.readLong(regs + epc) + 4);
    memory.writeLong(regs + origA0, memory.readLong(regs + a0));
    memory.writeLong(regs + a0, -Errno.ENOSYS);
    if (sysEnter.armed()) {
      sysEnter.fire(regs, memory.readLong(regs + a7));
    }
    // The tracepoint may have changed the number, as a tracer may.
    long number = memory.readLong(regs + a7);
    if (number >= 0 && number < NR_SYSCALLS) {
      long function = memory.readLong(table + 8 * number);
      KernelCall call = callAt((int) number, function);
      long result;
      if (call != null) {
        result = call.call(_ -> regs);
      } else {
        // Machine code cannot be left waiting halfway.
        boolean outer = nested;
        nested = true;
        try {
          result = core.callFunction(function, regs);
        } finally {
          nested = outer;
        }
      }
      if (task.ended() || task.state() == Task.State.SLEEPING) {
        return 0;
      }
      memory.writeLong(regs + a0, result);
    }
    exit(regs);
    return 0;
  }

  /** What stands at a table entry: machine code is null. Kernel text never changes. */
  private @Nullable KernelCall callAt(int number, long function) {
    if (cachedFunctions[number] != function) {
      cachedFunctions[number] = function;
      cachedCalls[number] = core.symbols().callAt(function);
    }
    return cachedCalls[number];
  }

  @Override
  public void finish(Task task, long result) {
    long regs = task.ptRegs();
    memory.writeLong(regs + a0, result);
    core.traps()
        .protect(() -> {
          exit(regs);
          return 0;
        });
  }

  private void exit(long regs) {
    if (sysExit.armed()) {
      sysExit.fire(regs, memory.readLong(regs + a0));
    }
  }

  /** Whether the current call may leave its task waiting; else it must let time pass itself. */
  public boolean mayWait() {
    return !nested;
  }
}
