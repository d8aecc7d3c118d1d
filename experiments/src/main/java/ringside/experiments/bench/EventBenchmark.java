package ringside.experiments.bench;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
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
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Catalog;
import ringside.experiments.catalog.Workload;
import ringside.experiments.measure.Subject;
import ringside.toolchain.Toolchain;

/**
 * What an event costs: one operation fires the lane's hook for all recorded events.
 *
 * <p>The figure that counts is the secondary result {@code events}: time by event.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EventBenchmark {
  /** Nanoseconds within which the runtime has to compile a lane. */
  private static final long COMPILE_LIMIT = 120_000_000_000L;

  /** Name of the workload in the catalog; always given. */
  @Param("packet-filter")
  public String workload = "";

  /** Which of its lanes; always given. */
  @Param("builtin@xdp")
  public String lane = "";

  private @Nullable BenchSubject booted;

  /** Counts events, which JMH then divides the time by. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Events {
    /** How many hooks were fired. */
    public long events;
  }

  /** Boots the lane's kernel. */
  @Setup(Level.Trial)
  public void boot() throws Exception {
    Workload found = (Workload) Catalog.load().find(workload).orElseThrow();
    BenchSubject made = BenchSubject.boot(found, lane, new ObjectStore(Toolchain.locate()));
    booted = made;
    long start = System.nanoTime();
    while (!made.subject().compiled()) {
      made.subject().run(1);
      if (System.nanoTime() - start > COMPILE_LIMIT) {
        throw new IllegalStateException(lane + " is not compiled after two minutes");
      }
    }
  }

  /** Closes it. */
  @TearDown(Level.Trial)
  public void close() {
    Objects.requireNonNull(booted).close();
  }

  /** One pass over the events. */
  @Benchmark
  public void pass(Events counter) {
    Subject subject = Objects.requireNonNull(booted).subject();
    subject.run(1);
    counter.events += subject.eventsPerPass();
  }
}
