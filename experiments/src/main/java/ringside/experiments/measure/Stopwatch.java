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
   * @param minWarmup seconds that the warm-up of a subject takes at least
   * @param maxWarmup seconds after which the warm-up of all subjects ends, steady or not
   * @param block seconds that a block should take
   * @param blocks how many of each subject
   */
  public record Settings(double minWarmup, double maxWarmup, double block, int blocks) {
    /** Some seconds a workload, at most twenty and a few. */
    public static final Settings QUICK = new Settings(0.4, 18, 0.03, 15);

    /** Some minutes. */
    public static final Settings FULL = new Settings(5, 120, 0.2, 40);
  }

  /** Measures all subjects; the answers are in their order. */
  public List<Measured> measure(List<? extends Subject> subjects) {
    List<Warming> warm = subjects.stream().map(Warming::new).toList();
    warmUp(warm);
    List<List<Double>> samples = new ArrayList<>();
    subjects.forEach(subject -> samples.add(new ArrayList<>()));
    for (int block = 0; block < settings.blocks(); block++) {
      for (int i = 0; i < subjects.size(); i++) {
        samples.get(i).add(nanosPerEvent(subjects.get(i), warm.get(i).passes));
      }
    }
    List<Measured> measured = new ArrayList<>();
    for (int i = 0; i < subjects.size(); i++) {
      measured.add(
          new Measured(
              warm.get(i).result(),
              (long) warm.get(i).passes * subjects.get(i).eventsPerPass(),
              samples.get(i)));
    }
    return measured;
  }

  /** Goes round the subjects, so that one runs while the code of another is being compiled. */
  private void warmUp(List<Warming> all) {
    long start = nanoTime.getAsLong();
    while (all.stream().anyMatch(subject -> !subject.done())
        && nanoTime.getAsLong() - start < settings.maxWarmup() * NANOS) {
      all.stream().filter(subject -> !subject.done()).forEach(Warming::round);
    }
  }

  /** One subject on its way to a steady cost. */
  private final class Warming {
    private final Subject subject;
    private final List<Double> rounds = new ArrayList<>();
    private double first = -1;
    private double seconds;
    private long events;
    private int passes = 1;

    Warming(Subject subject) {
      this.subject = subject;
    }

    void round() {
      double cost = nanosPerEvent(subject, passes);
      double round = cost * passes * subject.eventsPerPass() / NANOS;
      events += (long) passes * subject.eventsPerPass();
      seconds += round;
      first = first < 0 ? cost : first;
      // While passes are growing towards a block, a round is too short to judge by.
      if (round >= settings.block() / 4) {
        rounds.add(cost);
      }
      if (!subject.compiled()) {
        // What ran until now was interpreted, at whatever steady cost.
        rounds.clear();
      }
      if (round < settings.block() * 0.8) {
        double growth = Math.min(4, settings.block() / Math.max(round, 1e-6));
        passes = (int) Math.clamp(Math.round(passes * growth), passes + 1L, 1L << 24);
      } else if (round > settings.block() * 3 && passes > 1) {
        // It was interpreted when the passes were chosen, or the machine is busy.
        passes = Math.max(1, (int) (passes * settings.block() / round));
      }
    }

    boolean done() {
      return seconds >= settings.minWarmup() && steady(rounds);
    }

    Timing.Warmup result() {
      return new Timing.Warmup(events, seconds, first, steady(rounds));
    }
  }

  private static boolean steady(List<Double> rounds) {
    int n = rounds.size();
    return n >= 2 * WINDOW
        && median(rounds.subList(n - WINDOW, n))
            >= median(rounds.subList(n - 2 * WINDOW, n - WINDOW)) * (1 - STEADY);
  }

  private static double median(List<Double> values) {
    return Samples.of(values).median();
  }

  private double nanosPerEvent(Subject subject, int passes) {
    long start = nanoTime.getAsLong();
    subject.run(passes);
    long nanos = nanoTime.getAsLong() - start;
    return (double) nanos / passes / subject.eventsPerPass();
  }
}
