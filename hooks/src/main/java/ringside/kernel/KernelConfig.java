package ringside.kernel;

import java.util.function.Function;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelVersion;
import ringside.kernel.cpu.Cpu;

/**
 * How a kernel is booted; immutable, made with {@link #defaults} and the {@code with…} methods.
 *
 * @param ramBytes size of RAM, whole pages, below 2 GiB
 * @param seed seeds everything that Linux would draw from its random pool
 * @param version the version that the kernel claims to be
 * @param engine the polyglot engine whose compiled code kernels share, or null to make one for this
 *     kernel alone
 * @param oracle whether the oracle watches (slower; never changes what happens)
 * @param cpuFactory makes the processor, or null for a machine that runs no machine code
 * @param instructionsPerSecond how many retired instructions make a second of virtual time
 * @param panicOnOops {@code kernel.panic_on_oops}
 * @param softlockupPanic {@code kernel.softlockup_panic}
 * @param rodata whether kernel text and read-only data are write-protected ({@code rodata=on})
 * @param hangSeconds virtual seconds without scheduling after which the host takes back control
 */
public record KernelConfig(
    int ramBytes,
    long seed,
    KernelVersion version,
    @Nullable Engine engine,
    boolean oracle,
    @Nullable Function<Kernel, Cpu> cpuFactory,
    long instructionsPerSecond,
    boolean panicOnOops,
    boolean softlockupPanic,
    boolean rodata,
    int hangSeconds) {
  /** Checks the figures. */
  public KernelConfig {
    if (instructionsPerSecond <= 0) {
      throw new IllegalArgumentException("instructionsPerSecond must be positive");
    }
    if (hangSeconds <= 0) {
      throw new IllegalArgumentException("hangSeconds must be positive");
    }
  }

  /**
   * 64 MiB of RAM, seed 1, the default version, 10 million instructions a second, no oracle, no
   * processor, Linux's default sysctls, and the host takes over after 60 virtual seconds.
   */
  public static KernelConfig defaults() {
    return new KernelConfig(
        64 << 20, 1, KernelVersion.DEFAULT, null, false, null, 10_000_000, false, false, true, 60);
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
    return new KernelConfig(
        bytes,
        seed,
        version,
        engine,
        oracle,
        cpuFactory,
        instructionsPerSecond,
        panicOnOops,
        softlockupPanic,
        rodata,
        hangSeconds);
  }

  /** This configuration with another seed. */
  public KernelConfig withSeed(long newSeed) {
    return new KernelConfig(
        ramBytes,
        newSeed,
        version,
        engine,
        oracle,
        cpuFactory,
        instructionsPerSecond,
        panicOnOops,
        softlockupPanic,
        rodata,
        hangSeconds);
  }

  /** This configuration with another kernel version. */
  public KernelConfig withVersion(KernelVersion newVersion) {
    return new KernelConfig(
        ramBytes,
        seed,
        newVersion,
        engine,
        oracle,
        cpuFactory,
        instructionsPerSecond,
        panicOnOops,
        softlockupPanic,
        rodata,
        hangSeconds);
  }

  /** This configuration on a shared engine, which the caller closes. */
  public KernelConfig withEngine(Engine newEngine) {
    return new KernelConfig(
        ramBytes,
        seed,
        version,
        newEngine,
        oracle,
        cpuFactory,
        instructionsPerSecond,
        panicOnOops,
        softlockupPanic,
        rodata,
        hangSeconds);
  }

  /** This configuration with the oracle on or off. */
  public KernelConfig withOracle(boolean on) {
    return new KernelConfig(
        ramBytes,
        seed,
        version,
        engine,
        on,
        cpuFactory,
        instructionsPerSecond,
        panicOnOops,
        softlockupPanic,
        rodata,
        hangSeconds);
  }

  /** This configuration with a processor. */
  public KernelConfig withCpu(Function<Kernel, Cpu> factory) {
    return new KernelConfig(
        ramBytes,
        seed,
        version,
        engine,
        oracle,
        factory,
        instructionsPerSecond,
        panicOnOops,
        softlockupPanic,
        rodata,
        hangSeconds);
  }

  /** This configuration with another speed of virtual time. */
  public KernelConfig withInstructionsPerSecond(long speed) {
    return new KernelConfig(
        ramBytes,
        seed,
        version,
        engine,
        oracle,
        cpuFactory,
        speed,
        panicOnOops,
        softlockupPanic,
        rodata,
        hangSeconds);
  }

  /** This configuration with {@code kernel.panic_on_oops} set or cleared. */
  public KernelConfig withPanicOnOops(boolean on) {
    return new KernelConfig(
        ramBytes,
        seed,
        version,
        engine,
        oracle,
        cpuFactory,
        instructionsPerSecond,
        on,
        softlockupPanic,
        rodata,
        hangSeconds);
  }

  /** This configuration with {@code kernel.softlockup_panic} set or cleared. */
  public KernelConfig withSoftlockupPanic(boolean on) {
    return new KernelConfig(
        ramBytes,
        seed,
        version,
        engine,
        oracle,
        cpuFactory,
        instructionsPerSecond,
        panicOnOops,
        on,
        rodata,
        hangSeconds);
  }

  /** This configuration with write protection of kernel text and read-only data on or off. */
  public KernelConfig withRodata(boolean on) {
    return new KernelConfig(
        ramBytes,
        seed,
        version,
        engine,
        oracle,
        cpuFactory,
        instructionsPerSecond,
        panicOnOops,
        softlockupPanic,
        on,
        hangSeconds);
  }

  /** This configuration with another limit, in virtual seconds, on code that never schedules. */
  public KernelConfig withHangSeconds(int seconds) {
    return new KernelConfig(
        ramBytes,
        seed,
        version,
        engine,
        oracle,
        cpuFactory,
        instructionsPerSecond,
        panicOnOops,
        softlockupPanic,
        rodata,
        seconds);
  }
}
