package ringside.ebpf.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import ringside.ebpf.batch.BatchSession;

/**
 * Runs programs of {@link MapProgramGenerator} whose results a real kernel computed.
 *
 * <p>A line of {@code map-programs.jsonl.gz} is a request with Linux 6.18's verdict, result and map
 * contents as {@code expected}.
 */
class MapProgramTest {
  @Test
  void programsGetFromMapsWhatLinuxGivesThem() throws IOException {
    int run = 0;
    try (BatchSession session = new BatchSession(Map.of());
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(
                    new GZIPInputStream(
                        Objects.requireNonNull(
                            MapProgramTest.class.getResourceAsStream(
                                "/ringside/ebpf/map/map-programs.jsonl.gz"))),
                    StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        JsonObject request = JsonParser.parseString(line).getAsJsonObject();
        JsonObject expected = request.remove("expected").getAsJsonObject();
        request.addProperty("engine", "interpreter");
        JsonObject answer =
            JsonParser.parseString(session.answer(request.toString())).getAsJsonObject();
        String what = "program " + request.get("id") + ": " + answer;
        assertEquals(expected.get("verdict"), answer.get("verdict"), what);
        if (expected.get("verdict").getAsString().equals("accept")) {
          assertEquals(expected.get("retval"), answer.get("retval"), what);
          compare(request, expected.getAsJsonArray("maps"), answer.getAsJsonArray("maps"), what);
          run++;
        }
      }
    }
    assertTrue(run > 100, run + " programs ran");
  }

  /** Linux ran on two processors: the second one's values are not ours to compare. */
  private static void compare(
      JsonObject request, JsonArray expected, JsonArray answer, String what) {
    for (int i = 0; i < expected.size(); i++) {
      JsonObject shape = request.getAsJsonArray("maps").get(i).getAsJsonObject();
      MapType type = Objects.requireNonNull(MapType.byId(shape.get("type").getAsInt()));
      JsonArray theirs = expected.get(i).getAsJsonArray();
      JsonArray ours = answer.get(i).getAsJsonArray();
      assertEquals(theirs.size(), ours.size(), what);
      for (int j = 0; j < theirs.size(); j++) {
        String value = theirs.get(j).getAsJsonArray().get(1).getAsString();
        String present = ours.get(j).getAsJsonArray().get(1).getAsString();
        assertEquals(
            theirs.get(j).getAsJsonArray().get(0), ours.get(j).getAsJsonArray().get(0), what);
        assertEquals(type.perCpu() ? value.substring(0, present.length()) : value, present, what);
      }
    }
  }
}
