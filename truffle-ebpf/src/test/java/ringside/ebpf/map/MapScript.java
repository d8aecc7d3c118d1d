package ringside.ebpf.map;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.kernel.Kernel;

/**
 * Runs a script of bpf(2) map commands and says what each answered.
 *
 * <p>A line is a command; the forms are those of {@code map-scripts.txt}: {@code M} creates a map,
 * {@code u l d n p} are update, lookup, delete, next key, lookup and delete, {@code b B D} are
 * batches, {@code z} freezes.
 */
final class MapScript implements AutoCloseable {
  private final MapTable table;
  private final List<@Nullable BpfMap> maps = new ArrayList<>();

  /** Reckons with as many processors as the machine that answered the golden scripts. */
  MapScript(Kernel kernel, int cpus) {
    this.table = new MapTable(kernel.core(), cpus);
  }

  String run(String line) {
    String[] words = line.split(" ", -1);
    if (words[0].equals("M")) {
      return create(words);
    }
    BpfMap map = maps.get(Integer.parseInt(words[1]));
    if (map == null) {
      return switch (words[0]) {
        case "b" -> "9 " + words[3] + " . .";
        case "B", "D" -> "9 " + words[2];
        default -> "9";
      };
    }
    UserMap user =
        new UserMap(
            map,
            new BpfMap.Descriptors() {
              @Override
              public @Nullable BpfMap map(int fd) {
                return fd >= 0 && fd < maps.size() ? maps.get(fd) : null;
              }
            });
    if (forbidden(map.descriptor(), words)) {
      return words[0].equals("b") || words[0].equals("B") || words[0].equals("D")
          ? "1 " + words[words[0].equals("b") ? 3 : 2] + (words[0].equals("b") ? " . ." : "")
          : "1";
    }
    boolean descriptors = map.descriptor().type().holdsMaps();
    return switch (words[0]) {
      case "u" ->
          String.valueOf(user.update(key(words[2]), padded(words[3], user), number(words[4])));
      case "l" ->
          answer(
              user.lookup(
                  key(words[2]),
                  words.length > 4 ? padded(words[4], user) : null,
                  number(words[3])),
              descriptors);
      case "d" -> String.valueOf(user.delete(key(words[2])));
      case "n" -> answer(user.nextKey(key(words[2])), false);
      case "p" -> answer(user.lookupAndDelete(key(words[2]), number(words[3])), descriptors);
      case "b" ->
          batch(
              user.lookupBatch(
                  key(words[2]),
                  Integer.parseInt(words[3]),
                  number(words[4]),
                  number(words[5]),
                  words[6].equals("1")),
              descriptors);
      case "B" -> updateBatch(user, words);
      case "D" -> deleteBatch(user, words);
      case "z" -> String.valueOf(-map.freeze());
      default -> throw new IllegalArgumentException(line);
    };
  }

  /** What the descriptor of a read-only or write-only map does not allow. */
  private static boolean forbidden(MapDescriptor shape, String[] words) {
    boolean writes = "updBDz".contains(words[0]) || (words[0].equals("b") && words[6].equals("1"));
    boolean reads = "lnpb".contains(words[0]);
    return (shape.has(MapDescriptor.BPF_F_RDONLY) && writes)
        || (shape.has(MapDescriptor.BPF_F_WRONLY) && reads);
  }

  private String create(String[] words) {
    int inner = Integer.parseInt(words[7]);
    BpfMap template = inner < 0 ? null : maps.get(inner);
    MapType type = MapType.byId(Integer.parseInt(words[1]));
    MapDescriptor shape =
        MapDescriptor.of(
                type == null ? MapType.UNSPEC : type,
                (int) number(words[2]),
                (int) number(words[3]),
                (int) number(words[4]))
            .withFlags((int) number(words[5]))
            .withMapExtra(number(words[6]))
            .withInner(template == null ? null : template.descriptor());
    try {
      maps.add(table.create(shape));
      return "0";
    } catch (MapException e) {
      maps.add(null);
      return String.valueOf(e.errno());
    }
  }

  private static String updateBatch(UserMap user, String[] words) {
    List<byte[]> keys = new ArrayList<>();
    List<byte[]> values = new ArrayList<>();
    for (int i = 3; i < words.length; i += 2) {
      keys.add(hex(words[i]));
      values.add(padded(words[i + 1], user));
    }
    UserMap.Batch done = user.updateBatch(keys, values, 0);
    return done.errno() + " " + done.count();
  }

  private static String deleteBatch(UserMap user, String[] words) {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 3; i < words.length; i++) {
      keys.add(hex(words[i]));
    }
    UserMap.Batch done = user.deleteBatch(keys, 0);
    return done.errno() + " " + done.count();
  }

  private static String answer(UserMap.Answer answer, boolean hidden) {
    return answer.errno() != 0
        ? String.valueOf(answer.errno())
        : "0 " + text(answer.bytes(), hidden);
  }

  private static String batch(UserMap.Batch batch, boolean hidden) {
    String head = batch.errno() + " " + batch.count() + " ";
    return batch.errno() == 0 || batch.errno() == 2
        ? head + joined(batch.keys(), false) + " " + joined(batch.values(), hidden)
        : head + ". .";
  }

  private static String joined(List<byte[]> parts, boolean hidden) {
    StringBuilder text = new StringBuilder();
    for (byte[] part : parts) {
      text.append(hidden ? "" : HexFormat.of().formatHex(part));
    }
    return text.isEmpty() ? "." : text.toString();
  }

  /** Ids of inner maps differ from kernel to kernel. */
  private static String text(byte[] bytes, boolean hidden) {
    return bytes.length == 0 || hidden ? "." : HexFormat.of().formatHex(bytes);
  }

  private static byte @Nullable [] key(String word) {
    return word.equals("-") ? null : hex(word);
  }

  private static byte[] padded(String word, UserMap user) {
    return java.util.Arrays.copyOf(hex(word), user.valueSize());
  }

  private static byte[] hex(String word) {
    return word.equals(".") ? new byte[0] : HexFormat.of().parseHex(word);
  }

  private static long number(String word) {
    return Long.decode(word);
  }

  @Override
  public void close() {
    for (BpfMap map : maps) {
      if (map != null) {
        table.destroy(map);
      }
    }
  }
}
