package ringside.experiments.bench;

import java.io.IOException;
import java.util.List;
import org.graalvm.polyglot.Engine;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Workload;
import ringside.experiments.lane.Lab;
import ringside.experiments.lane.LoadRefused;
import ringside.experiments.lane.PacketLane;
import ringside.experiments.lane.PacketLanes;
import ringside.experiments.lane.SyscallLane;
import ringside.experiments.lane.SyscallLanes;
import ringside.experiments.measure.Subject;
import ringside.experiments.run.Packets;
import ringside.kernel.KernelConfig;

/** One workload in one lane, booted and ready to be run over its events. */
final class BenchSubject implements AutoCloseable {
  private static final long SEED = 1;

  private final Engine engine;
  private final Runnable closeLane;
  private final Subject subject;

  private BenchSubject(Engine engine, Runnable closeLane, Subject subject) {
    this.engine = engine;
    this.closeLane = closeLane;
    this.subject = subject;
  }

  /** The lanes of a workload. */
  static List<String> lanes(Workload workload) {
    return switch (workload.kind()) {
      case PACKETS -> PacketLanes.IDS;
      case SYSCALLS -> SyscallLanes.IDS;
    };
  }

  /** Boots a lane; system calls are recorded first. */
  static BenchSubject boot(Workload workload, String lane, ObjectStore objects)
      throws LoadRefused, IOException {
    Engine engine = Lab.engine();
    KernelConfig machine = Lab.machine(engine, SEED);
    return switch (workload.kind()) {
      case PACKETS -> {
        List<byte[]> frames = Packets.ipv4(Packets.bundled().frames());
        PacketLane booted = new PacketLanes(workload, objects, machine, frames).boot(lane);
        yield new BenchSubject(engine, booted::close, booted.timed());
      }
      case SYSCALLS -> {
        SyscallLanes lanes = new SyscallLanes(workload, objects, machine);
        SyscallLane booted = lanes.boot(lane);
        booted.run(lanes.programs(), SEED);
        yield new BenchSubject(engine, booted::close, booted.timed());
      }
    };
  }

  Subject subject() {
    return subject;
  }

  @Override
  public void close() {
    closeLane.run();
    engine.close();
  }
}
