package ringside.experiments.run;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Compares lanes with the first of them and says in words where they differ. */
final class Agreement {
  /** Differences that are spelt out; the rest are counted. */
  private static final int SHOWN = 8;

  private final List<String> differences = new ArrayList<>();
  private int more;

  /** Compares the verdicts of two lanes, event by event. */
  void verdicts(String first, List<String> expected, String other, List<String> actual) {
    if (expected.size() != actual.size()) {
      add("%s saw %d events, %s %d".formatted(first, expected.size(), other, actual.size()));
    }
    for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
      if (!expected.get(i).equals(actual.get(i))) {
        add(
            "event %d: %s says %s, %s says %s"
                .formatted(i, first, expected.get(i), other, actual.get(i)));
      }
    }
  }

  /** Compares the counters of two lanes, name by name. */
  void counters(String first, Map<String, Long> expected, String other, Map<String, Long> actual) {
    Set<String> names = new LinkedHashSet<>(expected.keySet());
    names.addAll(actual.keySet());
    for (String name : names) {
      if (!Objects.equals(expected.get(name), actual.get(name))) {
        add(
            "counter \"%s\": %s has %s, %s has %s"
                .formatted(name, first, expected.get(name), other, actual.get(name)));
      }
    }
  }

  /** What was found; empty where the lanes agree. */
  List<String> differences() {
    List<String> all = new ArrayList<>(differences);
    if (more > 0) {
      all.add("and " + more + " more");
    }
    return all;
  }

  private void add(String difference) {
    if (differences.size() < SHOWN) {
      differences.add(difference);
    } else {
      more++;
    }
  }
}
