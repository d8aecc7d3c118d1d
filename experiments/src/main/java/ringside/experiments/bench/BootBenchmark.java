package ringside.experiments.bench;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.RamPool;
import ringside.rv64.Rv64Cpu;

/** What it costs to boot a kernel of 64 MiB and to power it off again. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BootBenchmark {
  /** RAM of closed kernels, as experiments use it. */
  static final String REUSED = "reused-ram";

  /** RAM that the JVM has to zero for each kernel. */
  static final String NEW = "new-ram";

  /** Where RAM comes from; always given. */
  @Param({REUSED, NEW})
  public String lane = "";

  private @Nullable Engine engine;
  private @Nullable KernelConfig machine;

  /** Makes what all kernels share. */
  @Setup(Level.Trial)
  public void prepare() {
    Engine made = Engine.create();
    engine = made;
    // The same machine in both lanes, but for where its RAM comes from.
    KernelConfig plain = KernelConfig.defaults().withEngine(made).withCpu(Rv64Cpu::of);
    machine = lane.equals(REUSED) ? plain.withRamPool(new RamPool(1)) : plain;
  }

  /** Closes it. */
  @TearDown(Level.Trial)
  public void close() {
    Objects.requireNonNull(engine).close();
  }

  /** Boots and powers off. */
  @Benchmark
  public int boot() {
    try (Kernel kernel = Kernel.boot(Objects.requireNonNull(machine))) {
      return kernel.printk().lines().size();
    }
  }
}
