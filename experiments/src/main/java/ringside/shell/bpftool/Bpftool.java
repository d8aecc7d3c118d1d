package ringside.shell.bpftool;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import ringside.ebpf.uapi.BpfClient;

/** The command itself: options, objects, batches. */
public final class Bpftool {
  private static final int FAILED = 255;
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  private static final String USAGE =
      """
      Usage: bpftool [OPTIONS] OBJECT { COMMAND | help }
             bpftool batch file FILE
             bpftool version

             OBJECT := { prog | map | link | cgroup | perf | net | feature | btf | gen | struct_ops | iter | token }
             OPTIONS := { {-j|--json} [{-p|--pretty}] | {-d|--debug} |
                          {-V|--version} }
      """;

  private static final Map<String, String> REFUSED =
      Map.of(
          "cgroup", "there are no cgroups in this kernel",
          "gen", "code is generated outside of this machine; use the real bpftool",
          "struct_ops", "there are no struct_ops in this kernel",
          "iter", "iterators cannot be pinned here",
          "token", "bpffs delegates nothing here");

  private final Environment environment;

  private Bpftool(Environment environment) {
    this.environment = environment;
  }

  /**
   * Runs a command as a process of root.
   *
   * @param words without {@code bpftool} itself
   * @return its exit status
   */
  public static int run(Environment environment, List<String> words) {
    return environment
        .kernel()
        .tasks()
        .inProcess("bpftool", 0, () -> new Bpftool(environment).main(words));
  }

  private int main(List<String> words) {
    boolean json = false;
    boolean pretty = false;
    boolean bpffs = false;
    boolean debug = false;
    boolean version = false;
    int at = 0;
    for (; at < words.size() && words.get(at).startsWith("-"); at++) {
      switch (words.get(at)) {
        case "-j", "--json" -> json = true;
        case "-p", "--pretty", "-jp", "-pj" -> {
          json = true;
          pretty = true;
        }
        case "-f", "--bpffs" -> bpffs = true;
        case "-d", "--debug" -> debug = true;
        case "-m", "--mapcompat", "-n", "--nomount", "-l", "--legacy" -> {}
        case "-V", "--version" -> version = true;
        case "-h", "--help" -> {
          environment.err().print(USAGE);
          return 0;
        }
        default -> {
          environment.err().println("Error: unrecognized option '%s'".formatted(words.get(at)));
          environment.err().print(USAGE);
          return FAILED;
        }
      }
    }
    Tool tool = new Tool(environment, new Tool.Options(json, pretty, bpffs, debug));
    List<String> rest = version ? List.of("version") : words.subList(at, words.size());
    int status = guarded(tool, rest);
    if (json) {
      environment.out().print(pretty ? "" : "\n");
    }
    return status;
  }

  private int guarded(Tool tool, List<String> words) {
    try {
      select(tool, words);
      return 0;
    } catch (MapCommand.Silent said) {
      return FAILED;
    } catch (Refusal refusal) {
      complain(tool, refusal.words());
    } catch (BpfClient.Failure failure) {
      complain(tool, Tool.words(failure));
    }
    return FAILED;
  }

  private static void complain(Tool tool, String words) {
    if (tool.isJson()) {
      tool.json().object().field("error", words).endObject();
    } else {
      tool.err().println("Error: " + words);
    }
  }

  private void select(Tool tool, List<String> list) {
    Words words = new Words(list);
    if (words.isEmpty()) {
      tool.err().print(USAGE);
      throw new Refusal("an object is needed");
    }
    for (String object :
        List.of(
            "help",
            "batch",
            "prog",
            "map",
            "link",
            "cgroup",
            "perf",
            "net",
            "feature",
            "btf",
            "gen",
            "struct_ops",
            "iter",
            "token",
            "version")) {
      if (words.accept(object)) {
        run(tool, object, words);
        return;
      }
    }
    tool.err().print(USAGE);
    throw new Refusal("unknown object '%s'".formatted(words.peek()));
  }

  private void run(Tool tool, String object, Words words) {
    switch (object) {
      case "help" -> tool.err().print(USAGE);
      case "batch" -> batch(tool, words);
      case "prog" -> new ProgCommand(tool).run(words);
      case "map" -> new MapCommand(tool).run(words);
      case "link" -> new LinkCommand(tool).run(words);
      case "btf" -> new BtfCommand(tool).run(words);
      case "net" -> new NetCommand(tool).run(words);
      case "perf" -> new PerfCommand(tool).run(words);
      case "feature" -> new FeatureCommand(tool).run(words);
      case "version" -> version(tool);
      default -> throw new Refusal("bpftool %s: %s".formatted(object, REFUSED.get(object)));
    }
  }

  private static void version(Tool tool) {
    if (tool.isJson()) {
      tool.json()
          .object()
          .field("version", "7.7.0")
          .field("libbpf_version", "1.7")
          .name("features")
          .object()
          .field("libbfd", false)
          .field("llvm", false)
          .field("skeletons", false)
          .field("bootstrap", false)
          .endObject()
          .endObject();
    } else {
      tool.out().println("bpftool v7.7.0\nusing libbpf v1.7\nfeatures:");
    }
  }

  private void batch(Tool tool, Words words) {
    if (!words.accept("file")) {
      throw new Refusal("expected 'file', got: " + words.peek());
    }
    String path = words.take();
    words.end();
    byte[] content = environment.read(path);
    if (content == null) {
      throw new Refusal("Can't open file (%s): No such file or directory".formatted(path));
    }
    String text = new String(content, StandardCharsets.UTF_8).replace("\\\n", " ");
    int count = 0;
    if (tool.isJson()) {
      tool.json().array();
    }
    for (String line : text.lines().toList()) {
      List<String> command = new ArrayList<>();
      BLANKS
          .splitAsStream(line.replaceFirst("#.*", "").strip())
          .filter(word -> !word.isEmpty())
          .forEach(word -> command.add(word.replaceAll("^[\"']|[\"']$", "")));
      if (command.isEmpty()) {
        continue;
      }
      if (tool.isJson()) {
        tool.json().object().name("command").array();
        command.forEach(tool.json()::text);
        tool.json().endArray().name("output");
      }
      select(tool, command);
      if (tool.isJson()) {
        tool.json().endObject();
      }
      count++;
    }
    if (tool.isJson()) {
      tool.json().endArray();
    } else {
      tool.out().println("processed %d commands".formatted(count));
    }
  }
}
