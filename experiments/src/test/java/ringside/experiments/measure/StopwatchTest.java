package ringside.experiments.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

class StopwatchTest {
  private long now;
  private final List<String> order = new ArrayList<>();

  @Test
  void warmUpIsNotInTheSamples() {
    // Cold for the first 100,000 events, then ten times as fast.
    List<Measured> measured =
        stopwatch().measure(List.of(subject("a", events -> events < 100_000 ? 1_000 : 100)));
    assertEquals(15, measured.getFirst().nsPerEvent().size());
    for (double sample : measured.getFirst().nsPerEvent()) {
      assertEquals(100, sample);
    }
    assertEquals(1_000, measured.getFirst().warmup().firstNsPerEvent());
    assertTrue(measured.getFirst().warmup().steady());
  }

  @Test
  void blocksGoRoundTheSubjects() {
    stopwatch().measure(List.of(subject("a", e -> 100), subject("b", e -> 200)));
    List<String> last = order.subList(order.size() - 30, order.size());
    for (int i = 0; i < 30; i++) {
      assertEquals(i % 2 == 0 ? "a" : "b", last.get(i));
    }
  }

  @Test
  void aCostThatKeepsFallingIsReportedAsNotSteady() {
    List<Measured> measured =
        stopwatch()
            .measure(
                List.of(subject("a", events -> Math.max(1, 1_500_000_000L / (events + 1_000)))));
    assertFalse(measured.getFirst().warmup().steady());
    assertTrue(measured.getFirst().warmup().seconds() >= Stopwatch.Settings.QUICK.maxWarmup());
  }

  private Stopwatch stopwatch() {
    return new Stopwatch(Stopwatch.Settings.QUICK, () -> now);
  }

  private Subject subject(String name, LongUnaryOperator cost) {
    return new Subject() {
      private long events;

      @Override
      public int eventsPerPass() {
        return 100;
      }

      @Override
      public void run(int passes) {
        order.add(name);
        for (int i = 0; i < passes; i++) {
          now += 100 * cost.applyAsLong(events);
          events += 100;
        }
      }
    };
  }
}
