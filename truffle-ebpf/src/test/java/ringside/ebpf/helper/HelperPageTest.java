package ringside.ebpf.helper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import ringside.ebpf.isa.ProgramType;

/**
 * {@code docs/helpers.md} says of each of Linux's helpers whether it is here; {@code
 * -Dringside.pages.write=true} writes it anew.
 */
class HelperPageTest {
  private static final HelperRegistry REGISTRY = HelperRegistry.of(HelperFamilies.CLASSES);

  @Test
  void thePageIsCurrent() throws IOException {
    Path page = Path.of("..", "docs", "helpers.md");
    if (Boolean.getBoolean("ringside.pages.write")) {
      Files.writeString(page, page());
    }
    assertEquals(page(), Files.readString(page));
  }

  @Test
  void everyHelperThatIsHereIsNotAmongTheMissing() {
    for (HelperPrototype prototype : REGISTRY.all()) {
      assertEquals("", MissingHelpers.need(prototype.id()), prototype.name());
    }
  }

  @Test
  void everyHelperHereExistsInLinuxAndSomeTypeMayCallIt() {
    for (HelperPrototype prototype : REGISTRY.all()) {
      assertTrue(HelperCatalog.exists(prototype.id()), prototype.name());
      assertFalse(types(prototype.id()).isEmpty(), prototype.name());
    }
  }

  @Test
  void mostOfLinuxsHelpersAreHere() {
    assertTrue(REGISTRY.all().size() >= 110, REGISTRY.all().size() + " helpers");
  }

  private static List<ProgramType> types(int id) {
    List<ProgramType> types = new ArrayList<>();
    for (ProgramType type : ProgramType.values()) {
      if (HelperCatalog.allows(type, id)) {
        types.add(type);
      }
    }
    return types;
  }

  private static String page() {
    StringBuilder text =
        new StringBuilder(
            """
            # Helpers

            Every helper that Linux 6.18 has, and whether it is in the simulated kernel. A program that calls one which is not
            is refused at load, by name. This page is written by `HelperPageTest` with `-Dringside.pages.write=true`.

            """);
    long here = REGISTRY.all().size();
    text.append("%d of %d are done.\n\n".formatted(here, HelperCatalog.count() - 1));
    text.append("| id | helper | state | program types |\n|---|---|---|---|\n");
    long linux =
        List.of(ProgramType.values()).stream().filter(t -> t != ProgramType.UNSPEC).count();
    for (int id = 1; id < HelperCatalog.count(); id++) {
      List<ProgramType> types = types(id);
      String need = MissingHelpers.need(id);
      String state =
          REGISTRY.prototype(id) != null
              ? "done"
              : need.isEmpty() ? "refused: not written yet" : "refused: the kernel has no " + need;
      String who =
          types.isEmpty()
              ? "none of those measured"
              : types.size() > linux - 8
                  ? "all"
                  : types.stream().map(ProgramType::label).collect(Collectors.joining(", "));
      text.append("| %d | `%s` | %s | %s |\n".formatted(id, HelperCatalog.name(id), state, who));
    }
    return text.toString();
  }
}
