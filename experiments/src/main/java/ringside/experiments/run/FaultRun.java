package ringside.experiments.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Fault;
import ringside.experiments.catalog.FaultLane;
import ringside.experiments.lane.FaultTrial;
import ringside.experiments.lane.FaultTrial.End;
import ringside.experiments.lane.FaultTrial.Seen;
import ringside.kernel.KernelConfig;
import ringside.kernel.mm.Oracle;
import ringside.reports.model.Evidence;
import ringside.reports.model.Expectation;
import ringside.reports.model.FaultResult;
import ringside.reports.model.Outcome;
import ringside.reports.model.TrialResult;

/** Runs a fault in each of its lanes and gives what was seen its name. */
final class FaultRun {
  private final Fault fault;
  private final ObjectStore objects;
  private final KernelConfig machine;

  FaultRun(Fault fault, ObjectStore objects, KernelConfig machine) {
    this.fault = fault;
    this.objects = objects;
    this.machine = machine;
  }

  /** A fault's result and which expectations it met. */
  record FaultOutcome(FaultResult result, List<Expectation> expectations) {}

  FaultOutcome run() {
    List<TrialResult> trials = new ArrayList<>();
    List<Expectation> expectations = new ArrayList<>();
    for (Map.Entry<FaultLane, Outcome> expected : fault.expected().entrySet()) {
      FaultLane lane = expected.getKey();
      Seen seen = new FaultTrial(fault, lane, objects, machine).run();
      TrialResult trial = judge(lane, seen);
      trials.add(trial);
      expectations.add(
          new Expectation(
              fault.name(),
              "%s: the outcome is %s".formatted(lane.title(), expected.getValue()),
              trial.outcome() == expected.getValue(),
              trial.outcome() + ": " + trial.reason()));
    }
    return new FaultOutcome(
        new FaultResult(
            fault.name(),
            fault.title(),
            fault.description(),
            fault.lesson(),
            trials,
            fault.sources()),
        expectations);
  }

  private TrialResult judge(FaultLane lane, Seen seen) {
    Outcome outcome = outcome(seen);
    return new TrialResult(
        lane.id(),
        lane.title(),
        outcome,
        reason(seen, outcome),
        linuxReports(seen, outcome),
        really(seen, outcome),
        evidence(lane, seen));
  }

  /** The worst of what was seen, except that what Linux stopped or reported is called that. */
  static Outcome outcome(Seen seen) {
    return switch (seen.end()) {
      case REFUSED -> Outcome.REJECTED;
      case PANICKED -> Outcome.PANIC;
      case HUNG -> Outcome.HANG;
      case KILLED -> Outcome.OOPS;
      case RAN -> {
        if (find(seen.dmesg(), "Oops [#").isPresent()) {
          yield Outcome.OOPS;
        }
        if (seen.leaked()) {
          yield Outcome.INFO_LEAK;
        }
        if (seen.overwritten() || !writes(seen).isEmpty()) {
          yield find(seen.dmesg(), "WARNING:").isPresent()
              ? Outcome.WARNED
              : Outcome.SILENT_CORRUPTION;
        }
        yield find(seen.dmesg(), "WARNING:").isPresent() ? Outcome.WARNED : Outcome.NO_EFFECT;
      }
    };
  }

  private static List<Oracle.Violation> writes(Seen seen) {
    return seen.violations().stream()
        .filter(v ->
            switch (v.kind()) {
              case OUT_OF_BOUNDS_WRITE, USE_AFTER_FREE_WRITE, INVARIANT_WRITE -> true;
              case OUT_OF_BOUNDS_READ, USE_AFTER_FREE_READ, UNINITIALISED_READ -> false;
            })
        .toList();
  }

  private static String reason(Seen seen, Outcome outcome) {
    return switch (outcome) {
      case REJECTED ->
          find(seen.log().lines().toList(), "infinite loop detected")
              .orElse(String.valueOf(seen.refusal()));
      case OOPS -> find(seen.dmesg(), "Unable to handle").map(FaultRun::text).orElse("oops");
      case PANIC -> find(seen.dmesg(), "Kernel panic").map(FaultRun::text).orElse("panic");
      case HANG ->
          find(seen.dmesg(), "soft lockup")
              .map(FaultRun::text)
              .orElse("the CPU was never given up again");
      case INFO_LEAK -> "the key is in what the user got";
      case SILENT_CORRUPTION ->
          seen.overwritten()
              ? "the neighbour's memory changed, the log says nothing"
              : "the oracle saw a wrong store, the log says nothing";
      case WARNED -> find(seen.dmesg(), "WARNING:").map(FaultRun::text).orElse("warning");
      case NO_EFFECT -> "it ran through and nothing was harmed";
      case CONTAINED, WRONG_RESULT, PRIVILEGE_ESCALATION -> "";
    };
  }

  private static String linuxReports(Seen seen, Outcome outcome) {
    return switch (outcome) {
      case REJECTED ->
          seen.log().isEmpty() || seen.end() != End.REFUSED
              ? String.valueOf(seen.refusal())
              : "loading fails, with the verifier's log";
      case OOPS -> "an oops in the log: " + reason(seen, outcome);
      case PANIC, HANG, WARNED -> reason(seen, outcome);
      default -> "nothing";
    };
  }

  private static String really(Seen seen, Outcome outcome) {
    String base =
        switch (outcome) {
          case REJECTED -> "It never ran; the kernel is as it was.";
          case OOPS ->
              "The task was killed in the middle of its system call; the kernel lives on, tainted.";
          case PANIC -> "The kernel stopped.";
          case HANG -> "The CPU stays in the loop for ever; no task runs again.";
          case INFO_LEAK ->
              "Eight bytes of the key, and more, are in the output: " + seen.output().strip();
          case SILENT_CORRUPTION -> "Memory that belongs to somebody else was changed.";
          case WARNED -> "It ran on after the warning.";
          case NO_EFFECT -> "It ran through.";
          case CONTAINED, WRONG_RESULT, PRIVILEGE_ESCALATION -> "";
        };
    return seen.violations().isEmpty() ? base : base + " " + oracle(seen.violations().getFirst());
  }

  private static String oracle(Oracle.Violation violation) {
    return "The oracle: %s of %d bytes at 0x%016x by %s, %s."
        .formatted(
            violation.kind(),
            violation.size(),
            violation.address(),
            violation.extension(),
            violation.object());
  }

  private List<Evidence> evidence(FaultLane lane, Seen seen) {
    List<Evidence> evidence = new ArrayList<>();
    String explanation = fault.explanations().getOrDefault(lane, "");
    if (!seen.log().isEmpty() && isEbpf(lane)) {
      evidence.add(
          lines(
              Evidence.Kind.VERIFIER_LOG,
              "Verifier log",
              explanation,
              seen.log().lines().toList(),
              FaultRun::tells));
    }
    if (!seen.dmesg().isEmpty() && !(isEbpf(lane) && seen.end() == End.REFUSED)) {
      evidence.add(
          lines(
              Evidence.Kind.DMESG,
              "dmesg",
              isEbpf(lane) && !seen.log().isEmpty() ? "" : explanation,
              seen.dmesg(),
              FaultRun::tells));
    }
    if (!seen.violations().isEmpty()) {
      evidence.add(
          lines(
              Evidence.Kind.ORACLE,
              "What the oracle saw",
              "",
              seen.violations().stream().map(FaultRun::oracle).toList(),
              line -> false));
    }
    if (seen.leaked()) {
      evidence.add(
          lines(
              Evidence.Kind.OUTPUT,
              "What the user got, in hex",
              "",
              wrap(seen.output().strip()),
              line -> line.contains(String.valueOf(fault.secret()))));
    }
    return evidence;
  }

  private static boolean isEbpf(FaultLane lane) {
    return switch (lane) {
      case EBPF, EBPF_ROOT, EBPF_FLAWED, EBPF_UNVERIFIED -> true;
      case BUILTIN, MODULE -> false;
    };
  }

  private interface Key {
    boolean isKey(String line);
  }

  private static Evidence lines(
      Evidence.Kind kind, String title, String explanation, List<String> lines, Key key) {
    List<Integer> keys = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      // The complaint stands last, before the statistics.
      boolean last = i == lines.size() - 1 || lines.get(i + 1).startsWith("processed ");
      boolean reasonOfVerifier =
          kind == Evidence.Kind.VERIFIER_LOG
              && last
              && !lines.get(i).startsWith("processed ")
              && !lines.get(i).contains("(95) exit")
              && !lines.get(i).startsWith("old state:");
      if (key.isKey(lines.get(i)) || reasonOfVerifier) {
        keys.add(i);
      }
    }
    return new Evidence(kind, title, explanation, String.join("\n", lines) + "\n", keys);
  }

  /** Lines of a kernel log that a reader should see first. */
  private static boolean tells(String line) {
    return line.contains("Unable to handle")
        || line.contains("Oops [#")
        || line.contains("soft lockup")
        || line.contains("Kernel panic")
        || line.contains("] epc :")
        || line.contains("infinite loop detected");
  }

  private static List<String> wrap(String hex) {
    return hex.codePoints()
        .mapToObj(Character::toString)
        .collect(Collectors.joining())
        .replaceAll("(.{32})", "$1\n")
        .lines()
        .toList();
  }

  private static Optional<String> find(List<String> lines, String part) {
    return lines.stream().filter(line -> line.contains(part)).findFirst();
  }

  /** A log line without its timestamp. */
  private static String text(String line) {
    return line.replaceFirst("^\\[ *[0-9.]+] ", "");
  }
}
