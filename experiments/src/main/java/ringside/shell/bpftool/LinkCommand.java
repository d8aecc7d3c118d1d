package ringside.shell.bpftool;

import java.util.List;
import java.util.Map;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;

/** {@code bpftool link}. */
final class LinkCommand {
  private static final int TEXT = 256;

  private static final Map<Integer, String> TYPES =
      Map.of(
          1, "raw_tracepoint",
          2, "tracing",
          3, "cgroup",
          4, "iter",
          5, "netns",
          6, "xdp",
          7, "perf_event",
          10, "netfilter",
          11, "tcx");

  private static final List<String> INET_HOOKS =
      List.of("prerouting", "input", "forward", "output", "postrouting");

  private static final String USAGE =
      """
      Usage: bpftool link { show | list }   [LINK]
             bpftool link pin        LINK  FILE
             bpftool link detach     LINK
             bpftool link help

             LINK := { id LINK_ID | pinned FILE }
             OPTIONS := { {-j|--json} [{-p|--pretty}] | {-d|--debug} |
                          {-f|--bpffs} | {-n|--nomount} }
      """;

  private final Tool tool;
  private final BpfClient client;

  LinkCommand(Tool tool) {
    this.tool = tool;
    this.client = tool.client();
  }

  void run(Words words) {
    if (words.isEmpty() || words.accept("show") || words.accept("list")) {
      show(words);
    } else if (words.accept("pin")) {
      int fd = tool.reference(words, Tool.Kind.LINK);
      tool.pin(fd, words.take());
      tool.nothing();
    } else if (words.accept("detach")) {
      int fd = tool.reference(words, Tool.Kind.LINK);
      words.end();
      try {
        client.attr("link_detach").u32("link_fd", fd).run(Command.LINK_DETACH);
      } catch (BpfClient.Failure failure) {
        throw new Refusal("failed link detach: " + Tool.words(failure));
      }
      tool.nothing();
    } else if (words.accept("help")) {
      tool.err().print(USAGE);
    } else {
      tool.err().print(USAGE);
      throw new Refusal("unknown command '%s'".formatted(words.peek()));
    }
  }

  private void show(Words words) {
    Map<Integer, List<String>> pins = tool.pins("bpf_link_info");
    if (!words.isEmpty()) {
      int fd = tool.reference(words, Tool.Kind.LINK);
      words.end();
      one(fd, pins);
      return;
    }
    if (tool.isJson()) {
      tool.json().array();
    }
    for (int id : client.ids(Command.LINK_GET_NEXT_ID)) {
      int fd = client.open(Command.LINK_GET_FD_BY_ID, id);
      one(fd, pins);
      client.close(fd);
      client.reset();
    }
    if (tool.isJson()) {
      tool.json().endArray();
    }
  }

  private void one(int fd, Map<Integer, List<String>> pins) {
    BpfClient.InfoStruct info = client.info("bpf_link_info").of(fd);
    long buffer = client.allocate(TEXT);
    int type = info.u32("type");
    // Names are asked for once it is known whose they are.
    if (type == 1) {
      info =
          client
              .info("bpf_link_info")
              .u64("raw_tracepoint.tp_name", buffer)
              .u32("raw_tracepoint.tp_name_len", TEXT)
              .of(fd);
    } else if (type == 7) {
      boolean probe = info.u32("perf_event.type") == 3;
      String prefix = probe ? "perf_event.kprobe." : "perf_event.tracepoint.";
      info =
          client
              .info("bpf_link_info")
              .u64(prefix + (probe ? "func_name" : "tp_name"), buffer)
              .u32(prefix + "name_len", TEXT)
              .of(fd);
    }
    List<String> paths = pins.getOrDefault(info.u32("id"), List.of());
    String name = client.string(buffer, TEXT);
    if (tool.isJson()) {
      json(info, name, paths);
    } else {
      plain(info, name, paths);
    }
  }

  private static String type(int type) {
    return TYPES.getOrDefault(type, "type " + type);
  }

  private void plain(BpfClient.InfoStruct info, String name, List<String> paths) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%d: %s  prog %d  ".formatted(info.u32("id"), type(info.u32("type")), info.u32("prog_id")));
    switch (info.u32("type")) {
      case 1 -> {
        text.append("\n\ttp '%s'  ".formatted(name));
        cookie(text, "cookie ", info.u64("raw_tracepoint.cookie"), "  ");
      }
      case 6 -> text.append("\n\t").append(interfaceOf(info.u32("xdp.ifindex")));
      case 7 -> {
        if (info.u32("perf_event.type") == 3) {
          text.append("\n\tkprobe %x %s".formatted(info.u64("perf_event.kprobe.addr"), name));
          cookie(text, "  cookie ", info.u64("perf_event.kprobe.cookie"), "");
          text.append("  ");
        } else {
          text.append("\n\ttracepoint %s  ".formatted(name));
          cookie(text, "cookie ", info.u64("perf_event.tracepoint.cookie"), "  ");
        }
      }
      case 10 ->
          text.append(
              "\n\tip %s prio %d"
                  .formatted(
                      INET_HOOKS.get(info.u32("netfilter.hooknum")),
                      info.u32("netfilter.priority")));
      default -> {}
    }
    paths.forEach(path -> text.append("\n\tpinned ").append(path));
    tool.out().println(text);
  }

  private static void cookie(StringBuilder text, String before, long cookie, String after) {
    if (cookie != 0) {
      text.append(before).append(Long.toUnsignedString(cookie)).append(after);
    }
  }

  private String interfaceOf(int index) {
    String name = NetCommand.deviceName(tool.kernel(), index);
    return index == 0
        ? "ifindex (detached)  "
        : name == null
            ? "ifindex (unknown)(%d)  ".formatted(index)
            : "ifindex %s(%d)  ".formatted(name, index);
  }

  private void json(BpfClient.InfoStruct info, String name, List<String> paths) {
    JsonText json = tool.json();
    json.object()
        .field("id", info.u32("id"))
        .field("type", type(info.u32("type")))
        .field("prog_id", info.u32("prog_id"));
    switch (info.u32("type")) {
      case 1 -> json.field("tp_name", name).field("cookie", info.u64("raw_tracepoint.cookie"));
      case 6 -> {
        String device = NetCommand.deviceName(tool.kernel(), info.u32("xdp.ifindex"));
        json.field("devname", device == null ? "(unknown)" : device)
            .field("ifindex", info.u32("xdp.ifindex"));
      }
      case 7 -> {
        if (info.u32("perf_event.type") == 3) {
          json.field("retprobe", false)
              .name("addr")
              .raw(Long.toUnsignedString(info.u64("perf_event.kprobe.addr")))
              .field("func", name)
              .field("offset", info.u32("perf_event.kprobe.offset"))
              .field("missed", info.u64("perf_event.kprobe.missed"))
              .field("cookie", info.u64("perf_event.kprobe.cookie"));
        } else {
          json.field("tracepoint", name).field("cookie", info.u64("perf_event.tracepoint.cookie"));
        }
      }
      case 10 ->
          json.field("pf", info.u32("netfilter.pf"))
              .field("hook", info.u32("netfilter.hooknum"))
              .field("prio", info.u32("netfilter.priority"))
              .field("flags", info.u32("netfilter.flags"));
      default -> {}
    }
    if (!paths.isEmpty()) {
      json.name("pinned").array();
      paths.forEach(json::text);
      json.endArray();
    }
    json.endObject();
  }
}
