package ringside.reports.stats;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import ringside.reports.model.Estimate;

/** Measured values, and summaries of them. */
public final class Samples {
  /** Resamplings of a bootstrap; enough for two stable digits of a 95 % interval. */
  private static final int RESAMPLES = 2_000;

  private static final long SEED = 0x52494e47;

  private final double[] values;

  /**
   * Takes the values in the order of measurement.
   *
   * @throws IllegalArgumentException if there are none or one is not finite
   */
  public Samples(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no samples");
    }
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("sample " + value + " is not a finite number");
      }
    }
    this.values = values.clone();
  }

  /**
   * Takes the values of a list.
   *
   * @throws IllegalArgumentException if there are none or one is not finite
   */
  public static Samples of(List<Double> values) {
    return new Samples(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** The middle value, or the mean of the two middle ones. */
  public double median() {
    return median(values.clone());
  }

  /** The median absolute deviation from the median, unscaled. */
  public double mad() {
    double median = median();
    double[] deviations = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      deviations[i] = Math.abs(values[i] - median);
    }
    return median(deviations);
  }

  /** Median, deviation, and the percentile-bootstrap 95 % interval of the median. */
  public Estimate estimate() {
    double[] drawn = new double[values.length];
    double[] interval =
        interval(random -> {
          for (int i = 0; i < drawn.length; i++) {
            drawn[i] = values[random.nextInt(values.length)];
          }
          return median(drawn);
        });
    return new Estimate(median(), mad(), interval[0], interval[1], values.length);
  }

  /**
   * How many times the baseline's these values are.
   *
   * <p>Sample i of both was taken in the same round, so rounds are resampled whole: a disturbance
   * that hit both does not widen the interval.
   *
   * @return the ratio of the medians, the deviation of the per-round ratios, and the 95 % interval
   * @throws IllegalArgumentException if the rounds differ in number or the baseline is not positive
   */
  public Estimate ratioTo(Samples baseline) {
    int n = values.length;
    if (baseline.values.length != n) {
      throw new IllegalArgumentException(
          n + " samples against " + baseline.values.length + " of the baseline");
    }
    double[] ratios = new double[n];
    for (int i = 0; i < n; i++) {
      if (baseline.values[i] <= 0) {
        throw new IllegalArgumentException("baseline sample " + baseline.values[i]);
      }
      ratios[i] = values[i] / baseline.values[i];
    }
    double[] above = new double[n];
    double[] below = new double[n];
    double[] interval =
        interval(random -> {
          for (int i = 0; i < n; i++) {
            int round = random.nextInt(n);
            above[i] = values[round];
            below[i] = baseline.values[round];
          }
          return median(above) / median(below);
        });
    return new Estimate(
        median() / baseline.median(), new Samples(ratios).mad(), interval[0], interval[1], n);
  }

  private static double[] interval(ToDoubleFunction<SplittableRandom> resample) {
    SplittableRandom random = new SplittableRandom(SEED);
    double[] medians = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      medians[i] = resample.applyAsDouble(random);
    }
    Arrays.sort(medians);
    return new double[] {medians[RESAMPLES * 25 / 1000], medians[RESAMPLES * 975 / 1000 - 1]};
  }

  /** Sorts its argument. */
  private static double median(double[] scratch) {
    Arrays.sort(scratch);
    int middle = scratch.length / 2;
    return scratch.length % 2 == 1 ? scratch[middle] : (scratch[middle - 1] + scratch[middle]) / 2;
  }
}
