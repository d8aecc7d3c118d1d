package ringside.ebpf.syscall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import ringside.ebpf.batch.BatchSession;
import ringside.ebpf.isa.Insn;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.kernel.layout.StructLayouts;

/** {@code BPF_PROG_TEST_RUN} answers what Linux 6.18 answered to the same programs and inputs. */
class TestRunGoldenTest {
  @Test
  void answersAsLinuxDoesForEveryTypeThatItTestRuns() throws IOException {
    Comparison comparison = Comparison.of("test-runs.jsonl.gz");
    assertTrue(comparison.rows > 700, comparison.rows + " rows");
    assertTrue(
        comparison.types.containsAll(
            Set.of(
                "socket_filter",
                "sched_cls",
                "sched_act",
                "cgroup_skb",
                "lwt_in",
                "lwt_out",
                "lwt_xmit",
                "xdp",
                "flow_dissector",
                "sk_lookup",
                "netfilter",
                "raw_tracepoint",
                "syscall")),
        comparison.types.toString());
    assertEquals(List.of(), comparison.differences.stream().limit(10).toList());
  }

  @Test
  void helpersGiveWhatLinuxsGive() throws IOException {
    Comparison comparison = Comparison.of("helper-runs.jsonl.gz");
    assertTrue(comparison.rows > 400, comparison.rows + " rows");
    assertEquals(List.of(), comparison.differences.stream().limit(10).toList());
  }

  @Test
  void kfuncsGiveWhatLinuxsGive() throws IOException {
    Comparison comparison = Comparison.of("kfunc-runs.jsonl.gz");
    assertTrue(comparison.rows > 350, comparison.rows + " rows");
    assertEquals(List.of(), comparison.differences.stream().limit(10).toList());
  }

  /** Puts the ids that this kernel's BTF has for functions into the calls of a program. */
  private static void resolve(JsonObject request, JsonArray calls) {
    Btf btf = StructLayouts.ofKernel().btf();
    List<Insn> insns =
        new ArrayList<>(Insn.decodeAll(HexFormat.of().parseHex(request.get("hex").getAsString())));
    for (JsonElement call : calls) {
      int slot = call.getAsJsonArray().get(0).getAsInt();
      String name = call.getAsJsonArray().get(1).getAsString();
      int id = btf.find(name, BtfType.Func.class).orElseThrow(() -> new AssertionError(name));
      insns.set(slot, insns.get(slot).withImm(id));
    }
    request.addProperty("hex", HexFormat.of().formatHex(Insn.encodeAll(insns)));
  }

  /** What came of a file of requests and Linux's answers to them. */
  private static final class Comparison {
    final List<String> differences = new ArrayList<>();
    final Set<String> types = new TreeSet<>();
    int rows;

    static Comparison of(String resource) throws IOException {
      Comparison comparison = new Comparison();
      try (BatchSession session = new BatchSession(Map.of());
          BufferedReader in = golden(resource)) {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          comparison.compare(JsonParser.parseString(line).getAsJsonObject(), session);
        }
      }
      return comparison;
    }

    private void compare(JsonObject row, BatchSession session) {
      JsonObject request = row.getAsJsonObject("request");
      JsonObject expected = row.getAsJsonObject("answer");
      request.addProperty("engine", "interpreter");
      if (row.has("kfuncs")) {
        resolve(request, row.getAsJsonArray("kfuncs"));
      }
      JsonObject answer =
          JsonParser.parseString(session.answer(request.toString())).getAsJsonObject();
      for (String key : expected.keySet()) {
        if (!expected.get(key).equals(answer.get(key))) {
          String id = request.get("id").getAsString();
          differences.add(
              id + " " + key + ": Linux " + expected.get(key) + ", here " + answer.get(key));
        }
      }
      types.add(request.get("type").getAsString());
      rows++;
    }
  }

  private static BufferedReader golden(String resource) throws IOException {
    return new BufferedReader(
        new InputStreamReader(
            new GZIPInputStream(
                Objects.requireNonNull(TestRunGoldenTest.class.getResourceAsStream(resource))),
            StandardCharsets.UTF_8));
  }
}
