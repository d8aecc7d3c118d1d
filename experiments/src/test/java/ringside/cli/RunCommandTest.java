package ringside.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.ebpf.verifier.VerifierBug;
import ringside.reports.json.ResultsJson;
import ringside.reports.model.Outcome;
import ringside.reports.model.Results;
import ringside.reports.model.TrialResult;

class RunCommandTest {
  @TempDir private Path directory;

  private record Ran(int code, String out, String err) {}

  @Test
  void lanesAgreeAndFaultsComeOutAsExpected() throws Exception {
    Ran ran = run("run", "--no-timing", "--out", directory.resolve("out").toString());
    assertEquals(0, ran.code(), ran.err() + ran.out());
    Results results = new ResultsJson().read(directory.resolve("out/results.json"));
    assertEquals(6 + VerifierBug.values().length, results.run().experiments().size());
    results.workloads().forEach(w -> assertTrue(w.events() > 100, w.name()));
    results.workloads().forEach(w -> assertEquals(w.differences().size(), 0, w.name()));
    assertTrue(
        results.faults().stream()
            .flatMap(f -> f.trials().stream())
            .filter(t -> t.lane().equals("ebpf"))
            .allMatch(t -> t.outcome() == Outcome.REJECTED));
    List<TrialResult> flawed =
        results.faults().stream()
            .flatMap(f -> f.trials().stream())
            .filter(t -> t.lane().equals("ebpf-flawed"))
            .toList();
    assertEquals(VerifierBug.values().length, flawed.size());
    flawed.forEach(t -> assertEquals(Outcome.SILENT_CORRUPTION, t.outcome(), t.reason()));
    assertTrue(Files.readString(directory.resolve("out/report.html")).contains("</html>"));
  }

  @Test
  void oneSeedGivesTheSameBytes() throws Exception {
    byte[][] results = new byte[2][];
    for (int i = 0; i < 2; i++) {
      Path out = directory.resolve("out" + i);
      assertEquals(
          0,
          run(
                  "run",
                  "packet-filter",
                  "syscall-count",
                  "null-dereference",
                  "--no-timing",
                  "--seed",
                  "42",
                  "--out",
                  out.toString())
              .code());
      results[i] = Files.readAllBytes(out.resolve("results.json"));
    }
    assertArrayEquals(results[0], results[1]);
  }

  @Test
  void anUnknownExperimentNamesItsNeighbourAndAllThatThereAre() {
    Ran ran = run("run", "paket-filter", "--out", directory.toString());
    assertEquals(2, ran.code());
    assertTrue(ran.err().contains("unknown experiment 'paket-filter'"), ran.err());
    assertTrue(ran.err().contains("did you mean packet-filter?"), ran.err());
    assertTrue(ran.err().contains("uninitialised-stack"), ran.err());
  }

  @Test
  void anUnwritableOutIsSaidBeforeTheWork() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "in the way");
    Ran ran = run("run", "null-dereference", "--out", file.toString());
    assertEquals(2, ran.code());
    assertTrue(ran.err().contains("cannot be written"), ran.err());
    assertFalse(ran.err().contains("[1/1]"), "work was begun");
  }

  @Test
  void aCaptureCutInTheMiddleIsAnErrorAndLeavesNoReport() throws Exception {
    byte[] whole;
    try (var in = getClass().getResourceAsStream("/ringside/experiments/loopback.pcap")) {
      whole = in == null ? new byte[0] : in.readAllBytes();
    }
    Path cut = directory.resolve("cut.pcap");
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    Path out = directory.resolve("out");
    Ran ran = run("run", "packet-filter", "--pcap", cut.toString(), "--out", out.toString());
    assertEquals(2, ran.code(), ran.err());
    assertTrue(ran.err().contains("cut.pcap"), ran.err());
    assertFalse(ran.err().contains("\tat "), "a stack trace");
    try (Stream<Path> left = Files.list(out)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aReportOfSomethingElseIsAnErrorWithItsName() throws Exception {
    Path file = Files.writeString(directory.resolve("other.json"), "{\"a\": 1}");
    Ran ran = run("report", file.toString());
    assertEquals(2, ran.code());
    assertTrue(ran.err().contains("not a results file of ringside"), ran.err());
    assertEquals(2, run("report", directory.resolve("none.json").toString()).code());
  }

  @Test
  void aReportIsRenderedAgainAndCompared() throws Exception {
    Path out = directory.resolve("out");
    assertEquals(0, run("run", "null-dereference", "--no-timing", "--out", out.toString()).code());
    Path html = directory.resolve("again.html");
    Ran ran = run("report", out.toString(), "--compare", out.toString(), "--out", html.toString());
    assertEquals(0, ran.code(), ran.err());
    assertTrue(Files.readString(html).contains("both results are identical"));
  }

  private static Ran run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Ringside.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Ran(code, out.toString(), err.toString());
  }
}
