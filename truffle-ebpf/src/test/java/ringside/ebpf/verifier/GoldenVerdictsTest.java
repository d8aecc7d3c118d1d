package ringside.ebpf.verifier;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Programs of our generator with what Linux 6.18 (x86-64, two CPUs) answered when it loaded them,
 * as root and, in the last part, with CAP_BPF only: verdict, errno, the line that says why, and the
 * figures of the statistics.
 */
class GoldenVerdictsTest {
  private static final int CPUS = 2;

  /** The golden answers stand in several files, to keep each small. */
  private static final int PARTS = 5;

  @TestFactory
  List<DynamicTest> answersAsLinuxDid() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (int part = 1; part <= PARTS; part++) {
      String name = "golden-" + part + ".jsonl";
      try (InputStream in = GoldenVerdictsTest.class.getResourceAsStream(name)) {
        assertNotNull(in, name + " is missing");
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          JsonObject golden = JsonParser.parseString(line).getAsJsonObject();
          tests.add(dynamicTest("seed " + golden.get("seed"), () -> check(golden)));
        }
      }
    }
    return tests;
  }

  private static void check(JsonObject golden) {
    JsonObject request = golden.deepCopy();
    request.add("maps", JsonParser.parseString(ProgramGenerator.MAPS));
    request.addProperty("log_level", 1);
    JsonObject answer = VerifierBatch.answer(request, CPUS);
    String line = answer.get("log_last_line").getAsString();
    assertAll(
        () -> assertEquals(golden.get("verdict"), answer.get("verdict"), line),
        () -> assertEquals(golden.get("errno"), answer.get("errno")),
        () -> {
          if (answer.get("verdict").getAsString().equals("reject")) {
            assertEquals(golden.get("line").getAsString(), line);
          }
        },
        () -> assertEquals(golden.get("insns_processed"), answer.get("insns_processed")),
        () -> assertEquals(golden.get("total_states"), answer.get("total_states")),
        () -> assertEquals(golden.get("peak_states"), answer.get("peak_states")));
  }
}
