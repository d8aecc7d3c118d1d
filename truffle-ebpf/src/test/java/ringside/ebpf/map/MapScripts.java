package ringside.ebpf.map;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

/**
 * Makes random scripts of map commands, and answers scripts; how the golden file came about.
 *
 * <p>Hash tables get {@code BPF_F_ZERO_SEED}, so that even the order of keys must be the kernel's.
 */
final class MapScripts {
  private static final int ZERO_SEED = MapDescriptor.BPF_F_ZERO_SEED;
  private static final int[] ODD_FLAGS = {
    0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 128, 256, 1024, 2048, 4096
  };

  private final Random random;
  private final List<String> lines = new ArrayList<>();
  private int keySize;
  private int valueSize;

  MapScripts(long seed) {
    this.random = new Random(seed);
  }

  /** {@code generate SEED COUNT} prints scripts; {@code answer} answers those on standard input. */
  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    if (args[0].equals("generate")) {
      for (int i = 0; i < Integer.parseInt(args[2]); i++) {
        new MapScripts(Long.parseLong(args[1]) + i).script().forEach(out::println);
        out.println();
      }
    } else {
      answer(out);
    }
    out.flush();
  }

  private static void answer(PrintStream out) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      MapScript script = new MapScript(kernel, 2);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.isBlank()) {
          script.close();
          script = new MapScript(kernel, 2);
          out.println();
        } else {
          out.println(script.run(line));
        }
      }
      script.close();
    }
  }

  /** One script: a map, perhaps with inner maps, and commands on it. */
  List<String> script() {
    MapType type =
        pick(
            MapType.HASH,
            MapType.HASH,
            MapType.ARRAY,
            MapType.PERCPU_HASH,
            MapType.PERCPU_ARRAY,
            MapType.LRU_HASH,
            MapType.LRU_HASH,
            MapType.LRU_PERCPU_HASH,
            MapType.LPM_TRIE,
            MapType.LPM_TRIE,
            MapType.ARRAY_OF_MAPS,
            MapType.HASH_OF_MAPS,
            MapType.QUEUE,
            MapType.STACK,
            MapType.BLOOM_FILTER,
            MapType.PROG_ARRAY,
            MapType.PERF_EVENT_ARRAY,
            MapType.STACK_TRACE,
            MapType.DEVMAP,
            MapType.DEVMAP_HASH,
            MapType.CPUMAP,
            MapType.RINGBUF,
            MapType.USER_RINGBUF,
            MapType.ARENA);
    int index = 0;
    if (type.holdsMaps()) {
      lines.add("M 2 4 8 3 0 0 -1");
      lines.add("M 2 4 8 3 0 0 -1");
      lines.add("M 2 4 8 " + random.nextInt(3, 5) + " 0 0 -1");
      index = 3;
    }
    create(type, random.nextInt(12) == 0);
    int commands = 20 + random.nextInt(30);
    for (int i = 0; i < commands; i++) {
      command(type, index);
    }
    return lines;
  }

  private void create(MapType type, boolean odd) {
    int entries = 1 + random.nextInt(random.nextBoolean() ? 8 : 40);
    keySize = 4;
    valueSize = 1 + random.nextInt(20);
    int flags = 0;
    long extra = 0;
    switch (type) {
      case HASH, PERCPU_HASH -> {
        keySize = 1 + random.nextInt(30);
        flags = ZERO_SEED | (random.nextInt(3) == 0 ? MapDescriptor.BPF_F_NO_PREALLOC : 0);
      }
      case LRU_HASH, LRU_PERCPU_HASH -> {
        keySize = 1 + random.nextInt(9);
        entries = 2 + random.nextInt(random.nextBoolean() ? 8 : 300);
        flags = ZERO_SEED | (random.nextInt(3) == 0 ? MapDescriptor.BPF_F_NO_COMMON_LRU : 0);
      }
      case LPM_TRIE -> {
        keySize = 5 + random.nextInt(13);
        flags = MapDescriptor.BPF_F_NO_PREALLOC;
      }
      case HASH_OF_MAPS -> {
        keySize = 1 + random.nextInt(9);
        valueSize = 4;
        flags = ZERO_SEED;
      }
      case ARRAY_OF_MAPS, PROG_ARRAY, PERF_EVENT_ARRAY -> valueSize = 4;
      case QUEUE, STACK -> keySize = 0;
      case BLOOM_FILTER -> {
        keySize = 0;
        flags = ZERO_SEED;
        extra = random.nextInt(17);
      }
      case STACK_TRACE -> valueSize = 8 * (1 + random.nextInt(3));
      case DEVMAP, DEVMAP_HASH -> valueSize = random.nextBoolean() ? 4 : 8;
      case CPUMAP -> {
        entries = 2;
        valueSize = random.nextBoolean() ? 4 : 8;
      }
      case RINGBUF, USER_RINGBUF -> {
        keySize = 0;
        valueSize = 0;
        entries = 4096 << random.nextInt(3);
      }
      case ARENA -> {
        keySize = 0;
        valueSize = 0;
        flags = MapDescriptor.BPF_F_MMAPABLE;
      }
      default -> {
        // an array
      }
    }
    if (odd) {
      flags ^= ODD_FLAGS[random.nextInt(ODD_FLAGS.length)];
      switch (random.nextInt(4)) {
        case 0 -> keySize = random.nextInt(6);
        case 1 -> valueSize = random.nextInt(12);
        case 2 -> entries = random.nextInt(2);
        default -> extra = random.nextInt(3);
      }
    }
    lines.add(
        "M %d %d %d %d %d %d %d"
            .formatted(
                type.id(),
                keySize,
                valueSize,
                entries,
                flags,
                extra,
                type.holdsMaps() ? 2 * random.nextInt(2) : -1));
  }

  private void command(MapType type, int map) {
    int what = random.nextInt(100);
    if (what < 45) {
      lines.add("u %d %s %s %d".formatted(map, key(type), value(type), flags()));
    } else if (what < 60) {
      String asked = type == MapType.BLOOM_FILTER ? " " + value(type) : "";
      lines.add("l %d %s %d%s".formatted(map, key(type), odd(), asked));
    } else if (what < 70) {
      lines.add("d %d %s".formatted(map, key(type)));
    } else if (what < 80) {
      lines.add("n %d %s".formatted(map, random.nextInt(4) == 0 ? "-" : key(type)));
    } else if (what < 86) {
      lines.add("p %d %s %d".formatted(map, key(type), odd()));
    } else if (what < 90) {
      lines.add(
          "b %d - %d %d %d %d"
              .formatted(map, random.nextInt(50), odd(), odd() / 4, random.nextInt(2)));
    } else if (what < 93 && keySize != 0) {
      batch(type, map, true);
    } else if (what < 95 && keySize != 0) {
      batch(type, map, false);
    } else if (what == 99 && random.nextInt(4) == 0) {
      lines.add("z " + map);
    } else {
      lines.add("u %d %s %s 0".formatted(map, key(type), value(type)));
    }
  }

  private void batch(MapType type, int map, boolean update) {
    int count = 1 + random.nextInt(6);
    StringBuilder line = new StringBuilder(update ? "B " : "D ").append(map + " " + count);
    for (int i = 0; i < count; i++) {
      line.append(' ').append(key(type));
      if (update) {
        line.append(' ').append(type.holdsMaps() ? "ff" : value(type));
      }
    }
    lines.add(line.toString());
  }

  private int odd() {
    return random.nextInt(10) == 0 ? 4 : 0;
  }

  private int flags() {
    return random.nextInt(3) == 0 ? random.nextInt(6) : 0;
  }

  private String key(MapType type) {
    if (keySize == 0) {
      return random.nextInt(20) == 0 ? "00" : "-";
    }
    byte[] key = new byte[keySize];
    int range = random.nextBoolean() ? 8 : 60;
    key[0] = (byte) random.nextInt(range);
    if (type == MapType.LPM_TRIE && keySize > 4) {
      for (int i = 4; i < keySize; i++) {
        key[i] = (byte) (random.nextInt(3) * 0x55);
      }
      int longest = (keySize - 4) * 8;
      key[0] = (byte) (random.nextInt(8) == 0 ? longest + 1 : random.nextInt(longest + 1));
    } else if (keySize > 4) {
      key[keySize - 1] = (byte) random.nextInt(2);
    } else if (type == MapType.CPUMAP) {
      key[0] = (byte) random.nextInt(3);
    }
    return HexFormat.of().formatHex(key);
  }

  private String value(MapType type) {
    if (valueSize == 0) {
      return ".";
    }
    byte[] value = new byte[valueSize];
    switch (type) {
      case ARRAY_OF_MAPS, HASH_OF_MAPS -> value[0] = (byte) random.nextInt(5);
      case PROG_ARRAY, PERF_EVENT_ARRAY -> value[3] = 1;
      case DEVMAP, DEVMAP_HASH -> value[0] = (byte) random.nextInt(2);
      case CPUMAP -> {
        value[0] = (byte) random.nextInt(3);
        value[1] = (byte) (random.nextInt(9) == 0 ? 127 : 0);
      }
      case BLOOM_FILTER -> value[0] = (byte) random.nextInt(6);
      default -> random.nextBytes(value);
    }
    return HexFormat.of().formatHex(value);
  }

  private MapType pick(MapType... types) {
    return types[random.nextInt(types.length)];
  }
}
