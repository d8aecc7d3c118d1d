package ringside.ebpf.syscall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import ringside.ebpf.batch.BatchSession;

/** {@code BPF_PROG_TEST_RUN} answers what Linux 6.18 answered to the same programs and inputs. */
class TestRunGoldenTest {
  @Test
  void answersAsLinuxDoesForEveryTypeThatItTestRuns() throws IOException {
    List<String> differences = new ArrayList<>();
    Set<String> types = new TreeSet<>();
    int rows = 0;
    try (BatchSession session = new BatchSession(Map.of());
        BufferedReader in = golden()) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        JsonObject row = JsonParser.parseString(line).getAsJsonObject();
        JsonObject request = row.getAsJsonObject("request");
        JsonObject expected = row.getAsJsonObject("answer");
        request.addProperty("engine", "interpreter");
        JsonObject answer =
            JsonParser.parseString(session.answer(request.toString())).getAsJsonObject();
        for (String key : expected.keySet()) {
          if (!expected.get(key).equals(answer.get(key))) {
            differences.add(
                request.get("id").getAsString()
                    + " "
                    + key
                    + ": Linux "
                    + expected.get(key)
                    + ", here "
                    + answer.get(key));
          }
        }
        types.add(request.get("type").getAsString());
        rows++;
      }
    }
    assertTrue(rows > 700, rows + " rows");
    assertTrue(
        types.containsAll(
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
        types.toString());
    assertEquals(List.of(), differences.stream().limit(10).toList());
  }

  private static BufferedReader golden() throws IOException {
    return new BufferedReader(
        new InputStreamReader(
            new GZIPInputStream(
                Objects.requireNonNull(
                    TestRunGoldenTest.class.getResourceAsStream("test-runs.jsonl.gz"))),
            StandardCharsets.UTF_8));
  }
}
