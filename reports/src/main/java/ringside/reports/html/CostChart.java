package ringside.reports.html;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import ringside.reports.model.Estimate;
import ringside.reports.model.LaneResult;
import ringside.reports.model.Timing;
import ringside.reports.model.WorkloadResult;

/**
 * Horizontal bars with error bars and the samples themselves.
 *
 * <p>The drawing has no view box: widths are percentages and heights pixels, so that text keeps its
 * size on a phone while bars shrink.
 */
record CostChart(WorkloadResult workload, List<Bar> bars) {
  private static final int ROW = 54;
  private static final int AXIS = 34;

  /** One lane's bar. */
  record Bar(LaneResult lane, Timing timing) {
    /** The largest figure drawn; an outlier beyond twice the interval must not squash the rest. */
    double top() {
      double samples = timing.samples().stream().mapToDouble(Double::doubleValue).max().orElse(0);
      return Math.max(
          timing.nsPerEvent().high(), Math.min(samples, 1.5 * timing.nsPerEvent().high()));
    }
  }

  void write(Markup out) {
    double step = step(bars.stream().mapToDouble(Bar::top).max().orElse(1) * 1.04);
    double end =
        step * Math.ceil(bars.stream().mapToDouble(Bar::top).max().orElse(1) * 1.04 / step);
    int height = bars.size() * ROW + AXIS;
    String id = "chart-" + workload.name();
    out.open("figure");
    out.open(
        "svg",
        "role",
        "img",
        "width",
        "100%",
        "height",
        Integer.toString(height),
        "class",
        "chart",
        "aria-labelledby",
        id + "-title " + id + "-desc",
        "xmlns",
        "http://www.w3.org/2000/svg");
    out.element("title", "Cost of an event: " + workload.title(), "id", id + "-title");
    out.element("desc", description(), "id", id + "-desc");
    for (int i = 0; i * step <= end * 1.0001; i++) {
      tick(out, i * step, end, height);
    }
    for (int i = 0; i < bars.size(); i++) {
      bar(out, bars.get(i), i * ROW, end);
    }
    out.close("svg");
    out.element(
        "figcaption",
        "Nanoseconds per event: bar = median of the blocks, whisker = 95 % bootstrap interval of "
            + "the median, dots = the blocks themselves. Shorter is cheaper.");
    out.close("figure");
  }

  private String description() {
    return bars.stream()
        .map(bar ->
            "%s at %s: %s, interval %s"
                .formatted(
                    bar.lane().title(),
                    bar.lane().hook(),
                    Figures.nanos(bar.timing().nsPerEvent().median()),
                    Figures.interval(bar.timing().nsPerEvent())))
        .collect(Collectors.joining("; "));
  }

  private static void tick(Markup out, double value, double end, int height) {
    String x = percent(value, end);
    String bottom = Integer.toString(height - AXIS + 4);
    out.empty("line", "class", "grid", "x1", x, "x2", x, "y1", "0", "y2", bottom);
    String anchor = value == 0 ? "start" : value >= end * 0.999 ? "end" : "middle";
    out.element(
        "text",
        number(value) + (value >= end * 0.999 ? " ns" : ""),
        "class",
        "tick",
        "x",
        x,
        "y",
        Integer.toString(height - AXIS + 20),
        "text-anchor",
        anchor);
  }

  private static void bar(Markup out, Bar bar, int top, double end) {
    Estimate cost = bar.timing().nsPerEvent();
    Estimate ratio = bar.timing().toBaseline();
    String label =
        bar.lane().title()
            + " — "
            + Figures.nanos(cost.median())
            + (ratio == null ? "" : " (" + Figures.ratio(ratio.median()) + ")");
    String middle = Integer.toString(top + 32);
    out.element("text", label, "class", "label", "x", "4", "y", Integer.toString(top + 16));
    out.empty(
        "rect",
        "class",
        "bar " + bar.lane().mechanism(),
        "x",
        "0",
        "y",
        Integer.toString(top + 22),
        "width",
        percent(cost.median(), end),
        "height",
        "20");
    for (double sample : bar.timing().samples()) {
      out.empty("circle", "class", "sample", "cx", percent(sample, end), "cy", middle, "r", "2.2");
    }
    String low = percent(cost.low(), end);
    String high = percent(cost.high(), end);
    out.empty("line", "class", "whisker", "x1", low, "x2", high, "y1", middle, "y2", middle);
    for (String x : List.of(low, high)) {
      out.empty(
          "line",
          "class",
          "whisker",
          "x1",
          x,
          "x2",
          x,
          "y1",
          Integer.toString(top + 26),
          "y2",
          Integer.toString(top + 38));
    }
  }

  /** A step of 1, 2 or 5 times a power of ten that divides the axis into at most six. */
  private static double step(double end) {
    double power = Math.pow(10, Math.floor(Math.log10(end / 6)));
    for (double factor : new double[] {1, 2, 5}) {
      if (power * factor * 6 >= end) {
        return power * factor;
      }
    }
    return power * 10;
  }

  private static String percent(double value, double end) {
    return String.format(Locale.ROOT, "%.2f%%", Math.min(100, 100 * value / end));
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Figures.count((long) value)
        : String.format(Locale.ROOT, "%.2g", value);
  }
}
