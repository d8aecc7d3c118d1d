package ringside.ebpf.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.isa.Insn;

class BatchSessionTest {
  private final BatchSession session = new BatchSession(Map.of());

  @AfterEach
  void close() {
    session.close();
  }

  @Test
  void runsAProgramOnAPacket() {
    JsonObject answer =
        ask(
            "r0 = *(u32 *)(r1 +4)\nr1 = *(u32 *)(r1 +0)\nr0 -= r1\nexit",
            "run",
            "00".repeat(20),
            "");
    assertEquals("accept", answer.get("verdict").getAsString());
    assertEquals(20, answer.get("retval").getAsInt());
    assertEquals("00".repeat(20), answer.get("data_out").getAsString());
  }

  @Test
  void answersARejectionWithTheVerifiersComplaint() {
    JsonObject answer = ask("r0 = *(u32 *)(r1 +100)\nexit", "load", "", "");
    assertEquals("reject", answer.get("verdict").getAsString());
    assertEquals(13, answer.get("errno").getAsInt());
    assertEquals(
        "invalid bpf_context access off=100 size=4", answer.get("log_last_line").getAsString());
  }

  @Test
  void showsWhatAProgramDidToItsMaps() {
    JsonObject answer =
        ask(
            """
            *(u32 *)(r10 -4) = 7
            *(u64 *)(r10 -16) = 5
            r1 = map_fd(0)
            r2 = r10
            r2 += -4
            r3 = r10
            r3 += -16
            r4 = 0
            call bpf_map_update_elem
            exit
            """,
            "run",
            "00".repeat(14),
            ",\"maps\":[{\"type\":\"hash\",\"key\":4,\"value\":8,\"entries\":2}],\"dump_maps\":1");
    assertEquals(
        "[[[\"07000000\",\"0500000000000000\"]]]", answer.getAsJsonArray("maps").toString());
  }

  @Test
  void keepsNothingOfTheRequestBefore() {
    String one = ask("r0 = 1\nexit", "run", "00".repeat(14), "").toString();
    String two = ask("r0 = 1\nexit", "run", "00".repeat(14), "").toString();
    assertEquals(stable(one), stable(two));
  }

  @Test
  void answersNonsenseWithAnError() {
    for (String line :
        new String[] {"", "[]", "{", "{\"hex\":\"xx\"}", "{\"hex\":\"00\"}", "null"}) {
      assertTrue(session.answer(line).contains("\"verdict\":\"error\""), line);
    }
  }

  private static String stable(String answer) {
    return answer.replaceAll("\"(verify_ns|ns_per_run)\":\\d+", "");
  }

  private JsonObject ask(String text, String command, String data, String more) {
    String hex = HexFormat.of().formatHex(Insn.encodeAll(Assembler.assemble(text)));
    String line =
        "{\"id\":1,\"engine\":\"interpreter\",\"type\":\"xdp\",\"cmd\":\"%s\",\"hex\":\"%s\",\"data\":\"%s\"%s}"
            .formatted(command, hex, data, more);
    return JsonParser.parseString(session.answer(line)).getAsJsonObject();
  }
}
