package ringside.ebpf.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import ringside.ebpf.loader.MapRefused;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadResult;
import ringside.format.BadInputException;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

/**
 * Reads all objects below a directory, {@code -Dringside.objects=DIR}, and tells what came of them.
 *
 * <p>An object may be refused with a reason, and nothing else may happen.
 */
@EnabledIfSystemProperty(named = "ringside.objects", matches = ".+")
class ObjectCollectionTest {
  @Test
  void eachObjectIsReadOrRefusedWithAReason() throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(Path.of(System.getProperty("ringside.objects")))) {
      files = walk.filter(Files::isRegularFile).filter(p -> isObject(p)).sorted().toList();
    }
    assertFalse(files.isEmpty());
    TreeMap<String, List<String>> refused = new TreeMap<>();
    TreeMap<String, Integer> verdicts = new TreeMap<>();
    List<String> crashes = new ArrayList<>();
    int read = 0;
    for (Path file : files) {
      try {
        BpfObject object = ObjectReader.parse(file.toString(), Files.readAllBytes(file));
        read++;
        load(object, verdicts, crashes, file);
      } catch (BadInputException e) {
        refused.computeIfAbsent(e.what(), w -> new ArrayList<>()).add(file.toString());
      } catch (RuntimeException e) {
        crashes.add(file + ": " + e + " at " + e.getStackTrace()[0]);
      }
    }
    System.out.printf("%d objects, %d read, %d refused%n", files.size(), read, files.size() - read);
    refused.forEach((reason, who) -> System.out.println(who.size() + "  " + reason + "  " + who));
    verdicts.forEach((verdict, count) -> System.out.println(count + "  " + verdict));
    assertEquals(List.of(), crashes);
  }

  private static boolean isObject(Path file) {
    try {
      byte[] content = Files.readAllBytes(file);
      return file.toString().endsWith(".o")
          || (content.length > 4 && content[0] == 0x7f && content[1] == 'E' && content[2] == 'L');
    } catch (IOException e) {
      return false;
    }
  }

  private static void load(
      BpfObject object, Map<String, Integer> verdicts, List<String> crashes, Path file) {
    if (System.getProperty("ringside.objects.load") == null) {
      return;
    }
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults().withRamBytes(256 << 20))) {
      Bpf bpf = new Bpf(kernel);
      ObjectLoader loader;
      try {
        loader = ObjectLoader.open(bpf, object);
      } catch (MapRefused e) {
        verdicts.merge("object: " + e.what(), 1, Integer::sum);
        return;
      }
      for (ProgramDefinition program : object.programs()) {
        String verdict;
        try {
          LoadResult result = bpf.load(loader.request(program));
          verdict = result.accepted() ? "loaded" : "program: " + result.lastLine();
        } catch (BadInputException e) {
          verdict = "program: " + e.what().replaceFirst("prog '[^']*'", "prog");
        }
        verdicts.merge(verdict, 1, Integer::sum);
      }
    } catch (RuntimeException e) {
      crashes.add(file + ": loading: " + e + " at " + e.getStackTrace()[0]);
    }
  }
}
