package ringside.shell.bpftool;

import java.util.ArrayList;
import java.util.List;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;
import ringside.format.btf.Btf;
import ringside.format.elf.ElfFile;

/** {@code bpftool btf}. */
final class BtfCommand {
  private static final int NAME = 64;

  private static final String USAGE =
      """
      Usage: bpftool btf { show | list } [id BTF_ID]
             bpftool btf dump BTF_SRC [format FORMAT] [root_id ROOT_ID]
             bpftool btf help

             BTF_SRC := { id BTF_ID | prog PROG | map MAP [{key | value | kv | all}] |
                          file FILE }
             FORMAT  := { raw | c [unsorted] }
             MAP := { id MAP_ID | pinned FILE | name MAP_NAME }
             PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }
             OPTIONS := { {-j|--json} [{-p|--pretty}] | {-d|--debug} |
                          {-B|--base-btf} }
      """;

  private final Tool tool;
  private final BpfClient client;

  BtfCommand(Tool tool) {
    this.tool = tool;
    this.client = tool.client();
  }

  /** The types of a BTF object. */
  static Btf load(Tool tool, int id) {
    BpfClient client = tool.client();
    int fd;
    try {
      fd = client.attr("start_id").u32("start_id", id).run(Command.BTF_GET_FD_BY_ID);
    } catch (BpfClient.Failure failure) {
      throw new Refusal("get btf by id (%d): %s".formatted(id, Tool.words(failure)));
    }
    int size = client.info("bpf_btf_info").of(fd).u32("btf_size");
    long at = client.allocate(size);
    client.info("bpf_btf_info").u64("btf", at).u32("btf_size", size).of(fd);
    client.close(fd);
    return Btf.parse("BTF object " + id, client.read(at, size));
  }

  void run(Words words) {
    if (words.isEmpty() || words.accept("show") || words.accept("list")) {
      show(words);
    } else if (words.accept("dump")) {
      dump(words);
    } else if (words.accept("help")) {
      tool.err().print(USAGE);
    } else {
      tool.err().print(USAGE);
      throw new Refusal("unknown command '%s'".formatted(words.peek()));
    }
  }

  // --- show ---

  private void show(Words words) {
    if (words.accept("id")) {
      one((int) words.number("id"));
      return;
    }
    words.end();
    if (tool.isJson()) {
      tool.json().array();
    }
    for (int id : client.ids(Command.BTF_GET_NEXT_ID)) {
      one(id);
      client.reset();
    }
    if (tool.isJson()) {
      tool.json().endArray();
    }
  }

  private void one(int id) {
    int fd = client.attr("start_id").u32("start_id", id).run(Command.BTF_GET_FD_BY_ID);
    long name = client.allocate(NAME);
    BpfClient.InfoStruct info =
        client.info("bpf_btf_info").u64("name", name).u32("name_len", NAME).of(fd);
    client.close(fd);
    String text = client.string(name, NAME);
    boolean kernel = info.u32("kernel_btf") != 0;
    List<Integer> programs = users(id, Tool.Kind.PROG);
    List<Integer> maps = users(id, Tool.Kind.MAP);
    if (tool.isJson()) {
      JsonText json = tool.json();
      json.object().field("id", id).field("size", info.u32("btf_size"));
      list(json, "prog_ids", programs);
      list(json, "map_ids", maps);
      json.field("kernel", kernel);
      if (!text.isEmpty()) {
        json.field("name", text);
      }
      json.endObject();
      return;
    }
    StringBuilder line = new StringBuilder("%d: ".formatted(id));
    if (kernel) {
      line.append("name [").append(text).append("]  ");
    } else {
      line.append("name ").append(text.isEmpty() ? "<anon>" : text).append("  ");
    }
    line.append("size %dB".formatted(info.u32("btf_size")));
    append(line, "prog_ids", programs);
    append(line, "map_ids", maps);
    tool.out().println(line);
  }

  private static void append(StringBuilder line, String what, List<Integer> ids) {
    for (int i = 0; i < ids.size(); i++) {
      line.append(i == 0 ? "  " + what + " " : ",").append(ids.get(i));
    }
  }

  private static void list(JsonText json, String name, List<Integer> ids) {
    json.name(name).array();
    ids.forEach(id -> json.raw(Integer.toString(id)));
    json.endArray();
  }

  private List<Integer> users(int btf, Tool.Kind kind) {
    List<Integer> users = new ArrayList<>();
    for (int id : client.ids(kind.next)) {
      int fd = client.open(kind.byId, id);
      if (client.info(kind.struct).of(fd).u32("btf_id") == btf) {
        users.add(id);
      }
      client.close(fd);
    }
    return users;
  }

  // --- dump ---

  private void dump(Words words) {
    List<Integer> roots = new ArrayList<>();
    Btf btf = source(words, roots);
    boolean c = false;
    boolean sorted = true;
    while (!words.isEmpty()) {
      if (words.accept("format")) {
        String format = words.take();
        c = format.equals("c");
        if (!c && !format.equals("raw")) {
          throw new Refusal(
              "unrecognized format specifier: '%s', possible values: raw, c".formatted(format));
        }
        sorted = !words.accept("unsorted");
      } else if (words.accept("root_id")) {
        roots.add((int) words.number("root_id"));
      } else {
        throw new Refusal("unrecognized option: '%s'".formatted(words.peek()));
      }
    }
    if (c && tool.isJson()) {
      throw new Refusal("JSON output for C-syntax dump is not supported");
    }
    if (c) {
      tool.out().print(new BtfC(btf).dump(roots, sorted));
    } else {
      new BtfText(tool, btf).dump(roots);
    }
  }

  private Btf source(Words words, List<Integer> roots) {
    if (words.accept("id")) {
      return load(tool, (int) words.number("btf id"));
    }
    if (words.accept("prog")) {
      int fd = tool.reference(words, Tool.Kind.PROG);
      return of(client.info("bpf_prog_info").of(fd).u32("btf_id"), "prog");
    }
    if (words.accept("map")) {
      int fd = tool.reference(words, Tool.Kind.MAP);
      BpfClient.InfoStruct info = client.info("bpf_map_info").of(fd);
      int key = info.u32("btf_key_type_id");
      int value = info.u32("btf_value_type_id");
      if (words.accept("key")) {
        roots.add(key);
      } else if (words.accept("value")) {
        roots.add(value);
      } else if (!words.accept("all")) {
        words.accept("kv");
        if (key != 0) {
          roots.add(key);
        }
        roots.add(value);
      }
      return of(info.u32("btf_id"), "map");
    }
    if (words.accept("file")) {
      String path = words.take();
      byte[] file = tool.environment().read(path);
      if (file == null) {
        throw new Refusal("failed to load BTF from %s: No such file or directory".formatted(path));
      }
      boolean raw = file.length > 1 && (file[0] & 0xff) == 0x9f && (file[1] & 0xff) == 0xeb;
      return raw ? Btf.parse(path, file) : Btf.of(ElfFile.parse(path, file));
    }
    throw new Refusal("unrecognized BTF source specifier: '%s'".formatted(words.peek()));
  }

  private Btf of(int id, String what) {
    if (id == 0) {
      throw new Refusal("%s doesn't have BTF ID associated with it".formatted(what));
    }
    return load(tool, id);
  }
}
