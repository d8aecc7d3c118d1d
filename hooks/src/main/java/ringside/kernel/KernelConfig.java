package ringside.kernel;

import java.util.function.Consumer;
import java.util.function.Function;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelVersion;
import ringside.kernel.cpu.Cpu;
import ringside.kernel.mm.RamPool;

/** How a kernel is booted; immutable, made with {@link #defaults} and the {@code with…} methods. */
public final class KernelConfig {
  // Assigned only while an instance is being made.
  private int ramBytes = 64 << 20;
  private @Nullable RamPool ramPool;
  private long seed = 1;
  private KernelVersion version = KernelVersion.DEFAULT;
  private @Nullable Engine engine;
  private boolean oracle;
  private @Nullable Function<Kernel, Cpu> cpuFactory;
  private long instructionsPerSecond = 10_000_000;
  private boolean panicOnOops;
  private boolean softlockupPanic;
  private boolean rodata = true;
  private int hangSeconds = 60;

  private KernelConfig() {}

  /**
   * 64 MiB of RAM, seed 1, the default version, 10 million instructions a second, no oracle, no
   * processor, Linux's default sysctls, and the host takes over after 60 virtual seconds.
   */
  public static KernelConfig defaults() {
    return new KernelConfig();
  }

  /** A copy with one thing changed. */
  private KernelConfig with(Consumer<KernelConfig> change) {
    KernelConfig copy = new KernelConfig();
    copy.ramBytes = ramBytes;
    copy.ramPool = ramPool;
    copy.seed = seed;
    copy.version = version;
    copy.engine = engine;
    copy.oracle = oracle;
    copy.cpuFactory = cpuFactory;
    copy.instructionsPerSecond = instructionsPerSecond;
    copy.panicOnOops = panicOnOops;
    copy.softlockupPanic = softlockupPanic;
    copy.rodata = rodata;
    copy.hangSeconds = hangSeconds;
    change.accept(copy);
    return copy;
  }

  /** Size of RAM in bytes, whole pages, below 2 GiB. */
  public int ramBytes() {
    return ramBytes;
  }

  /** Where RAM comes from and goes to when the kernel is closed; null for new RAM. */
  public @Nullable RamPool ramPool() {
    return ramPool;
  }

  /** What seeds everything that Linux would draw from its random pool. */
  public long seed() {
    return seed;
  }

  /** The version that the kernel claims to be. */
  public KernelVersion version() {
    return version;
  }

  /** The polyglot engine whose compiled code kernels share; null for one of this kernel alone. */
  public @Nullable Engine engine() {
    return engine;
  }

  /** Whether the oracle watches (slower; never changes what happens). */
  public boolean oracle() {
    return oracle;
  }

  /** Makes the processor; null for a machine that runs no machine code. */
  public @Nullable Function<Kernel, Cpu> cpuFactory() {
    return cpuFactory;
  }

  /** How many retired instructions make a second of virtual time. */
  public long instructionsPerSecond() {
    return instructionsPerSecond;
  }

  /** {@code kernel.panic_on_oops}. */
  public boolean panicOnOops() {
    return panicOnOops;
  }

  /** {@code kernel.softlockup_panic}. */
  public boolean softlockupPanic() {
    return softlockupPanic;
  }

  /** Whether kernel text and read-only data are write-protected ({@code rodata=on}). */
  public boolean rodata() {
    return rodata;
  }

  /** Virtual seconds without scheduling after which the host takes back control. */
  public int hangSeconds() {
    return hangSeconds;
  }

  /** The boot parameters and sysctls that differ from the defaults, as a kernel command line. */
  public String commandLine() {
    return "console=ttyS0"
        + (rodata ? "" : " rodata=off")
        + (panicOnOops ? " oops=panic" : "")
        + (softlockupPanic ? " softlockup_panic=1" : "");
  }

  /** This configuration with another size of RAM in bytes. */
  public KernelConfig withRamBytes(int bytes) {
    return with(copy -> copy.ramBytes = bytes);
  }

  /** This configuration with RAM from a pool. */
  public KernelConfig withRamPool(RamPool pool) {
    return with(copy -> copy.ramPool = pool);
  }

  /** This configuration with another seed. */
  public KernelConfig withSeed(long newSeed) {
    return with(copy -> copy.seed = newSeed);
  }

  /** This configuration with another kernel version. */
  public KernelConfig withVersion(KernelVersion newVersion) {
    return with(copy -> copy.version = newVersion);
  }

  /** This configuration on a shared engine, which the caller closes. */
  public KernelConfig withEngine(Engine newEngine) {
    return with(copy -> copy.engine = newEngine);
  }

  /** This configuration with the oracle on or off. */
  public KernelConfig withOracle(boolean on) {
    return with(copy -> copy.oracle = on);
  }

  /** This configuration with a processor. */
  public KernelConfig withCpu(Function<Kernel, Cpu> factory) {
    return with(copy -> copy.cpuFactory = factory);
  }

  /**
   * This configuration with another speed of virtual time.
   *
   * @throws IllegalArgumentException unless it is positive
   */
  public KernelConfig withInstructionsPerSecond(long speed) {
    if (speed <= 0) {
      throw new IllegalArgumentException("instructionsPerSecond must be positive");
    }
    return with(copy -> copy.instructionsPerSecond = speed);
  }

  /** This configuration with {@code kernel.panic_on_oops} set or cleared. */
  public KernelConfig withPanicOnOops(boolean on) {
    return with(copy -> copy.panicOnOops = on);
  }

  /** This configuration with {@code kernel.softlockup_panic} set or cleared. */
  public KernelConfig withSoftlockupPanic(boolean on) {
    return with(copy -> copy.softlockupPanic = on);
  }

  /** This configuration with write protection of kernel text and read-only data on or off. */
  public KernelConfig withRodata(boolean on) {
    return with(copy -> copy.rodata = on);
  }

  /**
   * This configuration with another limit, in virtual seconds, on code that never schedules.
   *
   * @throws IllegalArgumentException unless it is positive
   */
  public KernelConfig withHangSeconds(int seconds) {
    if (seconds <= 0) {
      throw new IllegalArgumentException("hangSeconds must be positive");
    }
    return with(copy -> copy.hangSeconds = seconds);
  }
}
