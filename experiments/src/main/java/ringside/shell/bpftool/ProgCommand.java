package ringside.shell.bpftool;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.object.ObjectReader;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;
import ringside.kernel.core.Errno;

/** {@code bpftool prog}. */
final class ProgCommand {
  private static final int LARGEST_OUTPUT = 1 << 16;

  private static final String USAGE =
      """
      Usage: bpftool prog { show | list } [PROG]
             bpftool prog dump xlated PROG [{ file FILE | [opcodes] [linum] [visual] }]
             bpftool prog dump jited  PROG [{ file FILE | [opcodes] [linum] }]
             bpftool prog pin   PROG FILE
             bpftool prog { load | loadall } OBJ  PATH \\
                               [type TYPE] [map { idx IDX | name NAME } MAP]\\
                               [pinmaps MAP_DIR]
                               [autoattach]
             bpftool prog attach PROG ATTACH_TYPE [MAP]
             bpftool prog detach PROG ATTACH_TYPE [MAP]
             bpftool prog run PROG \\
                               data_in FILE \\
                               [data_out FILE [data_size_out L]] \\
                               [ctx_in FILE [ctx_out FILE [ctx_size_out M]]] \\
                               [repeat N]
             bpftool prog profile PROG [duration DURATION] METRICs
             bpftool prog tracelog
             bpftool prog tracelog { stdout | stderr } PROG
             bpftool prog help

             MAP := { id MAP_ID | pinned FILE | name MAP_NAME }
             PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }
             ATTACH_TYPE := { sk_msg_verdict | sk_skb_verdict | sk_skb_stream_verdict |
                              sk_skb_stream_parser | flow_dissector }
             OPTIONS := { {-j|--json} [{-p|--pretty}] | {-d|--debug} |
                          {-f|--bpffs} | {-m|--mapcompat} | {-n|--nomount} |
                          {-L|--use-loader} }
      """;

  private final Tool tool;
  private final BpfClient client;

  ProgCommand(Tool tool) {
    this.tool = tool;
    this.client = tool.client();
  }

  void run(Words words) {
    if (words.isEmpty() || words.accept("show") || words.accept("list")) {
      show(words);
      return;
    }
    String[] verbs = {
      "help", "dump", "pin", "load", "loadall", "attach", "detach", "tracelog", "run", "profile"
    };
    for (String verb : verbs) {
      if (words.accept(verb)) {
        run(verb, words);
        return;
      }
    }
    tool.err().print(USAGE);
    throw new Refusal("unknown command '%s'".formatted(words.peek()));
  }

  private void run(String verb, Words words) {
    switch (verb) {
      case "dump" -> new ProgDump(tool).run(words);
      case "pin" -> {
        tool.pin(tool.reference(words, Tool.Kind.PROG), words.take());
        tool.nothing();
      }
      case "load" -> load(words, true);
      case "loadall" -> load(words, false);
      case "attach" -> attach(words, Command.PROG_ATTACH);
      case "detach" -> attach(words, Command.PROG_DETACH);
      case "tracelog" -> traceLog(words);
      case "run" -> testRun(words);
      case "profile" ->
          throw new Refusal("bpftool prog profile: this machine has no performance counters");
      default -> tool.err().print(USAGE);
    }
  }

  // --- show ---

  private void show(Words words) {
    Map<Integer, List<String>> pins = tool.pins("bpf_prog_info");
    if (!words.isEmpty()) {
      List<Integer> found = tool.references(words, Tool.Kind.PROG);
      words.end();
      boolean list = tool.isJson() && found.size() > 1;
      if (list) {
        tool.json().array();
      }
      found.forEach(fd -> one(fd, pins));
      if (list) {
        tool.json().endArray();
      }
      return;
    }
    if (tool.isJson()) {
      tool.json().array();
    }
    for (int id : client.ids(Command.PROG_GET_NEXT_ID)) {
      int fd = client.open(Command.PROG_GET_FD_BY_ID, id);
      one(fd, pins);
      client.close(fd);
      client.reset();
    }
    if (tool.isJson()) {
      tool.json().endArray();
    }
  }

  private void one(int fd, Map<Integer, List<String>> pins) {
    BpfClient.InfoStruct info = client.info("bpf_prog_info").of(fd);
    List<Integer> maps = maps(fd, info.u32("nr_map_ids"));
    List<String> paths = pins.getOrDefault(info.u32("id"), List.of());
    String memlock = tool.fdinfo(fd, "memlock");
    String name = fullName(info, fd);
    if (tool.isJson()) {
      json(info, name, maps, paths, memlock);
    } else {
      plain(info, name, maps, paths, memlock);
    }
  }

  private List<Integer> maps(int fd, int count) {
    List<Integer> ids = new ArrayList<>();
    if (count > 0) {
      long at = client.allocate(4 * count);
      client.info("bpf_prog_info").u32("nr_map_ids", count).u64("map_ids", at).of(fd);
      byte[] bytes = client.read(at, 4 * count);
      for (int i = 0; i < count; i++) {
        ids.add(
            (bytes[4 * i] & 0xff)
                | (bytes[4 * i + 1] & 0xff) << 8
                | (bytes[4 * i + 2] & 0xff) << 16
                | bytes[4 * i + 3] << 24);
      }
    }
    return ids;
  }

  /** The whole name of the main function, where the kernel has only its start. */
  private String fullName(BpfClient.InfoStruct info, int fd) {
    String name = info.text("name");
    if (name.length() < 15 || info.u32("btf_id") == 0 || info.u32("nr_func_info") == 0) {
      return name;
    }
    String function = new ProgDump(tool).functions(fd, info).get(0);
    return function != null && function.startsWith(name) ? function : name;
  }

  private static String typeName(int type) {
    ProgramType known = ProgramType.byId(type);
    return known == null ? "type " + type : known.label();
  }

  private void plain(
      BpfClient.InfoStruct info,
      String name,
      List<Integer> maps,
      List<String> paths,
      @Nullable String memlock) {
    StringBuilder text = new StringBuilder();
    text.append("%d: %s  ".formatted(info.u32("id"), typeName(info.u32("type"))));
    if (!name.isEmpty()) {
      text.append("name ").append(name).append("  ");
    }
    text.append("tag ").append(Tool.plainHex(info.array("tag")));
    text.append(gpl(info) ? "  gpl" : "");
    if (info.u64("run_time_ns") != 0) {
      text.append(
          " run_time_ns %d run_cnt %d".formatted(info.u64("run_time_ns"), info.u64("run_cnt")));
    }
    text.append('\n');
    if (info.u64("load_time") != 0) {
      text.append(
          "\tloaded_at %s  uid %d\n"
              .formatted(bootTime(info.u64("load_time")), info.u32("created_by_uid")));
    }
    text.append("\txlated %dB  not jited".formatted(info.u32("xlated_prog_len")));
    if (memlock != null) {
      text.append("  memlock %sB".formatted(memlock));
    }
    for (int i = 0; i < maps.size(); i++) {
      text.append(i == 0 ? "  map_ids " : ",").append(maps.get(i));
    }
    paths.forEach(path -> text.append("\n\tpinned ").append(path));
    if (info.u32("btf_id") != 0) {
      text.append("\n\tbtf_id ").append(info.u32("btf_id"));
    }
    tool.out().println(text);
  }

  private void json(
      BpfClient.InfoStruct info,
      String name,
      List<Integer> maps,
      List<String> paths,
      @Nullable String memlock) {
    JsonText json = tool.json();
    json.object().field("id", info.u32("id")).field("type", typeName(info.u32("type")));
    if (!name.isEmpty()) {
      json.field("name", name);
    }
    json.field("tag", Tool.plainHex(info.array("tag"))).field("gpl_compatible", gpl(info));
    if (info.u64("run_time_ns") != 0) {
      json.field("run_time_ns", info.u64("run_time_ns")).field("run_cnt", info.u64("run_cnt"));
    }
    if (info.u64("load_time") != 0) {
      json.field("loaded_at", info.u64("load_time") / 1_000_000_000)
          .field("uid", info.u32("created_by_uid"));
    }
    json.field("orphaned", false)
        .field("bytes_xlated", info.u32("xlated_prog_len"))
        .field("jited", false);
    if (memlock != null) {
      json.field("bytes_memlock", Long.parseLong(memlock));
    }
    if (!maps.isEmpty()) {
      json.name("map_ids").array();
      maps.forEach(id -> json.raw(Integer.toString(id)));
      json.endArray();
    }
    if (info.u32("btf_id") != 0) {
      json.field("btf_id", info.u32("btf_id"));
    }
    if (!paths.isEmpty()) {
      json.name("pinned").array();
      paths.forEach(json::text);
      json.endArray();
    }
    json.endObject();
  }

  private static boolean gpl(BpfClient.InfoStruct info) {
    return (info.array("gpl_compatible")[0] & 1) != 0;
  }

  /** Real time here starts at 1970 with the machine. */
  private static String bootTime(long nanos) {
    return DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxx")
        .withZone(ZoneOffset.UTC)
        .format(Instant.ofEpochSecond(nanos / 1_000_000_000));
  }

  // --- load ---

  private void load(Words words, boolean first) {
    String file = words.take();
    String path = words.take();
    ProgramType type = null;
    String mapDirectory = null;
    boolean attach = false;
    Map<String, Integer> replaced = new HashMap<>();
    Map<Integer, Integer> byIndex = new HashMap<>();
    while (!words.isEmpty()) {
      if (words.accept("type")) {
        type = ProgramType.byLabel(words.peek());
        if (type == null) {
          throw new Refusal("unknown program type '%s'".formatted(words.peek()));
        }
        words.take();
      } else if (words.accept("map")) {
        if (words.accept("idx")) {
          int index = (int) words.number("map index");
          byIndex.put(index, tool.reference(words, Tool.Kind.MAP));
        } else if (words.accept("name")) {
          String name = words.take();
          replaced.put(name, tool.reference(words, Tool.Kind.MAP));
        } else {
          throw new Refusal("expected 'idx' or 'name', got: '%s'?".formatted(words.peek()));
        }
      } else if (words.accept("pinmaps")) {
        mapDirectory = words.take();
      } else if (words.accept("autoattach")) {
        attach = true;
      } else {
        throw new Refusal(
            "expected no more arguments, 'type', 'map' or 'dev', got: '%s'?"
                .formatted(words.peek()));
      }
    }
    byte[] content = tool.environment().read(file);
    if (content == null) {
      throw new Refusal("failed to open object file");
    }
    BpfObject object = ObjectReader.parse(file, content);
    byIndex.forEach((index, fd) -> replaced.put(object.maps().get(index).name(), fd));
    ObjectOpener opener = new ObjectOpener(tool, object);
    opener.open(replaced);
    Map<ProgramDefinition, Integer> loaded = new LinkedHashMap<>();
    for (ProgramDefinition program : object.programs()) {
      if (program.autoload()) {
        loaded.put(program, opener.load(program, type));
      }
    }
    if (mapDirectory != null) {
      for (Map.Entry<String, Integer> map : opener.maps().entrySet()) {
        tool.pin(map.getValue(), mapDirectory + "/" + map.getKey().replace('.', '_'));
      }
    }
    for (Map.Entry<ProgramDefinition, Integer> program : loaded.entrySet()) {
      int fd = program.getValue();
      if (attach) {
        fd = new AutoAttach(tool).link(program.getKey(), fd);
      }
      tool.pin(fd, first ? path : path + "/" + program.getKey().name());
      if (first) {
        break;
      }
    }
    tool.nothing();
  }

  private void attach(Words words, Command command) {
    int fd = tool.reference(words, Tool.Kind.PROG);
    String type = words.take();
    int number =
        switch (type) {
          case "sk_skb_stream_parser" -> 4;
          case "sk_skb_stream_verdict" -> 5;
          case "sk_msg_verdict" -> 7;
          case "flow_dissector" -> 17;
          case "sk_skb_verdict" -> 38;
          default -> throw new Refusal("invalid attach/detach type");
        };
    int map = number == 17 ? 0 : tool.reference(words, Tool.Kind.MAP);
    try {
      client
          .attr("attach_bpf_fd")
          .u32("target_fd", map)
          .u32("attach_bpf_fd", fd)
          .u32("attach_type", number)
          .run(command);
    } catch (BpfClient.Failure failure) {
      throw new Refusal(
          "failed prog %s to map".formatted(command == Command.PROG_ATTACH ? "attach" : "detach"));
    }
    tool.nothing();
  }

  private void traceLog(Words words) {
    if (words.isEmpty()) {
      List<String> lines = tool.environment().bpf().readTracePipe();
      if (tool.isJson()) {
        tool.json().array();
        lines.forEach(tool.json()::text);
        tool.json().endArray();
      } else {
        lines.forEach(tool.out()::println);
      }
      return;
    }
    int stream = words.accept("stdout") ? 1 : words.accept("stderr") ? 2 : 0;
    if (stream == 0) {
      throw new Refusal("expected 'stdout' or 'stderr', got: '%s'".formatted(words.peek()));
    }
    int fd = tool.reference(words, Tool.Kind.PROG);
    long buffer = client.allocate(4096);
    int got;
    do {
      got =
          client
              .attr("prog_stream_read")
              .u32("prog_fd", fd)
              .u32("stream_id", stream)
              .u64("stream_buf", buffer)
              .u32("stream_buf_len", 4096)
              .run(Command.PROG_STREAM_READ_BY_FD);
      tool.out().print(client.string(buffer, got));
    } while (got > 0);
  }

  // --- run ---

  private void testRun(Words words) {
    int fd = tool.reference(words, Tool.Kind.PROG);
    Map<String, String> files = new HashMap<>();
    Map<String, Integer> sizes = new HashMap<>();
    while (!words.isEmpty()) {
      String option = null;
      for (String name :
          List.of(
              "data_in",
              "data_out",
              "data_size_out",
              "ctx_in",
              "ctx_out",
              "ctx_size_out",
              "repeat")) {
        if (option == null && words.ahead(name)) {
          option = name;
        }
      }
      if (option == null) {
        throw new Refusal(
            "expected no more arguments, 'data_in', 'data_out', 'data_size_out', 'ctx_in', "
                + "'ctx_out', 'ctx_size_out' or 'repeat', got: '%s'?".formatted(words.peek()));
      }
      words.take();
      if (option.equals("repeat") || option.endsWith("size_out")) {
        sizes.put(option, (int) words.number(option));
      } else {
        files.put(option, words.take());
      }
    }
    if (!files.containsKey("data_in") && !files.containsKey("ctx_in")) {
      throw new Refusal("expected data_in, ctx_in");
    }
    BpfClient.Attr attr =
        client.attr("test").u32("prog_fd", fd).u32("repeat", sizes.getOrDefault("repeat", 1));
    long dataOut = input(attr, "data", files.get("data_in"), sizes.get("data_size_out"));
    long contextOut = input(attr, "ctx", files.get("ctx_in"), sizes.get("ctx_size_out"));
    try {
      attr.run(Command.PROG_TEST_RUN);
    } catch (BpfClient.Failure failure) {
      throw new Refusal(
          "failed to run program: "
              + (failure.errno() == Errno.ENOTSUPP ? "Unknown error 524" : Tool.words(failure)));
    }
    byte[] data = output(attr, "data", dataOut);
    byte[] context = output(attr, "ctx", contextOut);
    if (tool.isJson()) {
      tool.json().object();
    }
    show("data", data, files.get("data_out"));
    show("ctx", context, files.get("ctx_out"));
    long retval = Integer.toUnsignedLong(attr.u32("retval"));
    int nanos = attr.u32("duration");
    if (tool.isJson()) {
      tool.json().field("retval", retval).field("duration", nanos).endObject();
    } else {
      int times = sizes.getOrDefault("repeat", 1);
      tool.out()
          .println(
              "Return value: %d, duration%s: %dns"
                  .formatted(retval, times > 1 ? " (average)" : "", nanos));
    }
  }

  private long input(
      BpfClient.Attr attr, String what, @Nullable String file, @Nullable Integer size) {
    if (file == null) {
      return 0;
    }
    byte[] bytes = tool.environment().read(file);
    if (bytes == null) {
      throw new Refusal("failed to open %s: No such file or directory".formatted(file));
    }
    int room = size != null ? size : what.equals("data") ? LARGEST_OUTPUT : bytes.length;
    long out = client.allocate(room);
    attr.u32(what + "_size_in", bytes.length)
        .u64(what + "_in", client.allocate(bytes))
        .u32(what + "_size_out", room)
        .u64(what + "_out", out);
    return out;
  }

  private byte[] output(BpfClient.Attr attr, String what, long at) {
    return at == 0 ? new byte[0] : client.read(at, attr.u32(what + "_size_out"));
  }

  private void show(String what, byte[] bytes, @Nullable String file) {
    if (file != null && !file.equals("-")) {
      tool.environment().write(file, bytes);
      return;
    }
    if (file == null) {
      return;
    }
    if (tool.isJson()) {
      tool.json().name(what + "_out");
      tool.hexArray(bytes);
      return;
    }
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < bytes.length; at += 16) {
      text.append("%07x\t".formatted(at)).append(row(bytes, at)).append('\n');
    }
    tool.out().print(text);
  }

  private static String row(byte[] bytes, int at) {
    StringBuilder hex = new StringBuilder();
    StringBuilder letters = new StringBuilder();
    for (int i = at; i < at + 16; i++) {
      boolean there = i < bytes.length;
      hex.append(there ? "%02x".formatted(bytes[i]) : "  ").append(i % 2 == 0 ? "" : " ");
      if (there) {
        boolean printable = bytes[i] >= ' ' && bytes[i] <= '~';
        letters.append(printable ? (char) bytes[i] : '.').append(i == at + 7 ? " " : "");
      }
    }
    return hex + "| " + letters;
  }
}
