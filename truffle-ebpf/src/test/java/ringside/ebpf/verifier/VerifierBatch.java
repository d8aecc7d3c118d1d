package ringside.ebpf.verifier;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/**
 * Reads programs as JSON lines and answers with this verifier's verdicts, in the form that the
 * referee tool for the real kernel uses, so that both can be compared line by line.
 */
final class VerifierBatch {
  private VerifierBatch() {}

  public static void main(String[] args) throws IOException {
    int cpus = args.length > 0 ? Integer.parseInt(args[0]) : 1;
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (!line.isBlank()) {
        out.println(answer(JsonParser.parseString(line).getAsJsonObject(), cpus));
      }
    }
    out.flush();
  }

  static JsonObject answer(JsonObject request, int cpus) {
    List<Insn> insns = Insn.decodeAll(HexFormat.of().parseHex(request.get("hex").getAsString()));
    ProgramType type =
        Objects.requireNonNull(
            ProgramType.byLabel(request.has("type") ? request.get("type").getAsString() : "xdp"));
    int level = integer(request, "log_level", integer(request, "log", 0)) | 4;
    String caps = request.has("caps") ? request.get("caps").getAsString() : "root";
    VerifierInput.Capabilities capabilities =
        caps.equals("bpf_only")
            ? new VerifierInput.Capabilities(true, false, false, false)
            : VerifierInput.Capabilities.ROOT;
    long start = System.nanoTime();
    long cpuStart = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    JsonObject answer = new JsonObject();
    answer.add("id", request.get("id"));
    VerifierResult result;
    try {
      result =
          Lab.verify(
              type,
              AttachType.byId(integer(request, "attach_type", 0)),
              insns,
              maps(request),
              level,
              integer(request, "flags", 0),
              capabilities,
              request.has("license") ? request.get("license").getAsString() : "GPL",
              cpus);
    } catch (RuntimeException | StackOverflowError e) {
      answer.addProperty("verdict", "crash");
      answer.addProperty("log_last_line", e.toString() + " " + e.getStackTrace()[0]);
      return answer;
    }
    answer.addProperty("verdict", result.ok() ? "accept" : "reject");
    answer.addProperty("errno", result.errno());
    answer.addProperty("log_last_line", lastLine(result.log()));
    answer.addProperty("insns_processed", result.insnsProcessed());
    int at = result.log().lastIndexOf("processed ");
    if (at >= 0) {
      String tail = result.log().substring(at);
      answer.addProperty("total_states", figure(tail, "total_states "));
      answer.addProperty("peak_states", figure(tail, "peak_states "));
    }
    answer.addProperty("verify_ns", System.nanoTime() - start);
    answer.addProperty(
        "cpu_ns", ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpuStart);
    if (request.has("log") || request.has("log_level")) {
      answer.addProperty("log", result.log());
    }
    return answer;
  }

  private static int figure(String text, String name) {
    String tail = text.substring(text.indexOf(name) + name.length());
    return Integer.parseInt(tail.split("[ \n]", 2)[0]);
  }

  private static int integer(JsonObject o, String name, int otherwise) {
    JsonElement e = o.get(name);
    return e == null ? otherwise : e.getAsInt();
  }

  private static List<MapDescriptor> maps(JsonObject request) {
    List<MapDescriptor> maps = new ArrayList<>();
    JsonArray array = request.has("maps") ? request.getAsJsonArray("maps") : new JsonArray();
    for (JsonElement e : array) {
      JsonObject m = e.getAsJsonObject();
      MapType type = Objects.requireNonNull(MapType.byLabel(m.get("type").getAsString()));
      int inner = integer(m, "inner", -1);
      maps.add(
          MapDescriptor.of(
                  type, integer(m, "key", 4), integer(m, "value", 8), integer(m, "entries", 1))
              .withId(maps.size())
              .withName("kbpf")
              .withFlags(integer(m, "flags", 0))
              .withInner(inner >= 0 ? maps.get(inner) : null));
    }
    return maps;
  }

  /** The complaint: the last line before the statistics. */
  static String lastLine(String log) {
    int end = log.lastIndexOf("verification time ");
    String head = (end < 0 ? log : log.substring(0, end)).stripTrailing();
    return head.substring(head.lastIndexOf('\n') + 1);
  }
}
