package ringside.shell.bpftool;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.MapType;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;
import ringside.kernel.core.Errno;

/** {@code bpftool map}. */
final class MapCommand {
  private static final String USAGE =
      """
      Usage: bpftool map { show | list }   [MAP]
             bpftool map create     FILE type TYPE key KEY_SIZE value VALUE_SIZE \\
                                        entries MAX_ENTRIES name NAME [flags FLAGS] \\
                                        [inner_map MAP] [offload_dev NAME]
             bpftool map dump       MAP
             bpftool map update     MAP [key DATA] [value VALUE] [UPDATE_FLAGS]
             bpftool map lookup     MAP [key DATA]
             bpftool map getnext    MAP [key DATA]
             bpftool map delete     MAP  key DATA
             bpftool map pin        MAP  FILE
             bpftool map event_pipe MAP [cpu N index M]
             bpftool map peek       MAP
             bpftool map push       MAP value VALUE
             bpftool map pop        MAP
             bpftool map enqueue    MAP value VALUE
             bpftool map dequeue    MAP
             bpftool map freeze     MAP
             bpftool map help

             MAP := { id MAP_ID | pinned FILE | name MAP_NAME }
             DATA := { [hex] BYTES }
             PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }
             VALUE := { DATA | MAP | PROG }
             UPDATE_FLAGS := { any | exist | noexist }
             OPTIONS := { {-j|--json} [{-p|--pretty}] | {-d|--debug} |
                          {-f|--bpffs} | {-n|--nomount} }
      """;

  private final Tool tool;
  private final BpfClient client;

  MapCommand(Tool tool) {
    this.tool = tool;
    this.client = tool.client();
  }

  void run(Words words) {
    if (words.isEmpty() || words.accept("show") || words.accept("list")) {
      show(words);
      return;
    }
    String[] verbs = {
      "dump",
      "update",
      "lookup",
      "getnext",
      "delete",
      "pin",
      "event_pipe",
      "create",
      "peek",
      "push",
      "enqueue",
      "pop",
      "dequeue",
      "freeze",
      "help"
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
      case "dump" -> dump(words);
      case "update", "push", "enqueue" -> update(words);
      case "lookup", "peek" -> lookup(words);
      case "getnext" -> getNext(words);
      case "delete" -> delete(words);
      case "pin" -> {
        tool.pin(tool.reference(words, Tool.Kind.MAP), words.take());
        tool.nothing();
      }
      case "create" -> create(words);
      case "pop", "dequeue" -> pop(words);
      case "freeze" -> {
        int fd = tool.reference(words, Tool.Kind.MAP);
        try {
          client.attr("key").u32("map_fd", fd).run(Command.MAP_FREEZE);
        } catch (BpfClient.Failure failure) {
          throw new Refusal("failed to freeze map: " + Tool.words(failure));
        }
        tool.nothing();
      }
      case "event_pipe" ->
          throw new Refusal("bpftool map event_pipe: nobody waits here; read the map instead");
      default -> tool.err().print(USAGE);
    }
  }

  /** A map and what it tells of itself. */
  record Shape(int fd, BpfClient.InfoStruct info) {
    int keySize() {
      return info.u32("key_size");
    }

    int valueSize() {
      return info.u32("value_size");
    }

    MapType type() {
      MapType type = MapType.byId(info.u32("type"));
      return type == null ? MapType.UNSPEC : type;
    }

    int userValueSize() {
      return type().perCpu() ? (valueSize() + 7) & -8 : valueSize();
    }

    boolean ofMaps() {
      return type() == MapType.ARRAY_OF_MAPS || type() == MapType.HASH_OF_MAPS;
    }
  }

  private Shape shape(int fd) {
    return new Shape(fd, client.info("bpf_map_info").of(fd));
  }

  private Shape shape(Words words) {
    return shape(tool.reference(words, Tool.Kind.MAP));
  }

  // --- show ---

  private void show(Words words) {
    Map<Integer, List<String>> pins = tool.pins("bpf_map_info");
    if (!words.isEmpty()) {
      List<Integer> found = tool.references(words, Tool.Kind.MAP);
      words.end();
      boolean list = tool.isJson() && found.size() > 1;
      if (list) {
        tool.json().array();
      }
      found.forEach(fd -> one(shape(fd), pins));
      if (list) {
        tool.json().endArray();
      }
      return;
    }
    if (tool.isJson()) {
      tool.json().array();
    }
    for (int id : client.ids(Command.MAP_GET_NEXT_ID)) {
      int fd = client.open(Command.MAP_GET_FD_BY_ID, id);
      one(shape(fd), pins);
      client.close(fd);
      client.reset();
    }
    if (tool.isJson()) {
      tool.json().endArray();
    }
  }

  private void header(Shape map) {
    String name = map.info().text("name");
    tool.out()
        .println(
            "%d: %s  %sflags 0x%x"
                .formatted(
                    map.info().u32("id"),
                    map.type().label(),
                    name.isEmpty() ? "" : "name " + name + "  ",
                    map.info().u32("map_flags")));
  }

  private void headerJson(Shape map) {
    JsonText json = tool.json();
    json.field("id", map.info().u32("id")).field("type", map.type().label());
    if (!map.info().text("name").isEmpty()) {
      json.field("name", map.info().text("name"));
    }
    json.field("flags", Integer.toUnsignedLong(map.info().u32("map_flags")));
  }

  private void one(Shape map, Map<Integer, List<String>> pins) {
    List<String> paths = pins.getOrDefault(map.info().u32("id"), List.of());
    String memlock = tool.fdinfo(map.fd(), "memlock");
    boolean frozen = "1".equals(tool.fdinfo(map.fd(), "frozen"));
    int btf = map.info().u32("btf_id");
    long entries = Integer.toUnsignedLong(map.info().u32("max_entries"));
    if (tool.isJson()) {
      JsonText json = tool.json();
      json.object();
      headerJson(map);
      json.field("bytes_key", map.keySize())
          .field("bytes_value", map.valueSize())
          .field("max_entries", entries);
      if (memlock != null) {
        json.field("bytes_memlock", Long.parseLong(memlock));
      }
      json.field("frozen", frozen ? 1 : 0);
      if (btf != 0) {
        json.field("btf_id", btf);
      }
      if (!paths.isEmpty()) {
        json.name("pinned").array();
        paths.forEach(json::text);
        json.endArray();
      }
      json.endObject();
      return;
    }
    header(map);
    StringBuilder text =
        new StringBuilder(
            "\tkey %dB  value %dB  max_entries %d"
                .formatted(map.keySize(), map.valueSize(), entries));
    if (memlock != null) {
      text.append("  memlock %sB".formatted(memlock));
    }
    paths.forEach(path -> text.append("\n\tpinned ").append(path));
    if (btf != 0 || frozen) {
      text.append("\n\t");
    }
    if (btf != 0) {
      text.append("btf_id ").append(btf);
    }
    if (frozen) {
      text.append(btf != 0 ? "  " : "").append("frozen");
    }
    tool.out().println(text);
  }

  // --- elements ---

  private void dump(Words words) {
    List<Integer> maps = tool.references(words, Tool.Kind.MAP);
    words.end();
    boolean many = maps.size() > 1;
    if (many && tool.isJson()) {
      tool.json().array();
    }
    for (int fd : maps) {
      Shape map = shape(fd);
      new MapEntries(tool, map).dump(many ? this::head : null);
    }
    if (many && tool.isJson()) {
      tool.json().endArray();
    }
  }

  private void head(Shape map) {
    if (tool.isJson()) {
      tool.json().object();
      headerJson(map);
      tool.json().name("elements");
    } else {
      header(map);
    }
  }

  private void lookup(Words words) {
    Shape map = shape(words);
    byte[] key = key(words, map, true);
    words.end();
    byte[] value;
    try {
      value = client.lookup(map.fd(), key, map.userValueSize());
    } catch (BpfClient.Failure failure) {
      throw new Refusal("lookup failed: " + Tool.words(failure));
    }
    if (value == null) {
      if (tool.isJson()) {
        tool.json().raw("null");
      } else {
        tool.out().println("key:\n" + Tool.hex(key) + "\n\nNot found");
      }
      throw new Silent();
    }
    new MapEntries(tool, map).one(key, value);
  }

  private void getNext(Words words) {
    Shape map = shape(words);
    byte[] key = words.isEmpty() ? null : key(words, map, true);
    byte[] next;
    try {
      next = client.nextKey(map.fd(), key, map.keySize());
    } catch (BpfClient.Failure failure) {
      throw new Refusal("can't get next key: " + Tool.words(failure));
    }
    if (next == null) {
      throw new Refusal("can't get next key: No such file or directory");
    }
    if (tool.isJson()) {
      tool.json().object().name("key");
      if (key == null) {
        tool.json().raw("null");
      } else {
        tool.hexArray(key);
      }
      tool.json().name("next_key");
      tool.hexArray(next);
      tool.json().endObject();
    } else {
      tool.out().println(key == null ? "key: None" : "key:\n" + Tool.hex(key));
      tool.out().println("next key:\n" + Tool.hex(next));
    }
  }

  private void delete(Words words) {
    Shape map = shape(words);
    byte[] key = key(words, map, true);
    words.end();
    try {
      client.delete(map.fd(), key);
    } catch (BpfClient.Failure failure) {
      throw new Refusal("delete failed: " + Tool.words(failure));
    }
    tool.nothing();
  }

  private void pop(Words words) {
    Shape map = shape(words);
    words.end();
    long value = client.allocate(map.userValueSize());
    long result =
        client
            .attr("key")
            .u32("map_fd", map.fd())
            .u64("value", value)
            .call(Command.MAP_LOOKUP_AND_DELETE_ELEM);
    if (result == -Errno.ENOENT) {
      if (tool.isJson()) {
        tool.json().raw("null");
      } else {
        tool.out().println("Error: empty map");
      }
      throw new Silent();
    }
    if (result < 0) {
      throw new Refusal("pop failed: " + Tool.words(new BpfClient.Failure((int) -result)));
    }
    new MapEntries(tool, map).one(new byte[0], client.read(value, map.userValueSize()));
  }

  private void update(Words words) {
    Shape map = shape(words);
    byte[] key = key(words, map, false);
    byte[] value = new byte[map.userValueSize()];
    if (words.accept("value")) {
      value = value(words, map);
    } else if (map.valueSize() != 0) {
      throw new Refusal("did not find value");
    }
    long flags = 0;
    if (words.accept("any")) {
      flags = 0;
    } else if (words.accept("noexist")) {
      flags = 1;
    } else if (words.accept("exist")) {
      flags = 2;
    }
    words.end();
    try {
      client.update(map.fd(), key, value, flags);
    } catch (BpfClient.Failure failure) {
      throw new Refusal("update failed: " + Tool.words(failure));
    }
    tool.nothing();
  }

  /** The key; optional for maps without keys. */
  private static byte[] key(Words words, Shape map, boolean only) {
    if (words.accept("key")) {
      return bytes(words, "key", map.keySize());
    }
    if (map.keySize() == 0) {
      return new byte[0];
    }
    throw new Refusal(
        only && words.isEmpty()
            ? "did not find key"
            : "expected 'key', got: %s".formatted(words.isEmpty() ? "" : words.peek()));
  }

  private byte[] value(Words words, Shape map) {
    boolean programs = map.type() == MapType.PROG_ARRAY;
    if (map.ofMaps() || programs) {
      if (map.valueSize() != 4) {
        throw new Refusal("value smaller than 4B for map in map?");
      }
      int fd = tool.reference(words, programs ? Tool.Kind.PROG : Tool.Kind.MAP);
      return new byte[] {(byte) fd, (byte) (fd >> 8), (byte) (fd >> 16), (byte) (fd >> 24)};
    }
    byte[] value = bytes(words, "value", map.valueSize());
    return Arrays.copyOf(value, map.userValueSize());
  }

  private static byte[] bytes(Words words, String what, int count) {
    int radix = 0;
    if (words.accept("hex")) {
      radix = 16;
    }
    byte[] bytes = new byte[count];
    int at = 0;
    for (; at < count && !words.isEmpty(); at++) {
      String word = words.peek();
      try {
        bytes[at] = (byte) (radix == 16 ? Integer.parseInt(strip(word), 16) : Integer.decode(word));
      } catch (NumberFormatException e) {
        throw new Refusal("error parsing byte: " + word);
      }
      words.take();
    }
    if (at != count) {
      throw new Refusal("%s expected %d bytes got %d".formatted(what, count, at));
    }
    return bytes;
  }

  private static String strip(String word) {
    return word.startsWith("0x") ? word.substring(2) : word;
  }

  // --- create ---

  private void create(Words words) {
    String path = words.take();
    BpfClient.Attr attr = client.attr("map_type");
    boolean named = false;
    while (!words.isEmpty()) {
      if (words.accept("type")) {
        MapType type = MapType.byLabel(words.peek());
        if (type == null) {
          throw new Refusal("unrecognized map type: " + words.peek());
        }
        words.take();
        attr.u32("map_type", type.id());
      } else if (words.accept("name")) {
        String name = words.take();
        attr.text("map_name", name.substring(0, Math.min(15, name.length())));
        named = true;
      } else if (words.accept("key")) {
        attr.u32("key_size", (int) words.number("key size"));
      } else if (words.accept("value")) {
        attr.u32("value_size", (int) words.number("value size"));
      } else if (words.accept("entries")) {
        attr.u32("max_entries", (int) words.number("max entries"));
      } else if (words.accept("flags")) {
        attr.u32("map_flags", (int) words.number("flags"));
      } else if (words.accept("inner_map")) {
        attr.u32("inner_map_fd", tool.reference(words, Tool.Kind.MAP));
      } else {
        throw new Refusal("unknown arg " + words.peek());
      }
    }
    if (!named) {
      throw new Refusal("map name not specified");
    }
    int fd;
    try {
      fd = attr.run(Command.MAP_CREATE);
    } catch (BpfClient.Failure failure) {
      throw new Refusal("map create failed: " + Tool.words(failure));
    }
    tool.pin(fd, path);
    tool.nothing();
  }

  /** Everything is said: only the exit status is left to tell. */
  static final class Silent extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Silent() {
      super("", null, false, false);
    }
  }

  /** Prints what stands before a map's elements. */
  interface Header {
    void print(Shape map);
  }

  /** The types of a map's contents, or null. */
  static @Nullable BtfValues values(Tool tool, Shape map) {
    int id = map.info().u32("btf_id");
    if (id == 0 || map.info().u32("btf_value_type_id") == 0) {
      return null;
    }
    return new BtfValues(BtfCommand.load(tool, id));
  }
}
