package ringside.shell.bpftool;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.Credentials;
import ringside.kernel.fs.Directory;
import ringside.kernel.fs.FsException;
import ringside.kernel.fs.OpenFile;
import ringside.lkm.kmod.Strerror;

/** What all commands of one run share: the process, its files, streams and options. */
final class Tool {
  private static final String BPFFS = "/sys/fs/bpf";

  private final Environment environment;
  private final BpfClient client;
  private final Options options;
  private final JsonText json;

  /**
   * The options before the object.
   *
   * @param bpffs {@code -f}: tell where things are pinned
   * @param debug {@code -d}: the verifier's log, and libbpf's words
   */
  record Options(boolean json, boolean pretty, boolean bpffs, boolean debug) {}

  Tool(Environment environment, Options options) {
    this.environment = environment;
    this.client = new BpfClient(environment.kernel());
    this.options = options;
    this.json = new JsonText(environment.out(), options.pretty());
  }

  Environment environment() {
    return environment;
  }

  Kernel kernel() {
    return environment.kernel();
  }

  BpfClient client() {
    return client;
  }

  Options options() {
    return options;
  }

  boolean isJson() {
    return options.json();
  }

  JsonText json() {
    return json;
  }

  PrintWriter out() {
    return environment.out();
  }

  PrintWriter err() {
    return environment.err();
  }

  /** {@code p_info}: words that JSON readers do not want. */
  void info(String words) {
    if (!isJson()) {
      err().println(words);
    }
  }

  /** The answer of commands that only do something. */
  void nothing() {
    if (isJson()) {
      json.raw("null");
    }
  }

  /** An errno in words. */
  static String words(BpfClient.Failure failure) {
    return failure.errno() == Errno.ENOTSUPP
        ? "Unknown error " + Errno.ENOTSUPP
        : Strerror.of(failure.errno());
  }

  /** Bytes as bpftool prints them: {@code 01 ff}, sixteen a line. */
  static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bytes.length; i++) {
      if (i > 0) {
        text.append(i % 16 == 0 ? "\n" : i % 8 == 0 ? "  " : " ");
      }
      text.append("%02x".formatted(bytes[i]));
    }
    return text.toString();
  }

  static String plainHex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  void hexArray(byte[] bytes) {
    json.array();
    for (byte b : bytes) {
      json.text("0x%02x".formatted(b));
    }
    json.endArray();
  }

  /** A field of a descriptor's fdinfo, or null. */
  @Nullable String fdinfo(int fd, String field) {
    var files = kernel().current().files();
    OpenFile file = files == null ? null : files.get(fd);
    String text = file == null ? "" : file.fdinfo();
    for (String line : text.lines().toList()) {
      if (line.startsWith(field + ":")) {
        return line.substring(field.length() + 1).strip();
      }
    }
    return null;
  }

  /** Where objects of a kind are pinned, by id: looked for with {@code -f} only. */
  Map<Integer, List<String>> pins(String struct) {
    Map<Integer, List<String>> pins = new TreeMap<>();
    if (options.bpffs()) {
      collect(BPFFS, struct, pins);
    }
    return pins;
  }

  private void collect(String path, String struct, Map<Integer, List<String>> pins) {
    try {
      if (kernel().fs().lookup(path, Credentials.ROOT) instanceof Directory directory) {
        directory.names().forEach(name -> collect(path + "/" + name, struct, pins));
        return;
      }
      int fd = client.get(path);
      if (kindOf(fd).equals(struct)) {
        int id = client.info(struct).of(fd).u32("id");
        pins.computeIfAbsent(id, _ -> new ArrayList<>()).add(path);
      }
      client.close(fd);
    } catch (FsException | BpfClient.Failure gone) {
      // somebody else's, or gone by now
    }
  }

  /** The info struct of what a descriptor is. */
  String kindOf(int fd) {
    var files = kernel().current().files();
    OpenFile file = files == null ? null : files.get(fd);
    return switch (file == null ? "" : file.path()) {
      case "anon_inode:bpf-prog" -> "bpf_prog_info";
      case "anon_inode:bpf-map" -> "bpf_map_info";
      case "anon_inode:bpf_link" -> "bpf_link_info";
      default -> "";
    };
  }

  /** Pins an object, making the directories on the way. */
  void pin(int fd, String path) {
    try {
      parents(path);
      client.pin(fd, path);
    } catch (BpfClient.Failure failure) {
      String where = path.startsWith(BPFFS + "/") ? "" : "; specified path is not on BPF FS";
      throw new Refusal("can't pin the object (%s): %s%s".formatted(path, words(failure), where));
    }
  }

  private void parents(String path) {
    int slash = path.lastIndexOf('/');
    if (slash > BPFFS.length() && path.startsWith(BPFFS + "/")) {
      String parent = path.substring(0, slash);
      parents(parent);
      try {
        kernel().fs().mkdir(parent, 0700, kernel().current().fileCredentials());
      } catch (FsException there) {
        // it is there, or pinning will say why not
      }
    }
  }

  /** The kinds of things that have numbers, and how they are called. */
  enum Kind {
    PROG("prog", "bpf_prog_info", Command.PROG_GET_NEXT_ID, Command.PROG_GET_FD_BY_ID),
    MAP("map", "bpf_map_info", Command.MAP_GET_NEXT_ID, Command.MAP_GET_FD_BY_ID),
    LINK("link", "bpf_link_info", Command.LINK_GET_NEXT_ID, Command.LINK_GET_FD_BY_ID);

    final String word;
    final String struct;
    final Command next;
    final Command byId;

    Kind(String word, String struct, Command next, Command byId) {
      this.word = word;
      this.struct = struct;
      this.next = next;
      this.byId = byId;
    }
  }

  /** Descriptors of the objects that words mean: {@code id N}, {@code name N}, {@code pinned F}. */
  List<Integer> references(Words words, Kind kind) {
    if (words.accept("id")) {
      int id = (int) words.number("id");
      try {
        return List.of(client.open(kind.byId, id));
      } catch (BpfClient.Failure failure) {
        throw new Refusal("get %s by id (%d): %s".formatted(kind.word, id, words(failure)));
      }
    }
    if (kind == Kind.PROG && words.accept("tag")) {
      String tag = words.take();
      return matching(
          kind,
          "tag " + tag,
          fd -> plainHex(client.info(kind.struct).of(fd).array("tag")).equals(tag));
    }
    if (kind != Kind.LINK && words.accept("name")) {
      String name = words.take();
      return matching(
          kind,
          "name " + name,
          fd ->
              name.startsWith(client.info(kind.struct).of(fd).text("name"))
                  && (name.length() > 15
                      || client.info(kind.struct).of(fd).text("name").equals(name)));
    }
    if (words.accept("pinned")) {
      String path = words.take();
      try {
        int fd = client.get(path);
        if (!kindOf(fd).equals(kind.struct)) {
          throw new Refusal("incorrect object type: " + kindOf(fd).replaceAll("bpf_|_info", ""));
        }
        return List.of(fd);
      } catch (BpfClient.Failure failure) {
        throw new Refusal("bpf obj get (%s): %s".formatted(path, words(failure)));
      }
    }
    throw new Refusal(
        "expected 'id'%s or 'pinned', got: '%s'?"
            .formatted(
                switch (kind) {
                  case PROG -> ", 'tag', 'name'";
                  case MAP -> ", 'name'";
                  case LINK -> "";
                },
                words.peek()));
  }

  private List<Integer> matching(Kind kind, String what, IntPredicate wanted) {
    List<Integer> found = new ArrayList<>();
    for (int id : client.ids(kind.next)) {
      int fd = client.open(kind.byId, id);
      if (wanted.test(fd)) {
        found.add(fd);
      } else {
        client.close(fd);
      }
    }
    if (found.isEmpty()) {
      throw new Refusal("can't find %s with %s".formatted(kind.word, what));
    }
    return found;
  }

  /** The one object that words mean. */
  int reference(Words words, Kind kind) {
    List<Integer> found = references(words, kind);
    if (found.size() > 1) {
      throw new Refusal("several %ss match this handle".formatted(kind.word));
    }
    return found.getFirst();
  }
}
