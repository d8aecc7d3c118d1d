package ringside.experiments.lane;

import com.oracle.truffle.api.CallTarget;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.graalvm.polyglot.Engine;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.loader.MapRefused;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.ObjectReader;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.uapi.BpfCalls;
import ringside.ebpf.verifier.VerifierInput.Capabilities;
import ringside.experiments.build.BuiltObject;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.RamPool;
import ringside.kernel.text.KernelSymbols;
import ringside.kernel.trap.TaskKilled;
import ringside.kernel.vm.GuestContext;
import ringside.lkm.Modules;
import ringside.lkm.loader.ModuleLoader;
import ringside.rv64.Rv64Cpu;

/** One kernel with all of its parts, for one lane or one trial. */
public final class Lab implements AutoCloseable {
  /** As many as the lanes of one workload are booted side by side. */
  private static final int SPARE_MACHINES = 4;

  private final Kernel kernel;
  private final Bpf bpf;
  private final ModuleLoader modules;

  private Lab(Kernel kernel) {
    this.kernel = kernel;
    this.bpf = new Bpf(kernel);
    BpfCalls.install(bpf);
    this.modules = Modules.install(kernel);
  }

  /** One engine for all kernels: compiled code is shared and the compiler warms up once. */
  public static Engine engine() {
    return Engine.newBuilder()
        .allowExperimentalOptions(true)
        // Straight to the last tier: only its code is measured, and quick runs wait for it.
        .option("engine.MultiTier", "false")
        .build();
  }

  /**
   * What all kernels of one run boot with: shared compiled code, RAM used again, a processor.
   *
   * @param engine shares compiled code with other kernels
   */
  public static KernelConfig machine(Engine engine, long seed) {
    return KernelConfig.defaults()
        .withEngine(engine)
        .withRamPool(new RamPool(SPARE_MACHINES))
        .withSeed(seed)
        .withCpu(Rv64Cpu::of);
  }

  /** Boots a kernel for a workload. */
  public static Lab boot(KernelConfig machine) {
    return new Lab(Kernel.boot(machine));
  }

  /**
   * Boots a kernel for a fault, watched by the oracle.
   *
   * <p>A slow machine, so that a loop that never ends is noticed after some million instructions;
   * the watchdog counts virtual seconds.
   */
  public static Lab bootWatched(KernelConfig machine) {
    return new Lab(
        Kernel.boot(
            machine.withOracle(true).withInstructionsPerSecond(500_000).withHangSeconds(30)));
  }

  /** The kernel. */
  public Kernel kernel() {
    return kernel;
  }

  /** Its eBPF subsystem. */
  public Bpf bpf() {
    return bpf;
  }

  /** Its module loader. */
  public ModuleLoader modules() {
    return modules;
  }

  /**
   * Inserts a module as {@code insmod} does.
   *
   * @throws LoadRefused where the loader or the module's init function refuses
   */
  public void insmod(BuiltObject object) throws LoadRefused {
    int error;
    try (GuestContext.Scope _ = kernel.enter()) {
      error = kernel.tasks().inProcess("insmod", 0, () -> modules.initModule(object.bytes(), ""));
    } catch (TaskKilled killed) {
      throw new LoadRefused("insmod died in the module's init function", kernel.printk().dmesg());
    }
    if (error != 0) {
      throw new LoadRefused(
          "init_module(2) of " + object.file() + " failed with errno " + -error,
          kernel.printk().dmesg());
    }
  }

  /** The address of a module's variable. */
  public long symbol(String name) {
    return kernel.symbols().address(name);
  }

  /** The address of a symbol that may be missing. */
  public OptionalLong find(String name) {
    KernelSymbols.Symbol symbol = kernel.symbols().symbol(name);
    return symbol == null ? OptionalLong.empty() : OptionalLong.of(symbol.address());
  }

  /** The type of one of an object's programs. */
  public static ProgramType type(BuiltObject object, String program) throws LoadRefused {
    return ObjectReader.parse(object.file(), object.bytes())
        .program(program)
        .orElseThrow(() -> new LoadRefused("no program " + program + " in " + object.file(), ""))
        .type();
  }

  /**
   * Creates an object's maps and loads one of its programs.
   *
   * @param verified false to load without the verifier
   * @throws LoadRefused where the verifier refuses, with its log
   */
  public Loaded load(
      BuiltObject object, String program, Capabilities capabilities, boolean verified)
      throws LoadRefused {
    BpfObject parsed = ObjectReader.parse(object.file(), object.bytes());
    ObjectLoader loader;
    try {
      loader = ObjectLoader.open(bpf, parsed);
    } catch (MapRefused e) {
      throw new LoadRefused(e.what(), "");
    }
    BpfObject.ProgramDefinition definition =
        parsed
            .program(program)
            .orElseThrow(
                () -> new LoadRefused("no program " + program + " in " + object.file(), ""));
    LoadRequest request = loader.request(definition).withCapabilities(capabilities);
    LoadResult result = loader.load(definition, verified ? request : request.unverified());
    LoadedProgram loaded = result.program();
    if (loaded == null) {
      throw new LoadRefused(result.lastLine(), result.log());
    }
    return new Loaded(parsed, definition.attachTo(), loaded, result);
  }

  /** The least capabilities that loading a program of a type takes. */
  public static Capabilities least(ProgramType type) {
    return switch (type) {
      case XDP -> new Capabilities(true, false, true, false);
      default -> new Capabilities(true, true, false, false);
    };
  }

  /**
   * A program in the kernel.
   *
   * @param object where it comes from
   * @param attachTo what its section's name says behind the slash
   * @param result the verifier's answer
   */
  public record Loaded(
      BpfObject object, String attachTo, LoadedProgram program, LoadResult result) {
    /** The map of a variable of its object. */
    public BpfMap map(String variable) {
      for (int i = 0; i < object.maps().size(); i++) {
        if (object.maps().get(i).name().equals(variable)) {
          return program.maps().get(i);
        }
      }
      throw new IllegalArgumentException("no map " + variable + " in " + object.name());
    }
  }

  /** Attaches an eBPF program where its section says; XDP programs go to {@code eth0}. */
  public void attach(Loaded loaded) {
    BpfLink.attach(kernel, loaded.program(), loaded.attachTo());
  }

  /** Attaches a built-in extension. */
  public void attach(HookPoint hook, String name, CallTarget target) {
    hook.attach(new Attachment(name, 0, target));
  }

  /** Zeroed kernel memory. */
  public long allocate(long bytes) {
    long address = kernel.slab().kmalloc(bytes, Gfp.KERNEL | Gfp.ZERO);
    if (address == 0) {
      throw new IllegalStateException("the simulated kernel is out of memory");
    }
    return address;
  }

  /** Runs something with the guest context entered. */
  public long inGuest(LongSupplier body) {
    try (GuestContext.Scope _ = kernel.enter()) {
      return body.getAsLong();
    }
  }

  @Override
  public void close() {
    kernel.close();
  }
}
