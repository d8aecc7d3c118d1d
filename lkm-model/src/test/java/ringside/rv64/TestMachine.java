package ringside.rv64;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.PageTable;
import ringside.kernel.text.KernelCall;
import ringside.kernel.vm.GuestContext;
import ringside.rv64.hart.Machine;

/** The smallest machine around a processor: RAM, a module area, a user window, a clock. */
public final class TestMachine implements Machine, AutoCloseable {
  /** Where the module area starts. */
  public static final long CODE = Memory.MODULES_VADDR;

  /** Where a kernel function may be defined. */
  public static final long KERNEL_FUNCTION = Memory.KERNEL_LINK_ADDR + 0x2000;

  /** Data for programs: a page of the linear map. */
  public static final long DATA = Memory.PAGE_OFFSET + 0x300000;

  /** Where the user window starts. */
  public static final long USER = 0x10000;

  private static final int PAGES = 256;
  private static final int RAM = 8 << 20;
  private static final int CODE_FRAME = 16;
  private static final int USER_FRAME = CODE_FRAME + PAGES;

  private final PageTable modules = new PageTable(CODE, PAGES);
  private final PageTable userWindow = new PageTable(0, PAGES);
  private final Memory memory = new Memory(RAM, null, modules);
  private final Map<Long, KernelCall> functions = new HashMap<>();
  private final Engine engine;
  private final GuestContext guest;
  private final Rv64Cpu cpu;

  /** Called with each number of instructions that the hart retires. */
  public LongConsumer onRetire = _ -> {};

  /** All instructions retired. */
  public long retired;

  /** Maps everything, code pages executable; the engine is closed with the machine. */
  public TestMachine(Engine engine) {
    for (int page = 0; page < PAGES; page++) {
      modules.map(
          CODE + ((long) page << PageTable.PAGE_SHIFT),
          CODE_FRAME + page,
          PageTable.READ | PageTable.WRITE | PageTable.EXECUTE);
      if (page >= USER >>> PageTable.PAGE_SHIFT) {
        userWindow.map(
            (long) page << PageTable.PAGE_SHIFT,
            USER_FRAME + page,
            PageTable.READ | PageTable.WRITE | PageTable.EXECUTE | PageTable.USER);
      }
    }
    memory.setUserWindow(userWindow);
    this.engine = engine;
    this.guest = new GuestContext(engine);
    this.cpu = new Rv64Cpu(this, guest);
  }

  /** The processor. */
  public Rv64Cpu cpu() {
    return cpu;
  }

  /** The context that guest code runs in. */
  public GuestContext guest() {
    return guest;
  }

  /** The page table of the module area. */
  public PageTable modules() {
    return modules;
  }

  /** The user address space. */
  public PageTable userWindow() {
    return userWindow;
  }

  /** Puts code at an address. */
  public void load(long address, int... words) {
    for (int i = 0; i < words.length; i++) {
      memory.writeInt(address + 4L * i, words[i]);
    }
  }

  /** Gives a kernel function an address. */
  public long define(long address, KernelCall call) {
    functions.put(address, call);
    return address;
  }

  /** Calls code inside the guest context. */
  public long call(long address, long... arguments) {
    try (GuestContext.Scope _ = guest.enter()) {
      return cpu.call(address, arguments);
    }
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public void retire(long instructions) {
    retired += instructions;
    onRetire.accept(instructions);
  }

  @Override
  public long nanos() {
    return retired * 100;
  }

  @Override
  public @Nullable KernelCall callAt(long address) {
    return functions.get(address);
  }

  @Override
  public long currentTask() {
    return 0x1234;
  }

  @Override
  public long kernelStackTop() {
    return Memory.PAGE_OFFSET + 0x280000;
  }

  @Override
  public long kernelStackSize() {
    return 16384;
  }

  @Override
  public void close() {
    guest.close();
    engine.close();
  }

  /** How code is executed. */
  public enum Mode {
    /** Never compiled. */
    INTERPRETER,
    /** Compiled at its first call, quickly. */
    TIER_1,
    /** Compiled at its first call, with all optimisations. */
    TIER_2;

    /** A machine that executes in this mode; closing it closes its engine. */
    public TestMachine machine() {
      return new TestMachine(engine());
    }

    private Engine engine() {
      return switch (this) {
        case INTERPRETER -> experimental().option("engine.Compilation", "false").build();
        case TIER_1 -> compiling().option("engine.Mode", "latency").build();
        case TIER_2 -> compiling().option("engine.MultiTier", "false").build();
      };
    }

    private static Engine.Builder compiling() {
      return experimental()
          .option("engine.BackgroundCompilation", "false")
          .option("engine.CompileImmediately", "true")
          .option("engine.CompilationFailureAction", "Throw");
    }

    private static Engine.Builder experimental() {
      return Engine.newBuilder().allowExperimentalOptions(true);
    }
  }
}
