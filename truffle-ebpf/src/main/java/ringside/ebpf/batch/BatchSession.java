package ringside.ebpf.batch;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapException;
import ringside.ebpf.map.MapType;
import ringside.ebpf.map.UserMap;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.ebpf.verifier.VerifierInput;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.core.Errno;
import ringside.kernel.trap.KernelHang;
import ringside.kernel.trap.KernelPanic;
import ringside.kernel.trap.TaskKilled;

/**
 * Answers requests, each in a kernel that keeps nothing of the one before.
 *
 * <p>A request that makes no sense is answered with verdict {@code error}; nothing is thrown.
 */
public final class BatchSession extends BatchAnswers {
  private final Map<String, String> engineOptions;
  private final Map<String, Engine> engines = new HashMap<>();
  private final Map<String, Kernel> kernels = new HashMap<>();
  private final Map<String, Bpf> subsystems = new HashMap<>();

  /**
   * Opens a session.
   *
   * @param engineOptions polyglot engine options for the compiling engine, e.g. {@code
   *     engine.MultiTier}
   */
  public BatchSession(Map<String, String> engineOptions) {
    this.engineOptions = Map.copyOf(engineOptions);
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
    answer.addProperty("type", type.label());
    answer.addProperty("insns", code.length / Insn.BYTES);
    Bpf bpf = subsystem(string(request, "engine", "jit"));
    List<BpfMap> maps = new ArrayList<>();
    LoadedProgram program = null;
    try {
      createMaps(bpf, request, maps, answer);
      int attach = (int) number(request, "attach_type", 0);
      LoadRequest load =
          new LoadRequest(
              "batch",
              type,
              attach == 0 ? null : AttachType.byId(attach),
              Insn.decodeAll(code),
              maps,
              List.of(),
              List.of(),
              string(request, "license", "GPL"),
              capabilities(string(request, "caps", "root")),
              logLevel(request),
              (int) number(request, "flags", 0),
              number(request, "unverified", 0) == 0);
      LoadResult result = bpf.load(load);
      program = result.program();
      report(result, request, answer);
      if (program != null && string(request, "cmd", "load").equals("run")) {
        run(bpf, program, request, answer);
      }
      if (number(request, "dump_maps", 0) != 0) {
        answer.add("maps", dump(maps));
      }
    } finally {
      if (program != null) {
        bpf.unload(program);
      }
      maps.forEach(BpfMap::put);
    }
  }

  private static VerifierInput.Capabilities capabilities(String name) throws RequestException {
    return switch (name) {
      case "root" -> VerifierInput.Capabilities.ROOT;
      case "no_sysadmin" -> new VerifierInput.Capabilities(true, true, true, false);
      case "bpf_only" -> new VerifierInput.Capabilities(true, false, false, false);
      default -> throw new RequestException("caps must be root|no_sysadmin|bpf_only");
    };
  }

  private static void report(LoadResult result, JsonObject request, JsonObject answer) {
    answer.addProperty("verdict", result.accepted() ? "accept" : "reject");
    answer.addProperty("errno", result.errno());
    answer.addProperty("log_last_line", result.lastLine());
    answer.addProperty("insns_processed", result.insnsProcessed());
    answer.addProperty("verify_ns", result.verifyNanos());
    if (number(request, "log", 0) != 0 || number(request, "log_level", 0) != 0) {
      answer.addProperty("log", result.log());
    }
  }

  private static void run(Bpf bpf, LoadedProgram program, JsonObject request, JsonObject answer)
      throws RequestException {
    boolean packet =
        program.type() != ProgramType.RAW_TRACEPOINT && program.type() != ProgramType.SYSCALL;
    byte[] data =
        request.has("data")
            ? hex(string(request, "data", ""), "bad data hex")
            : new byte[packet ? 64 : 0];
    byte[] context = hex(string(request, "ctx", ""), "bad ctx hex");
    int repeat = packet ? (int) number(request, "repeat", 1) : 0;
    try {
      TestRun.Answer run =
          new TestRun(bpf.kernel())
              .run(
                  program,
                  new TestRun.Request(
                      data,
                      context,
                      repeat,
                      (int) number(request, "run_flags", 0),
                      0,
                      0,
                      data.length == 0
                          ? 0
                          : (int) number(request, "data_out_size", data.length + 4096L),
                      context.length));
      answer.addProperty("run_errno", run.errno());
      if (run.errno() == 0 || run.errno() == Errno.ENOSPC) {
        answer.addProperty("retval", Integer.toUnsignedLong(run.retval()));
        answer.addProperty("ns_per_run", run.nanos());
        answer.addProperty("data_out_len", run.dataSize());
        answer.addProperty("data_out", HexFormat.of().formatHex(run.data()));
        if (context.length != 0) {
          boolean none = run.context().length == 0 && program.type() != ProgramType.RAW_TRACEPOINT;
          byte[] out = none ? new byte[context.length] : run.context();
          answer.addProperty("ctx_out", HexFormat.of().formatHex(out));
        }
      }
    } catch (TaskKilled e) {
      answer.addProperty("outcome", "OOPS");
    } catch (KernelPanic e) {
      answer.addProperty("outcome", "PANIC");
    } catch (KernelHang e) {
      answer.addProperty("outcome", "HANG");
    }
  }

  private void createMaps(Bpf bpf, JsonObject request, List<BpfMap> maps, JsonObject answer)
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
      MapDescriptor shape =
          MapDescriptor.of(
                  type,
                  (int) number(map, "key", 4),
                  (int) number(map, "value", 8),
                  (int) number(map, "entries", 1))
              .withName("batch")
              .withFlags((int) number(map, "flags", 0))
              .withMapExtra(number(map, "extra", 0))
              .withInner(inner >= 0 && inner < maps.size() ? maps.get(inner).descriptor() : null);
      BpfMap created;
      try {
        created = bpf.maps().create(shape);
      } catch (MapException e) {
        answer.addProperty("map_errno", e.errno());
        answer.addProperty("map_index", maps.size());
        throw new RequestException("map create failed");
      }
      maps.add(created);
      if (map.has("init")) {
        fill(maps, map.getAsJsonArray("init"), maps.size() - 1, answer);
      }
    }
  }

  /** Where maps hold maps, a value is the inner map's place in the request's list. */
  private static void fill(List<BpfMap> maps, JsonArray entries, int index, JsonObject answer)
      throws RequestException {
    BpfMap map = maps.get(index);
    UserMap user =
        new UserMap(
            map,
            new BpfMap.Descriptors() {
              @Override
              public @Nullable BpfMap map(int fd) {
                return fd >= 0 && fd < maps.size() ? maps.get(fd) : null;
              }
            });
    for (JsonElement entry : entries) {
      JsonArray pair = entry.getAsJsonArray();
      if (pair.size() < 2) {
        throw new RequestException("bad map init");
      }
      byte[] key = hex(pair.get(0).getAsString(), "bad map init");
      byte[] value = hex(pair.get(1).getAsString(), "bad map init");
      boolean fits = key.length == user.keySize();
      byte[] padded = Arrays.copyOf(value, map.descriptor().valueSize());
      int error =
          fits
              ? user.update(key.length == 0 ? null : key, perCpu(user, padded), BpfMap.BPF_ANY)
              : Errno.EINVAL;
      if (error != 0) {
        answer.addProperty("map_errno", error);
        answer.addProperty("map_index", index);
        throw new RequestException("map init failed");
      }
    }
  }

  /** The same value for every CPU, where each has its own. */
  private static byte[] perCpu(UserMap map, byte[] value) {
    if (map.valueSize() == value.length) {
      return value;
    }
    byte[] all = new byte[map.valueSize()];
    int stride = (value.length + 7) & -8;
    for (int at = 0; at < all.length; at += stride) {
      System.arraycopy(value, 0, all, at, value.length);
    }
    return all;
  }

  private static JsonArray dump(List<BpfMap> maps) {
    JsonArray all = new JsonArray();
    for (BpfMap map : maps) {
      UserMap user = new UserMap(map, BpfMap.Descriptors.NONE);
      JsonArray entries = new JsonArray();
      UserMap.Answer key = user.nextKey(null);
      while (key.errno() == 0) {
        UserMap.Answer value = user.lookup(key.bytes(), null, 0);
        if (value.errno() == 0) {
          JsonArray pair = new JsonArray();
          pair.add(HexFormat.of().formatHex(key.bytes()));
          pair.add(HexFormat.of().formatHex(value.bytes()));
          entries.add(pair);
        }
        key = user.nextKey(key.bytes());
      }
      all.add(entries);
    }
    return all;
  }

  private Bpf subsystem(String engine) throws RequestException {
    Bpf present = subsystems.get(engine);
    if (present != null) {
      return present;
    }
    Engine.Builder builder = Engine.newBuilder().allowExperimentalOptions(true);
    switch (engine) {
      case "jit" -> engineOptions.forEach(builder::option);
      case "interpreter" -> builder.option("engine.Compilation", "false");
      default -> throw new RequestException("engine must be jit|interpreter");
    }
    Engine made = builder.build();
    engines.put(engine, made);
    Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(made));
    kernels.put(engine, kernel);
    Bpf bpf = new Bpf(kernel);
    subsystems.put(engine, bpf);
    return bpf;
  }

  @Override
  public void close() {
    kernels.values().forEach(Kernel::close);
    engines.values().forEach(Engine::close);
  }
}
