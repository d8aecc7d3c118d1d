package ringside.ebpf.cbpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.format.pcap.Capture;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

/** Filters that tcpdump compiled select what tcpdump selected. */
class TcpdumpTest {
  private static final String RESOURCES = "/ringside/ebpf/cbpf/";

  private record Golden(String expression, List<SockFilter> filter, List<Integer> selected) {}

  @Test
  void filtersSelectTheFramesThatTcpdumpSelects() throws IOException {
    List<byte[]> frames = frames();
    List<Golden> filters = filters();
    assertTrue(filters.size() > 50);
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      Bpf bpf = new Bpf(kernel);
      for (Golden golden : filters) {
        LoadResult loaded = bpf.loadClassic("tcpdump", golden.filter);
        LoadedProgram program = loaded.program();
        assertNotNull(program, () -> golden.expression + ": " + loaded.log());
        List<Integer> selected =
            IntStream.range(0, frames.size())
                .filter(i -> {
                  Packet packet = Packet.frame(frames.get(i));
                  return ClassicFilterTest.run(kernel, program, packet) != 0;
                })
                .boxed()
                .toList();
        assertEquals(golden.selected, selected, golden.expression);
        bpf.unload(program);
      }
    }
  }

  @Test
  void theDirectReadingSelectsThemToo() throws IOException {
    List<byte[]> frames = frames();
    for (Golden golden : filters()) {
      List<Integer> selected =
          IntStream.range(0, frames.size())
              .filter(i -> ClassicInterpreter.run(golden.filter, Packet.frame(frames.get(i))) != 0)
              .boxed()
              .toList();
      assertEquals(golden.selected, selected, golden.expression);
    }
  }

  @Test
  void textAndBytesComeBackAsTheyWere() throws IOException {
    for (Golden golden : filters()) {
      assertEquals(golden.filter, FilterText.parse("text", FilterText.decimal(golden.filter)));
      assertEquals(golden.filter, FilterText.parse("text", FilterText.initializers(golden.filter)));
      assertEquals(golden.filter, SockFilter.decodeAll(SockFilter.encodeAll(golden.filter)));
    }
  }

  @Test
  void listingsAreTcpdumps() throws IOException {
    String text = new String(resource("listings.txt"), StandardCharsets.UTF_8);
    int programs = 0;
    for (String part : text.split("(?m)^program ", -1)) {
      if (!part.isEmpty()) {
        String[] halves = part.split("\n", 2);
        List<String> expected = halves[1].lines().map(String::stripTrailing).toList();
        String listing = FilterListing.of(FilterText.parse("listing", halves[0]));
        assertEquals(expected, listing.lines().map(String::stripTrailing).toList());
        programs++;
      }
    }
    assertEquals(3, programs);
  }

  private static List<byte[]> frames() throws IOException {
    List<byte[]> frames = new ArrayList<>();
    Capture.parse(resource("mixed.pcap"), "mixed.pcap")
        .frames()
        .forEach(frame -> frames.add(frame.wire()));
    return frames;
  }

  private static List<Golden> filters() throws IOException {
    List<Golden> golden = new ArrayList<>();
    String expression = "";
    List<SockFilter> filter = List.of();
    String text = new String(resource("mixed-filters.txt"), StandardCharsets.UTF_8);
    for (String line : text.lines().toList()) {
      String[] words = line.split(" ", 2);
      switch (words[0]) {
        case "expression" -> expression = words[1];
        case "program" -> filter = FilterText.parse(expression, words[1]);
        case "selects" -> {
          List<Integer> selected =
              words[1].isEmpty()
                  ? List.of()
                  : List.of(words[1].split(" ")).stream().map(Integer::valueOf).toList();
          golden.add(new Golden(expression, filter, selected));
        }
        default -> {}
      }
    }
    return golden;
  }

  private static byte[] resource(String name) throws IOException {
    try (var in = TcpdumpTest.class.getResourceAsStream(RESOURCES + name)) {
      return in.readAllBytes();
    }
  }
}
