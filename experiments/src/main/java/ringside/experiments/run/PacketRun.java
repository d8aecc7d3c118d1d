package ringside.experiments.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.FilterRule;
import ringside.experiments.catalog.Workload;
import ringside.experiments.lane.Lab;
import ringside.experiments.lane.LoadRefused;
import ringside.experiments.lane.PacketLane;
import ringside.experiments.lane.PacketLanes;
import ringside.experiments.measure.Measured;
import ringside.experiments.measure.Stopwatch;
import ringside.kernel.KernelConfig;
import ringside.kernel.net.NetDevice;
import ringside.kernel.net.RxResult;
import ringside.reports.model.Expectation;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Timing;
import ringside.reports.model.WorkloadResult;

/** Runs a packet workload: a checked pass over the capture in every lane, then timed passes. */
final class PacketRun {
  private final Workload workload;
  private final RunRequest request;
  private final ObjectStore objects;
  private final KernelConfig machine;

  PacketRun(Workload workload, RunRequest request, ObjectStore objects, KernelConfig machine) {
    this.workload = workload;
    this.request = request;
    this.objects = objects;
    this.machine = machine;
  }

  WorkloadOutcome run() throws LoadRefused {
    Map<RxResult, Integer> refused = new TreeMap<>();
    List<byte[]> frames = deliverable(refused);
    List<PacketLane> lanes =
        new PacketLanes(workload, objects, machine, Packets.ipv4(frames)).boot();
    try {
      List<String> names = workload.rules().stream().map(FilterRule::name).toList();
      Agreement agreement = new Agreement();
      List<LaneResult> results = new ArrayList<>();
      List<String> first = List.of();
      for (PacketLane lane : lanes) {
        List<String> verdicts =
            lane.deliver(frames).stream().map(drop -> drop ? "drop" : "pass").toList();
        LaneResult result = result(lane, verdicts, names);
        if (results.isEmpty()) {
          first = verdicts;
        } else {
          LaneResult reference = results.getFirst();
          agreement.verdicts(reference.title(), first, result.title(), verdicts);
          agreement.counters(
              reference.title(), reference.counters(), result.title(), result.counters());
        }
        results.add(result);
      }
      List<Timing> timings = List.of();
      if (request.timing() && !frames.isEmpty()) {
        List<Measured> measured =
            new Stopwatch(request.measuring())
                .measure(lanes.stream().map(PacketLane::timed).toList());
        timings = Timings.of(workload.name(), results, measured);
      }
      return new WorkloadOutcome(
          new WorkloadResult(
              workload.name(),
              workload.title(),
              workload.description(),
              "frames of %s, received by eth0".formatted(request.packets().info().name()),
              frames.size(),
              results,
              agreement.differences(),
              notes(refused),
              workload.sources()),
          timings,
          expectations(frames.size(), agreement.differences()));
    } finally {
      lanes.forEach(PacketLane::close);
    }
  }

  private LaneResult result(PacketLane lane, List<String> verdicts, List<String> names) {
    PacketLane.Identity identity = lane.identity();
    return new LaneResult(
        identity.id(),
        identity.mechanism(),
        identity.title(),
        identity.hook(),
        identity.baseline(),
        identity.artifact(),
        Verdicts.counts(verdicts, "pass", "drop"),
        Verdicts.digest(verdicts),
        lane.counters(names));
  }

  private List<Expectation> expectations(int events, List<String> differences) {
    return List.of(
        new Expectation(
            workload.name(),
            "the capture holds a frame that every hook sees",
            events > 0,
            events + " frames"),
        new Expectation(
            workload.name(),
            "every lane gives every packet the same verdict and has the same counters",
            differences.isEmpty(),
            differences.isEmpty()
                ? "no difference over " + events + " events"
                : differences.getFirst()));
  }

  /** The frames that an empty kernel takes as far as its last hook. */
  private List<byte[]> deliverable(Map<RxResult, Integer> refused) {
    List<byte[]> frames = new ArrayList<>();
    try (Lab lab = Lab.boot(machine)) {
      NetDevice device = lab.kernel().net().device("eth0");
      lab.inGuest(() -> {
        for (byte[] frame : request.packets().frames()) {
          RxResult result = lab.kernel().net().receive(device, frame);
          if (result == RxResult.DELIVERED || result == RxResult.NO_HANDLER) {
            frames.add(frame);
          } else {
            refused.merge(result, 1, Integer::sum);
          }
        }
        return 0;
      });
    }
    return frames;
  }

  private List<String> notes(Map<RxResult, Integer> refused) {
    List<String> notes = new ArrayList<>(workload.notes());
    if (request.packets().padded() > 0) {
      notes.add(
          "Of this capture, %d frames were cut and padded.".formatted(request.packets().padded()));
    }
    if (!refused.isEmpty()) {
      notes.add(
          "Of this capture, frames left out: "
              + refused.entrySet().stream()
                  .map(e -> e.getValue() + " " + e.getKey())
                  .collect(Collectors.joining(", "))
              + ".");
    }
    return notes;
  }
}
