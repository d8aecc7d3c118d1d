package ringside.kernel.core;

import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.kernel.cpu.Cpu;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.layout.StructLayouts;
import ringside.kernel.mm.Invariants;
import ringside.kernel.mm.KernelStack;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.Oracle;
import ringside.kernel.mm.PageAllocator;
import ringside.kernel.mm.PageTable;
import ringside.kernel.mm.RamPool;
import ringside.kernel.mm.Slab;
import ringside.kernel.mm.SlabObserver;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.CallArgs;
import ringside.kernel.text.KernelCall;
import ringside.kernel.text.KernelFunction;
import ringside.kernel.text.KernelImage;
import ringside.kernel.text.KernelSymbols;
import ringside.kernel.time.VirtualClock;
import ringside.kernel.time.Watchdog;
import ringside.kernel.trap.BugTable;
import ringside.kernel.trap.KernelState;
import ringside.kernel.trap.Traps;
import ringside.kernel.vm.GuestContext;
import ringside.kernel.vm.KernelLanguage;

/**
 * What every subsystem of one kernel needs: memory, heap, symbols, log, clock, traps.
 *
 * <p>Two views of the same memory: {@link #memory} is for the kernel's own Java code, {@link
 * #guestMemory} for engines that run extensions and Ring 3, so that the oracle can tell them apart.
 * Without an oracle both are one object.
 */
public final class KernelCore {
  private static final List<String> CRED_FIELDS =
      List.of(
          "uid",
          "gid",
          "suid",
          "sgid",
          "euid",
          "egid",
          "fsuid",
          "fsgid",
          "securebits",
          "cap_inheritable",
          "cap_permitted",
          "cap_effective",
          "cap_bset",
          "cap_ambient");

  /** Pages of the module area. */
  private static final int MODULE_PAGES = 4096;

  private static final SlabObserver NO_OBSERVER =
      new SlabObserver() {
        @Override
        public void onAllocate(
            long address, long requested, long size, String cache, boolean zeroed) {}

        @Override
        public void onFree(long address) {}
      };

  private final KernelVersion version;
  private final GuestContext guest;
  private final KernelLanguage language;
  private final @Nullable RamPool ramPool;
  private final Memory memory;
  private final Memory guestMemory;
  private final PageTable modules;
  private final PageAllocator frames;
  private final Slab slab;
  private final @Nullable Oracle oracle;
  private final StructLayouts layouts;
  private final VirtualClock clock;
  private final Watchdog watchdog;
  private final Printk printk;
  private final KernelImage image;
  private final KernelSymbols symbols;
  private final Traps traps;
  private final BugTable bugs = new BugTable();
  private final ThisCpu thisCpu = new ThisCpu();
  private @Nullable Cpu cpu;

  /**
   * The figures that the core is made from.
   *
   * @param ramBytes size of RAM
   * @param ramPool where RAM comes from and goes to, or null
   * @param instructionsPerSecond speed of virtual time
   * @param hangSeconds virtual seconds after which the host takes over
   * @param commandLine what the boot log says the kernel was booted with
   */
  public record Settings(
      KernelVersion version,
      int ramBytes,
      @Nullable RamPool ramPool,
      boolean oracle,
      long instructionsPerSecond,
      boolean panicOnOops,
      boolean softlockupPanic,
      int hangSeconds,
      String commandLine) {}

  /** Builds the core; nothing is logged yet. */
  public KernelCore(Settings settings, GuestContext guest, StructLayouts layouts) {
    this.version = settings.version();
    this.guest = guest;
    this.language = guest.language(KernelLanguage.ID, KernelLanguage::get);
    this.layouts = layouts;
    this.image = new KernelImage();
    this.modules = new PageTable(Memory.MODULES_VADDR, MODULE_PAGES);
    this.oracle = settings.oracle() ? new Oracle(this::now, this::symbolize) : null;
    this.ramPool = settings.ramPool();
    Memory raw = RamPool.memory(ramPool, settings.ramBytes(), null, image.window(), modules);
    this.memory = oracle == null ? raw : raw.observedBy(oracle.kernelAccesses());
    this.guestMemory = oracle == null ? raw : raw.observedBy(oracle.extensionAccesses());
    this.frames = new PageAllocator(raw.size() / PageTable.PAGE_SIZE, KernelImage.PAGES);
    this.slab = new Slab(memory, frames, oracle == null ? NO_OBSERVER : oracle);
    this.clock = new VirtualClock(settings.instructionsPerSecond());
    this.printk = new Printk(clock::nanos);
    this.symbols = new KernelSymbols(image);
    new BootLog(printk).print(settings, frames);
    symbols.defineData("overflow_stack", PageTable.PAGE_SIZE, KernelFunction.Export.NONE);
    this.traps =
        new Traps(printk, symbols, raw, bugs, settings.version().release(), settings.panicOnOops());
    slab.setFailureReport(new AllocationFailures(printk, traps));
    if (oracle != null) {
      watch(oracle, raw);
    }
    this.watchdog =
        new Watchdog(
            clock,
            () -> !traps.active(),
            () -> cpu == null || cpu.interruptsEnabled(),
            seconds -> traps.softLockup(seconds, settings.softlockupPanic()),
            seconds -> {
              throw traps.hang(
                  "kernel code did not give up the CPU for %d virtual seconds".formatted(seconds));
            },
            settings.hangSeconds());
  }

  private void watch(Oracle watcher, Memory raw) {
    watcher.watch(raw, slab, frames);
    Invariants invariants = watcher.invariants();
    invariants.setImageSize((long) KernelImage.PAGES << PageTable.PAGE_SHIFT);
    invariants.range(KernelImage.TEXT, KernelImage.RODATA, "kernel text");
    invariants.range(KernelImage.RODATA, KernelImage.DATA, "read-only data");
    protect(invariants, "cred_jar", "cred", CRED_FIELDS);
    protect(invariants, "task_struct", "task_struct", List.of("real_cred", "cred"));
  }

  private void protect(Invariants invariants, String cache, String tag, List<String> fields) {
    StructLayout layout = layouts.of(tag);
    for (String field : fields) {
      invariants.field(cache, layout.offset(field), layout.sizeOf(field), tag + "." + field);
    }
  }

  private long now() {
    return clock.nanos();
  }

  private String symbolize(long address) {
    return symbols.lookup(address);
  }

  /** The version. */
  public KernelVersion version() {
    return version;
  }

  /** The polyglot context of all guest code. */
  public GuestContext guest() {
    return guest;
  }

  /** The language of the kernel's own root nodes. */
  public KernelLanguage language() {
    return language;
  }

  /** Memory as the kernel's own Java code accesses it. */
  public Memory memory() {
    return memory;
  }

  /** The same memory as extensions and Ring 3 access it: engines use this one. */
  public Memory guestMemory() {
    return guestMemory;
  }

  /** The page table of the module area ({@link Memory#MODULES_VADDR}). */
  public PageTable moduleArea() {
    return modules;
  }

  /** Physical pages. */
  public PageAllocator frames() {
    return frames;
  }

  /** The heap. */
  public Slab slab() {
    return slab;
  }

  /** The oracle, or null where it is off. */
  public @Nullable Oracle oracle() {
    return oracle;
  }

  /** Where the fields of kernel structs lie. */
  public StructLayouts layouts() {
    return layouts;
  }

  /** Virtual time. */
  public VirtualClock clock() {
    return clock;
  }

  /** The soft-lockup detector; the scheduler touches it. */
  public Watchdog watchdog() {
    return watchdog;
  }

  /** The log. */
  public Printk printk() {
    return printk;
  }

  /** Where the kernel image lies. */
  public KernelImage image() {
    return image;
  }

  /** kallsyms and exports. */
  public KernelSymbols symbols() {
    return symbols;
  }

  /** Who runs, and on which stack. */
  public ThisCpu thisCpu() {
    return thisCpu;
  }

  /** Fault handling. */
  public Traps traps() {
    return traps;
  }

  /** The BUG()s in machine code. */
  public BugTable bugs() {
    return bugs;
  }

  /** What condition the kernel is in. */
  public KernelState state() {
    return traps.state();
  }

  /**
   * The processor.
   *
   * @throws IllegalStateException on a machine without one
   */
  public Cpu cpu() {
    Cpu present = cpu;
    if (present == null) {
      throw new IllegalStateException(
          "this kernel has no CPU: boot it with KernelConfig.withCpu to run machine code");
    }
    return present;
  }

  /** Installs the processor, once, at boot. */
  public void setCpu(Cpu processor) {
    cpu = processor;
    traps.setRegisters(processor::registers);
  }

  /** Tells the processor, if there is one, that code in a range of memory has changed or gone. */
  public void flushInstructionCache(long from, long size) {
    Cpu present = cpu;
    if (present != null) {
      present.flushInstructionCache(from, from + size);
    }
  }

  /**
   * Allocates a kernel stack with an unmapped guard page underneath.
   *
   * @return the stack, or null where memory is short
   */
  public @Nullable KernelStack allocateStack() {
    int pages = KernelStack.SIZE / PageTable.PAGE_SIZE;
    int frame = frames.allocate(pages + 1);
    if (frame < 0) {
      return null;
    }
    memory.protect(Memory.linear(frame), 0);
    long bottom = Memory.linear(frame + 1);
    return new KernelStack(bottom, bottom + KernelStack.SIZE);
  }

  /** Gives a stack back. */
  public void freeStack(KernelStack stack) {
    int frame = Memory.frame(stack.bottom()) - 1;
    memory.protect(Memory.linear(frame), PageTable.READ | PageTable.WRITE);
    frames.free(frame, KernelStack.SIZE / PageTable.PAGE_SIZE + 1);
  }

  /** Switches the machine off: its RAM goes back to where it came from. */
  public void powerOff() {
    if (ramPool != null) {
      ramPool.giveBack(memory, frames);
    }
  }

  /**
   * Calls whatever stands at an address: a kernel function or machine code.
   *
   * <p>Runs inside {@link Traps#protect} and with the guest context entered, or not at all.
   */
  public long callFunction(long address, long... arguments) {
    KernelCall call = symbols.callAt(address);
    if (call == null) {
      return cpu().call(address, arguments);
    }
    CallArgs args = index -> index < arguments.length ? arguments[index] : 0;
    return call.call(args);
  }
}
