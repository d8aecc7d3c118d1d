package ringside.experiments.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import ringside.reports.model.Timing;
import ringside.reports.stats.Samples;

/**
 * Measures subjects against each other.
 *
 * <p>Each is warmed up until its cost has stopped falling; then timed blocks go round the subjects
 * in turn, so that a disturbance of the machine meets all alike.
 */
public final class Stopwatch {
  private static final double NANOS = 1e9;

  /** Rounds that are compared with as many before them. */
  private static final int WINDOW = 5;

  /** A cost that falls by less than this from window to window has stopped falling. */
  private static final double STEADY = 0.03;

  private final Settings settings;
  private final LongSupplier nanoTime;

  /** Measures by the machine's clock. */
  public Stopwatch(Settings settings) {
    this(settings, System::nanoTime);
  }

  /** Measures by another clock. */
  Stopwatch(Settings settings, LongSupplier nanoTime) {
    this.settings = settings;
    this.nanoTime = nanoTime;
  }

  /**
   * How long to measure.
   *
   * @param minWarmup seconds that a warm-up takes at least
   * @param maxWarmup seconds after which it ends, steady or not
   * @param block seconds that a block should take
   * @param blocks how many of each subject
   */
  public record Settings(double minWarmup, double maxWarmup, double block, int blocks) {
    /** Some twenty seconds for seven subjects. */
    public static final Settings QUICK = new Settings(0.5, 6, 0.03, 15);

    /** Some minutes. */
    public static final Settings FULL = new Settings(5, 30, 0.2, 40);
  }

  /** Measures all subjects; the answers are in their order. */
  public List<Measured> measure(List<? extends Subject> subjects) {
    List<Warm> warm = new ArrayList<>();
    for (Subject subject : subjects) {
      warm.add(warmUp(subject));
    }
    List<List<Double>> samples = new ArrayList<>();
    subjects.forEach(subject -> samples.add(new ArrayList<>()));
    for (int block = 0; block < settings.blocks(); block++) {
      for (int i = 0; i < subjects.size(); i++) {
        samples.get(i).add(nanosPerEvent(subjects.get(i), warm.get(i).passes()));
      }
    }
    List<Measured> measured = new ArrayList<>();
    for (int i = 0; i < subjects.size(); i++) {
      measured.add(
          new Measured(
              warm.get(i).warmup(),
              (long) warm.get(i).passes() * subjects.get(i).eventsPerPass(),
              samples.get(i)));
    }
    return measured;
  }

  private record Warm(Timing.Warmup warmup, int passes) {}

  private Warm warmUp(Subject subject) {
    long start = nanoTime.getAsLong();
    double first = nanosPerEvent(subject, 1);
    long events = subject.eventsPerPass();
    List<Double> rounds = new ArrayList<>();
    int passes = 1;
    boolean steady = false;
    while (true) {
      double cost = nanosPerEvent(subject, passes);
      events += (long) passes * subject.eventsPerPass();
      double round = cost * passes * subject.eventsPerPass() / NANOS;
      // While passes are growing towards a block, a round is too short to judge by.
      if (round >= settings.block() / 4) {
        rounds.add(cost);
      }
      if (round < settings.block()) {
        passes = Math.max(passes + 1, (int) Math.min(1L << 24, Math.round(passes * grow(round))));
      }
      double elapsed = (nanoTime.getAsLong() - start) / NANOS;
      if (!subject.compiled()) {
        // What ran until now was interpreted, at whatever steady cost.
        rounds.clear();
      }
      steady = steady(rounds);
      if (elapsed >= settings.maxWarmup() || steady && elapsed >= settings.minWarmup()) {
        return new Warm(new Timing.Warmup(events, elapsed, first, steady), passes);
      }
    }
  }

  private double grow(double round) {
    return Math.min(4, settings.block() / Math.max(round, 1e-6));
  }

  private static boolean steady(List<Double> rounds) {
    int n = rounds.size();
    return n >= 2 * WINDOW
        && median(rounds.subList(n - WINDOW, n))
            >= median(rounds.subList(n - 2 * WINDOW, n - WINDOW)) * (1 - STEADY);
  }

  private static double median(List<Double> values) {
    return new Samples(values.stream().mapToDouble(Double::doubleValue).toArray()).median();
  }

  private double nanosPerEvent(Subject subject, int passes) {
    long start = nanoTime.getAsLong();
    subject.run(passes);
    long nanos = nanoTime.getAsLong() - start;
    return (double) nanos / passes / subject.eventsPerPass();
  }
}
