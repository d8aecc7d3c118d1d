package ringside.shell.bpftool;

import java.util.List;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;
import ringside.kernel.fs.FileTable;
import ringside.kernel.task.Task;

/** {@code bpftool perf}: which descriptors of which tasks run programs on events. */
final class PerfCommand {
  private static final int TEXT = 512;

  private static final List<String> TYPES =
      List.of("raw_tracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe");

  private final Tool tool;

  PerfCommand(Tool tool) {
    this.tool = tool;
  }

  void run(Words words) {
    if (!words.isEmpty() && !words.accept("show") && !words.accept("list")) {
      tool.err()
          .print(
              """
              Usage: bpftool perf { show | list }
                     bpftool perf help

                     OPTIONS := { {-j|--json} [{-p|--pretty}] | {-d|--debug} }
              """);
      if (words.accept("help")) {
        return;
      }
      throw new Refusal("unknown command '%s'".formatted(words.peek()));
    }
    if (tool.isJson()) {
      tool.json().array();
    }
    for (Task task : tool.kernel().tasks().all()) {
      FileTable files = task.files();
      for (int fd = 0; files != null && fd < files.size(); fd++) {
        if (files.get(fd) != null) {
          one(task.pid(), fd);
        }
      }
    }
    if (tool.isJson()) {
      tool.json().endArray();
    }
  }

  private void one(int pid, int fd) {
    BpfClient client = tool.client();
    client.reset();
    long buffer = client.allocate(TEXT);
    BpfClient.Attr attr =
        client
            .attr("task_fd_query")
            .u32("pid", pid)
            .u32("fd", fd)
            .u32("buf_len", TEXT)
            .u64("buf", buffer);
    if (attr.call(Command.TASK_FD_QUERY) < 0) {
      return;
    }
    String name = client.string(buffer, TEXT);
    String type = TYPES.get(attr.u32("fd_type"));
    boolean probe = attr.u32("fd_type") == 2;
    if (tool.isJson()) {
      tool.json()
          .object()
          .field("pid", pid)
          .field("fd", fd)
          .field("prog_id", attr.u32("prog_id"))
          .field("fd_type", type);
      if (probe) {
        tool.json().field("func", name).field("offset", 0);
      } else {
        tool.json().field("tracepoint", name);
      }
      tool.json().endObject();
    } else {
      tool.out()
          .println(
              "pid %d  fd %d: prog_id %d  %s  %s %s%s"
                  .formatted(
                      pid,
                      fd,
                      attr.u32("prog_id"),
                      type,
                      probe ? "func" : "tracepoint",
                      name,
                      probe ? "  offset 0" : ""));
    }
  }
}
