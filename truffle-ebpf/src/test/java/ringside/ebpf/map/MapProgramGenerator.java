package ringside.ebpf.map;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import ringside.ebpf.isa.Insn;

/**
 * Makes programs that call map helpers one after another, as requests of {@code prog batch}.
 *
 * <p>A program's result folds what each call returned, and the value that a lookup found, into one
 * number; the answer has the maps' contents besides.
 */
final class MapProgramGenerator {
  private static final int CALLS = 14;

  private final Random random;
  private final StringBuilder text = new StringBuilder();
  private int labels;

  MapProgramGenerator(long seed) {
    this.random = new Random(seed);
  }

  /** {@code SEED COUNT}: prints requests. */
  public static void main(String[] args) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    long seed = Long.parseLong(args[0]);
    for (int i = 0; i < Integer.parseInt(args[1]); i++) {
      out.println(new MapProgramGenerator(seed + i).request(i));
    }
  }

  private record Shape(MapType type, int key, int value, int entries, int flags) {}

  JsonObject request(int id) {
    List<Shape> shapes = List.of(shape(), shape(), shape());
    text.append("r9 = 0\n");
    for (int i = 0; i < CALLS; i++) {
      int map = random.nextInt(shapes.size());
      call(map, shapes.get(map));
    }
    text.append("r0 = r9\nexit\n");
    JsonObject request = new JsonObject();
    request.addProperty("id", id);
    request.addProperty("cmd", "run");
    request.addProperty("type", "xdp");
    StringBuilder hex = new StringBuilder();
    for (Insn insn : MapPrograms.assemble(text.toString())) {
      hex.append(HexFormat.of().formatHex(encode(insn)));
    }
    request.addProperty("hex", hex.toString());
    request.addProperty("repeat", 1 + random.nextInt(3));
    JsonArray maps = new JsonArray();
    for (Shape shape : shapes) {
      JsonObject map = new JsonObject();
      map.addProperty("type", shape.type().id());
      map.addProperty("key", shape.key());
      map.addProperty("value", shape.value());
      map.addProperty("entries", shape.entries());
      map.addProperty("flags", shape.flags());
      maps.add(map);
    }
    request.add("maps", maps);
    request.addProperty("dump_maps", 1);
    return request;
  }

  private static byte[] encode(Insn insn) {
    return new byte[] {
      (byte) insn.code(),
      (byte) (insn.dst() | (insn.src() << 4)),
      (byte) insn.off(),
      (byte) (insn.off() >> 8),
      (byte) insn.imm(),
      (byte) (insn.imm() >> 8),
      (byte) (insn.imm() >> 16),
      (byte) (insn.imm() >> 24)
    };
  }

  private Shape shape() {
    int seed = MapDescriptor.BPF_F_ZERO_SEED;
    int entries = 1 + random.nextInt(5);
    int value = 8 + random.nextInt(9);
    return switch (random.nextInt(11)) {
      case 0, 1 -> new Shape(MapType.HASH, 1 + random.nextInt(12), value, entries, seed);
      case 2 -> new Shape(MapType.HASH, 4, value, entries, seed | MapDescriptor.BPF_F_NO_PREALLOC);
      case 3 -> new Shape(MapType.ARRAY, 4, value, entries, 0);
      case 4 -> new Shape(MapType.PERCPU_ARRAY, 4, value, entries, 0);
      case 5 -> new Shape(MapType.PERCPU_HASH, 4, value, entries, seed);
      case 6 -> new Shape(MapType.LRU_HASH, 4, value, 300, seed);
      case 7 ->
          new Shape(
              MapType.LPM_TRIE,
              5 + random.nextInt(5),
              value,
              entries,
              MapDescriptor.BPF_F_NO_PREALLOC);
      case 8 -> new Shape(MapType.QUEUE, 0, 8, entries, 0);
      case 9 -> new Shape(MapType.STACK, 0, 8, entries, 0);
      default -> new Shape(MapType.RINGBUF, 0, 0, 4096, 0);
    };
  }

  private void call(int map, Shape shape) {
    switch (shape.type()) {
      case QUEUE, STACK -> queue(map);
      case RINGBUF -> ring(map);
      default -> element(map, shape);
    }
    text.append("r9 *= 31\nr9 += r0\n");
  }

  private void element(int map, Shape shape) {
    long key = random.nextInt(7);
    if (shape.type() == MapType.LPM_TRIE) {
      int longest = (shape.key() - 4) * 8;
      key = random.nextInt(longest + 2) | (long) random.nextInt(4) << 38;
    }
    text.append("r1 = %d ll\n*(u64 *)(r10 - 16) = r1\n".formatted(key));
    text.append("r1 = 0\n*(u64 *)(r10 - 8) = r1\n");
    text.append("r1 = %d ll\n".formatted(7700 + map)).append("r2 = r10\nr2 += -16\n");
    switch (random.nextInt(5)) {
      case 0, 1 -> {
        String label = "l" + labels++;
        text.append(
            "call 1\nif r0 == 0 goto %s\nr0 = *(u64 *)(r0 + 0)\n%s:\n".formatted(label, label));
      }
      case 2, 3 -> {
        text.append("r3 = %d\n".formatted(random.nextInt()));
        text.append("*(u64 *)(r10 - 32) = r3\n*(u64 *)(r10 - 24) = r3\n");
        text.append("r3 = r10\nr3 += -32\nr4 = %d\ncall 2\n".formatted(random.nextInt(4)));
      }
      default -> text.append("call 3\n");
    }
  }

  private void queue(int map) {
    text.append("r1 = %d\n*(u64 *)(r10 - 16) = r1\n".formatted(random.nextInt()));
    text.append("r1 = %d ll\n".formatted(7700 + map)).append("r2 = r10\nr2 += -16\n");
    switch (random.nextInt(4)) {
      case 0, 1 -> text.append("r3 = %d\ncall 87\n".formatted(random.nextInt(4)));
      case 2 -> text.append("call 88\nr1 = *(u64 *)(r10 - 16)\nr9 += r1\n");
      default -> text.append("call 89\nr1 = *(u64 *)(r10 - 16)\nr9 += r1\n");
    }
  }

  private void ring(int map) {
    text.append("r1 = 7\n*(u64 *)(r10 - 16) = r1\n");
    text.append("r1 = %d ll\n".formatted(7700 + map));
    switch (random.nextInt(4)) {
      case 0 ->
          text.append(
              "r2 = r10\nr2 += -16\nr3 = 8\nr4 = %d\ncall 130\n".formatted(random.nextInt(4)));
      case 1 -> text.append("r2 = %d\ncall 134\n".formatted(random.nextInt(6)));
      default -> {
        String label = "l" + labels++;
        text.append("r2 = %d\nr3 = 0\ncall 131\n".formatted(8 * random.nextInt(1, 300)));
        text.append(
            "if r0 == 0 goto %s\n*(u64 *)(r0 + 0) = r9\nr1 = r0\nr2 = 0\n".formatted(label));
        text.append("call %d\nr0 = 1\n%s:\n".formatted(132 + random.nextInt(2), label));
      }
    }
  }
}
