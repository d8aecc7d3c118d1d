package ringside.experiments.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import ringside.ebpf.host.HostKernel;
import ringside.ebpf.host.HostProgram;
import ringside.ebpf.host.HostUnavailable;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.object.ObjectReader;
import ringside.experiments.build.BuiltObject;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Workload;
import ringside.experiments.lane.HostObject;
import ringside.experiments.lane.LoadRefused;
import ringside.experiments.lane.PacketLanes;
import ringside.experiments.run.Packets;
import ringside.toolchain.Target;

/**
 * A packet workload's eBPF program on the real kernel's JIT, timed by the kernel's test run.
 *
 * <p>The kernel measures whole nanoseconds a run, without what comes before and behind the program;
 * a lane of ours includes its hook. Nothing is attached.
 */
final class HostLane implements AutoCloseable {
  /** Runs a packet and sample: enough that the kernel's clock does not matter. */
  private static final int REPEAT = 20_000;

  private final HostKernel kernel;
  private final HostProgram program;
  private final List<byte[]> frames;

  /**
   * Loads the program.
   *
   * @throws HostUnavailable where bpf(2) is not to be had or not allowed
   * @throws LoadRefused where the real kernel refuses the program
   */
  HostLane(Workload workload, ObjectStore objects)
      throws HostUnavailable, LoadRefused, IOException {
    BuiltObject built =
        objects.object(workload.files(), workload.files().named(".bpf.c"), Target.BPF);
    BpfObject object = ObjectReader.parse(built.file(), built.bytes());
    ProgramDefinition definition = object.programs().getFirst();
    this.frames =
        PacketLanes.timed(Packets.ipv4(Packets.bundled().frames())).stream()
            .filter(frame -> frame.length >= PacketLanes.LEAST_TEST_RUN)
            .toList();
    this.kernel = HostKernel.open();
    HostProgram loaded = null;
    try {
      HostObject host = new HostObject(kernel, object);
      host.map("filter_table").update(new byte[4], PacketLanes.encoded(workload), 0);
      var verdict = host.load(definition, 1);
      loaded = verdict.program();
      if (loaded == null) {
        throw new LoadRefused("the real kernel refuses " + definition.name(), verdict.log());
      }
    } finally {
      if (loaded == null) {
        kernel.close();
      }
    }
    this.program = loaded;
  }

  /** Nanoseconds an event, a sample an iteration; one more goes before and does not count. */
  List<Double> samples(int iterations) {
    List<Double> samples = new ArrayList<>();
    for (int i = -1; i < iterations; i++) {
      long nanos = 0;
      for (byte[] frame : frames) {
        HostProgram.Run run = program.testRun(frame, new byte[0], REPEAT);
        if (run.errno() != 0) {
          throw new IllegalStateException("the real kernel's test run failed: " + run.errno());
        }
        nanos += run.nanos();
      }
      if (i >= 0) {
        samples.add((double) nanos / frames.size());
      }
    }
    return samples;
  }

  @Override
  public void close() {
    kernel.close();
  }

  /** Whether the kernel can time a workload: its test run repeats packets only. */
  static boolean times(Workload workload) {
    return workload.kind() == Workload.Kind.PACKETS;
  }
}
