package ringside.experiments.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import ringside.experiments.build.BuiltObject;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Workload;
import ringside.experiments.lane.LoadRefused;
import ringside.experiments.lane.PacketLane;
import ringside.experiments.lane.SyscallLane;
import ringside.experiments.lane.SyscallLanes;
import ringside.experiments.measure.Measured;
import ringside.experiments.measure.Stopwatch;
import ringside.kernel.KernelConfig;
import ringside.reports.model.Expectation;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Timing;
import ringside.reports.model.WorkloadResult;

/** Runs a system call workload: Ring 3 programs in every lane, then timed replays. */
final class SyscallRun {
  private final Workload workload;
  private final RunRequest request;
  private final ObjectStore objects;
  private final KernelConfig machine;

  SyscallRun(Workload workload, RunRequest request, ObjectStore objects, KernelConfig machine) {
    this.workload = workload;
    this.request = request;
    this.objects = objects;
    this.machine = machine;
  }

  WorkloadOutcome run() throws LoadRefused {
    SyscallLanes all = new SyscallLanes(workload, objects, machine);
    List<BuiltObject> programs = all.programs();
    List<SyscallLane> lanes = all.boot();
    try {
      Agreement agreement = new Agreement();
      List<LaneResult> results = new ArrayList<>();
      List<String> first = List.of();
      for (SyscallLane lane : lanes) {
        List<String> calls = flatten(lane.run(programs, request.seed()));
        LaneResult result = result(lane, calls);
        if (results.isEmpty()) {
          first = calls;
        } else {
          LaneResult reference = results.getFirst();
          agreement.verdicts(reference.title(), first, result.title(), calls);
          agreement.counters(
              reference.title(), reference.counters(), result.title(), result.counters());
        }
        results.add(result);
      }
      long counted =
          results.getFirst().counters().entrySet().stream()
              .filter(e -> e.getKey().endsWith(": calls"))
              .mapToLong(Map.Entry::getValue)
              .sum();
      if (counted != first.size()) {
        agreement.counters(
            "the kernel",
            Map.of("all calls", (long) first.size()),
            results.getFirst().title(),
            Map.of("all calls", counted));
      }
      List<Timing> timings = List.of();
      if (request.timing()) {
        List<Measured> measured =
            new Stopwatch(request.measuring())
                .measure(lanes.stream().map(SyscallLane::timed).toList());
        timings = Timings.of(workload.name(), results, measured);
      }
      List<String> differences = agreement.differences();
      return new WorkloadOutcome(
          new WorkloadResult(
              workload.name(),
              workload.title(),
              workload.description(),
              "system calls of Ring 3 programs, as many rounds each as the seed says",
              first.size(),
              results,
              differences,
              workload.notes(),
              workload.sources()),
          timings,
          List.of(
              new Expectation(
                  workload.name(),
                  "every lane counts every system call of every process alike",
                  differences.isEmpty() && !first.isEmpty(),
                  differences.isEmpty()
                      ? "no difference over " + first.size() + " events"
                      : differences.getFirst())));
    } finally {
      lanes.forEach(SyscallLane::close);
    }
  }

  /** Process by process, so that the order in which they ran does not matter. */
  private static List<String> flatten(Map<String, List<String>> calls) {
    return calls.entrySet().stream()
        .flatMap(e -> e.getValue().stream().map(call -> e.getKey() + " calls " + call))
        .toList();
  }

  private LaneResult result(SyscallLane lane, List<String> calls) {
    PacketLane.Identity identity = lane.identity();
    return new LaneResult(
        identity.id(),
        identity.mechanism(),
        identity.title(),
        identity.hook(),
        identity.baseline(),
        identity.artifact(),
        Map.of("seen", (long) calls.size()),
        Verdicts.digest(calls),
        lane.counters());
  }
}
