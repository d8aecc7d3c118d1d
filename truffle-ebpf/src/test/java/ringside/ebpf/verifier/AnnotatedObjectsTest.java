package ringside.ebpf.verifier;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Runs over the kernel's annotated verifier tests, compiled beforehand into the directory that
 * {@code ringside.verifier.annotated} names; see CONTRIBUTING.
 */
@EnabledIfSystemProperty(named = "ringside.verifier.annotated", matches = ".+")
class AnnotatedObjectsTest {
  private static final double VERDICTS = 0.98;
  private static final double MESSAGES = 0.90;

  @Test
  void judgesAsTheirAnnotationsSay() throws IOException {
    AnnotatedObjects run = new AnnotatedObjects();
    run.run(Path.of(System.getProperty("ringside.verifier.annotated")), null);
    System.out.println(run.summary());
    assertAll(
        () -> assertTrue(!run.outcomes.isEmpty(), "no annotated programs found"),
        () -> assertTrue(run.unread.isEmpty(), () -> "unread: " + run.unread),
        () -> assertTrue(run.verdicts() >= VERDICTS, run::summary),
        () -> assertTrue(run.messages() >= MESSAGES, run::summary));
  }
}
