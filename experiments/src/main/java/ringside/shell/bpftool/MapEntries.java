package ringside.shell.bpftool;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.MapType;
import ringside.ebpf.uapi.BpfClient;
import ringside.kernel.core.Errno;

/** Prints a map's elements: as bytes, or by their types. */
final class MapEntries {
  private final Tool tool;
  private final MapCommand.Shape map;
  private final @Nullable BtfValues values;

  MapEntries(Tool tool, MapCommand.Shape map) {
    this.tool = tool;
    this.map = map;
    this.values = MapCommand.values(tool, map);
  }

  /** Prints all elements. */
  void dump(MapCommand.@Nullable Header header) {
    BpfClient client = tool.client();
    // Typed elements are JSON even where nobody asked for it.
    JsonText typed =
        tool.isJson() ? tool.json() : values != null ? new JsonText(tool.out(), true) : null;
    if (header != null && (typed == null || tool.isJson())) {
      header.print(map);
    }
    if (typed != null) {
      typed.array();
    }
    int count = 0;
    byte[] key = null;
    while ((key = client.nextKey(map.fd(), key, map.keySize())) != null) {
      try {
        byte[] value = client.lookup(map.fd(), key, map.userValueSize());
        if (value == null) {
          failed(key, Errno.ENOENT);
        } else {
          print(key, value, typed);
          count++;
        }
      } catch (BpfClient.Failure failure) {
        failed(key, failure.errno());
      }
      client.reset();
    }
    if (typed != null) {
      typed.endArray();
      if (header != null && tool.isJson()) {
        typed.endObject();
      }
    } else {
      tool.out().println("Found %d element%s".formatted(count, count == 1 ? "" : "s"));
    }
  }

  /** Prints one element. */
  void one(byte[] key, byte[] value) {
    print(
        key,
        value,
        tool.isJson() ? tool.json() : values != null ? new JsonText(tool.out(), true) : null);
  }

  private void print(byte[] key, byte[] value, @Nullable JsonText typed) {
    if (tool.isJson()) {
      json(key, value);
    } else if (typed != null && values != null) {
      values.entry(typed, map, key, value, true);
    } else {
      plain(key, value);
    }
  }

  private void failed(byte[] key, int errno) {
    boolean sparse = map.ofMaps() || map.type() == MapType.PROG_ARRAY;
    if (sparse && errno == Errno.ENOENT) {
      return;
    }
    String words = Tool.words(new BpfClient.Failure(errno));
    if (tool.isJson()) {
      tool.json().object().name("key");
      tool.hexArray(key);
      tool.json().name("value").object().field("error", words).endObject().endObject();
      return;
    }
    String message = errno == Errno.ENOENT ? "<no entry>" : words;
    boolean names = key.length > 16 || message.length() > 16;
    boolean single = key.length + message.length() <= 24 && !names;
    tool.out()
        .println(
            "key:%s%s%svalue:%s%s"
                .formatted(
                    names ? "\n" : " ",
                    Tool.hex(key),
                    single ? "  " : "\n",
                    names ? "\n" : " ",
                    message));
  }

  private void json(byte[] key, byte[] value) {
    JsonText json = tool.json();
    json.object().name("key");
    tool.hexArray(key);
    if (map.type().perCpu()) {
      json.name("values").array();
      for (int cpu = 0; cpu * stride() < value.length; cpu++) {
        json.object().field("cpu", cpu).name("value");
        tool.hexArray(part(value, cpu));
        json.endObject();
      }
      json.endArray();
    } else {
      json.name("value");
      tool.hexArray(value);
      if (map.ofMaps()) {
        json.field("inner_map_id", number(value));
      }
    }
    if (values != null) {
      json.name("formatted");
      values.entry(json, map, key, value, false);
    }
    json.endObject();
  }

  private int stride() {
    return (map.valueSize() + 7) & -8;
  }

  private byte[] part(byte[] value, int cpu) {
    return Arrays.copyOfRange(value, cpu * stride(), cpu * stride() + map.valueSize());
  }

  private static long number(byte[] value) {
    long number = 0;
    for (int i = Math.min(4, value.length) - 1; i >= 0; i--) {
      number = number << 8 | (value[i] & 0xff);
    }
    return number;
  }

  private void plain(byte[] key, byte[] value) {
    StringBuilder text = new StringBuilder();
    if (map.type().perCpu()) {
      if (key.length != 0) {
        text.append("key:\n").append(Tool.hex(key)).append('\n');
      }
      for (int cpu = 0; cpu * stride() < value.length; cpu++) {
        text.append(
            "value (CPU %02d):%s%s\n"
                .formatted(cpu, map.valueSize() > 16 ? "\n" : " ", Tool.hex(part(value, cpu))));
      }
      tool.out().print(text);
      return;
    }
    boolean names = key.length > 16 || value.length > 16;
    boolean single = key.length + value.length <= 24 && !names;
    if (key.length != 0) {
      text.append("key:").append(names ? '\n' : ' ').append(Tool.hex(key));
      text.append(single ? "  " : "\n");
    }
    if (value.length != 0) {
      String label = map.ofMaps() ? "inner_map_id:" : "value:";
      text.append(label).append(names ? '\n' : ' ');
      text.append(map.ofMaps() ? number(value) + " " : Tool.hex(value));
    }
    tool.out().println(text);
  }
}
