package ringside.reports.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import ringside.reports.model.Estimate;

class SamplesTest {
  @Test
  void medianIsTheMiddleOrTheMeanOfTheTwoMiddleValues() {
    assertEquals(3, new Samples(9, 1, 3).median());
    assertEquals(2.5, new Samples(4, 1, 3, 2).median());
  }

  @Test
  void madIgnoresOneWildValue() {
    assertEquals(1, new Samples(1, 2, 3, 4, 1_000_000).mad());
  }

  @Test
  void theSameSamplesGiveTheSameInterval() {
    Samples samples = new Samples(5, 7, 6, 9, 5.5, 6.5);
    assertEquals(samples.estimate(), samples.estimate());
  }

  @Test
  void theIntervalCoversTheTrueMedianAboutAsOftenAsItSays() {
    SplittableRandom random = new SplittableRandom(1);
    int covered = 0;
    for (int i = 0; i < 200; i++) {
      double[] drawn = random.doubles(15).toArray();
      Estimate estimate = new Samples(drawn).estimate();
      covered += estimate.low() <= 0.5 && 0.5 <= estimate.high() ? 1 : 0;
    }
    assertTrue(covered >= 180, covered + " of 200");
  }

  @Test
  void aRatioOfPairedRoundsIsNotWidenedByNoiseThatHitBoth() {
    double[] base = {10, 20, 30, 40, 50, 60};
    double[] twice = {20, 40, 60, 80, 100, 120};
    Estimate ratio = new Samples(twice).ratioTo(new Samples(base));
    assertEquals(2, ratio.median());
    assertEquals(0, ratio.mad());
    assertEquals(2, ratio.low(), 1e-12);
    assertEquals(2, ratio.high(), 1e-12);
  }

  @Test
  void unusableSamplesAreRefused() {
    assertThrows(IllegalArgumentException.class, Samples::new);
    assertThrows(IllegalArgumentException.class, () -> new Samples(1, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new Samples(1, 2).ratioTo(new Samples(1)));
    assertThrows(IllegalArgumentException.class, () -> new Samples(1).ratioTo(new Samples(0)));
  }
}
