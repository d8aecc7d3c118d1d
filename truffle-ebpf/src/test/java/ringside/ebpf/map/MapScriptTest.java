package ringside.ebpf.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

/**
 * Answers scripts of map commands as a real kernel did.
 *
 * <p>{@code map-scripts.txt.gz} has what Linux 6.18 on two processors, all commands on the first,
 * answered to scripts of {@link MapScripts}: a command and its answer a line, an empty line behind
 * each script.
 */
class MapScriptTest {
  private static final int CPUS = 2;

  @Test
  void everyCommandIsAnsweredAsByLinux() throws IOException {
    Map<MapType, Integer> scripts = new EnumMap<>(MapType.class);
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults());
        BufferedReader in = open()) {
      MapScript script = new MapScript(kernel, CPUS);
      int number = 1;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.isEmpty()) {
          script.close();
          script = new MapScript(kernel, CPUS);
        } else {
          int tab = line.indexOf('\t');
          String command = line.substring(0, tab);
          assertEquals(
              line.substring(tab + 1), script.run(command), "line " + number + ": " + command);
          if (command.startsWith("M ")) {
            MapType type = MapType.byId(Integer.parseInt(command.split(" ", -1)[1]));
            scripts.merge(Objects.requireNonNull(type), 1, Integer::sum);
          }
        }
        number++;
      }
      script.close();
    }
    for (MapType type :
        List.of(MapType.HASH, MapType.LRU_HASH, MapType.LPM_TRIE, MapType.HASH_OF_MAPS)) {
      assertTrue(scripts.getOrDefault(type, 0) > 5, "scripts of " + type.label());
    }
  }

  @Test
  void allMemoryComesBack() {
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      for (long seed = 1; seed <= 60; seed++) {
        List<String> lines = new MapScripts(seed).script();
        // The first run lets the slab take pages that it keeps.
        replay(kernel, lines);
        int free = kernel.core().frames().freePages();
        replay(kernel, lines);
        assertEquals(free, kernel.core().frames().freePages(), "seed " + seed);
      }
    }
  }

  private static void replay(Kernel kernel, List<String> lines) {
    try (MapScript script = new MapScript(kernel, CPUS)) {
      lines.forEach(script::run);
    }
  }

  private static BufferedReader open() throws IOException {
    return new BufferedReader(
        new InputStreamReader(
            new GZIPInputStream(
                Objects.requireNonNull(
                    MapScriptTest.class.getResourceAsStream(
                        "/ringside/ebpf/map/map-scripts.txt.gz"))),
            StandardCharsets.UTF_8));
  }
}
