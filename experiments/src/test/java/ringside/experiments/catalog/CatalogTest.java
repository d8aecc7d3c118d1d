package ringside.experiments.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CatalogTest {
  private final Catalog catalog = Catalog.load();

  @Test
  void everyDirectoryIsAnExperiment() {
    assertTrue(catalog.find("packet-filter").orElseThrow() instanceof Workload);
    assertTrue(catalog.find("null-dereference").orElseThrow() instanceof Fault);
    assertEquals(Optional.empty(), catalog.find("no-such-thing"));
  }

  @Test
  void whatBothContestantsRunHasACoreThatStandsFirst() {
    int shared = 0;
    for (Experiment experiment : catalog.all()) {
      boolean module = experiment.sources().stream().anyMatch(s -> s.name().endsWith(".mod.c"));
      String first = experiment.sources().getFirst().name();
      // What only eBPF runs, such as a bug of the verifier, has its program first.
      assertTrue(module ? first.equals("core.h") : first.endsWith(".bpf.c"), experiment.name());
      shared += module ? 1 : 0;
    }
    assertEquals(6, shared);
  }

  @Test
  void aMisspeltNameFindsItsNeighbour() {
    assertEquals(Optional.of("packet-filter"), catalog.nearest("paket-filter"));
    assertEquals(Optional.of("infinite-loop"), catalog.nearest("infinite_lop"));
    assertEquals(Optional.empty(), catalog.nearest("zzzzzzzzzzzzzzzzzz"));
  }

  @Test
  void aRuleEncodesAsTheStructInTheCoreHeader() {
    ByteBuffer out = ByteBuffer.allocate(FilterRule.SIZE);
    new FilterRule("r", "drop", "tcp", "10.0.0.0/8", null, null, "22-23").encode(out);
    assertArrayEquals(
        HexFormat.of()
            .parseHex(
                "0a000000"
                    + "ff000000"
                    + "00000000"
                    + "00000000"
                    + "0000ffff"
                    + "16000100"
                    + "06ff0100"),
        out.array());
  }

  @Test
  void aRuleOfUnknownWordsIsRefused() {
    ByteBuffer out = ByteBuffer.allocate(FilterRule.SIZE);
    assertThrows(
        IllegalArgumentException.class,
        () -> new FilterRule("r", "burn", null, null, null, null, null).encode(out));
    out.clear();
    assertThrows(
        IllegalArgumentException.class,
        () -> new FilterRule("r", "drop", "sctpp", null, null, null, null).encode(out));
  }
}
