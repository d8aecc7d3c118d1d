package ringside.ebpf.batch;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import ringside.ebpf.host.HostKernel;
import ringside.ebpf.host.HostMap;
import ringside.ebpf.host.HostProgram;
import ringside.ebpf.host.HostUnavailable;
import ringside.ebpf.host.HostVerdict;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapType;
import ringside.ebpf.syscall.LoadResult;

/**
 * Answers requests from the real kernel under this process, in the form in which {@link
 * BatchSession} answers them.
 *
 * <p>Of each request, programs and maps are gone when it is answered.
 */
public final class HostBatch extends BatchAnswers {
  private static final int ENOSPC = 28;

  private final HostKernel kernel;

  /**
   * Opens a session.
   *
   * @throws HostUnavailable where bpf(2) is not to be had or not allowed
   */
  public HostBatch() throws HostUnavailable {
    this.kernel = HostKernel.open();
  }

  @Override
  void execute(JsonObject request, JsonObject answer) throws RequestException {
    byte[] code = code(request);
    if (code.length == 0 || code.length % Insn.BYTES != 0) {
      throw new RequestException("program length is not a positive multiple of 8");
    }
    ProgramType type = ProgramType.byLabel(string(request, "type", "xdp"));
    if (type == null) {
      throw new RequestException("unknown program type");
    }
    if (!string(request, "caps", "root").equals("root")) {
      throw new RequestException("caps must be root on the host");
    }
    answer.addProperty("type", type.label());
    answer.addProperty("insns", code.length / Insn.BYTES);
    try {
      List<HostMap> maps = new ArrayList<>();
      createMaps(request, maps, answer);
      int attach = (int) number(request, "attach_type", 0);
      HostVerdict verdict =
          kernel.load(
              new HostKernel.Load(
                  "batch",
                  type,
                  attach == 0 ? null : AttachType.byId(attach),
                  Insn.decodeAll(code),
                  maps,
                  string(request, "license", "GPL"),
                  logLevel(request),
                  (int) number(request, "flags", 0),
                  null));
      report(verdict, request, answer);
      HostProgram program = verdict.program();
      if (program != null && string(request, "cmd", "load").equals("run")) {
        run(program, type, request, answer);
      }
      if (number(request, "dump_maps", 0) != 0) {
        JsonArray all = new JsonArray();
        maps.forEach(map -> all.add(dump(map)));
        answer.add("maps", all);
      }
    } finally {
      kernel.release();
    }
  }

  private static void report(HostVerdict verdict, JsonObject request, JsonObject answer) {
    answer.addProperty("verdict", verdict.accepted() ? "accept" : "reject");
    answer.addProperty("errno", verdict.errno());
    // One reading of "the log's last line" for both sides.
    answer.addProperty(
        "log_last_line", new LoadResult(null, verdict.errno(), verdict.log(), 0, 0).lastLine());
    answer.addProperty("insns_processed", verdict.insnsProcessed());
    answer.addProperty("verify_ns", verdict.verifyNanos());
    if (number(request, "log", 0) != 0 || number(request, "log_level", 0) != 0) {
      answer.addProperty("log", verdict.log());
    }
  }

  private static void run(
      HostProgram program, ProgramType type, JsonObject request, JsonObject answer)
      throws RequestException {
    boolean packet = type != ProgramType.RAW_TRACEPOINT && type != ProgramType.SYSCALL;
    byte[] data =
        request.has("data")
            ? hex(string(request, "data", ""), "bad data hex")
            : new byte[packet ? 64 : 0];
    byte[] context = hex(string(request, "ctx", ""), "bad ctx hex");
    HostProgram.Run run =
        program.testRun(data, context, packet ? (int) number(request, "repeat", 1) : 0);
    answer.addProperty("run_errno", run.errno());
    if (run.errno() == 0 || run.errno() == ENOSPC) {
      answer.addProperty("retval", Integer.toUnsignedLong(run.retval()));
      answer.addProperty("ns_per_run", run.nanos());
      answer.addProperty("data_out_len", run.data().length);
      answer.addProperty("data_out", HexFormat.of().formatHex(run.data()));
      if (context.length != 0) {
        answer.addProperty("ctx_out", HexFormat.of().formatHex(run.context()));
      }
    }
  }

  private void createMaps(JsonObject request, List<HostMap> maps, JsonObject answer)
      throws RequestException {
    if (!request.has("maps")) {
      return;
    }
    for (JsonElement element : request.getAsJsonArray("maps")) {
      if (maps.size() == MAX_MAPS) {
        break;
      }
      JsonObject map = element.getAsJsonObject();
      MapType type = map.has("type") ? MapType.byLabel(map.get("type").getAsString()) : null;
      if (type == null) {
        throw new RequestException("bad map");
      }
      int inner = (int) number(map, "inner", -1);
      HostMap created =
          kernel.createMap(
              type.id(),
              (int) number(map, "key", 4),
              (int) number(map, "value", 8),
              (int) number(map, "entries", 1),
              (int) number(map, "flags", 0),
              inner >= 0 && inner < maps.size() ? maps.get(inner) : null);
      if (created.fd() < 0) {
        answer.addProperty("map_errno", -created.fd());
        answer.addProperty("map_index", maps.size());
        throw new RequestException("map create failed");
      }
      maps.add(created);
      if (map.has("init")) {
        fill(created, map, maps.size() - 1, answer);
      }
    }
  }

  private static void fill(HostMap map, JsonObject request, int index, JsonObject answer)
      throws RequestException {
    int valueSize = (int) number(request, "value", 8);
    for (JsonElement entry : request.getAsJsonArray("init")) {
      JsonArray pair = entry.getAsJsonArray();
      if (pair.size() < 2) {
        throw new RequestException("bad map init");
      }
      byte[] key = hex(pair.get(0).getAsString(), "bad map init");
      byte[] value = hex(pair.get(1).getAsString(), "bad map init");
      byte[] whole = new byte[map.valueBytes()];
      // Of a per-CPU map, each CPU gets the value.
      for (int at = 0; at < whole.length; at += Math.max(8, valueSize + 7 & -8)) {
        int length = Math.min(Math.min(value.length, valueSize), whole.length - at);
        System.arraycopy(value, 0, whole, at, length);
      }
      int error = key.length == (int) number(request, "key", 4) ? map.update(key, whole, 0) : 22;
      if (error != 0) {
        answer.addProperty("map_errno", error);
        answer.addProperty("map_index", index);
        throw new RequestException("map init failed");
      }
    }
  }

  private static JsonArray dump(HostMap map) {
    JsonArray entries = new JsonArray();
    for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
      byte[] value = map.lookup(key);
      if (value != null) {
        JsonArray pair = new JsonArray();
        pair.add(HexFormat.of().formatHex(key));
        pair.add(HexFormat.of().formatHex(value));
        entries.add(pair);
      }
    }
    return entries;
  }

  @Override
  public void close() {
    kernel.close();
  }
}
