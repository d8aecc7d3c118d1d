package ringside.experiments.catalog;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import ringside.reports.model.Outcome;

/**
 * All experiments: the directories below {@code workloads} and {@code faults} beside this project's
 * resources.
 *
 * <p>Adding a directory adds an experiment; no list names them.
 */
public final class Catalog {
  private static final String ROOT = "ringside/experiments/";

  private final List<Workload> workloads;
  private final List<Fault> faults;

  private Catalog(List<Workload> workloads, List<Fault> faults) {
    this.workloads = List.copyOf(workloads);
    this.faults = List.copyOf(faults);
  }

  /** Reads the catalog off the class path. */
  public static Catalog load() {
    return new Catalog(
        directories("workloads").stream().map(Catalog::workload).toList(),
        directories("faults").stream().map(Catalog::fault).toList());
  }

  /** The workloads by name. */
  public List<Workload> workloads() {
    return workloads;
  }

  /** The faults by name. */
  public List<Fault> faults() {
    return faults;
  }

  /** The faults that are about a bug of the verifier, by name. */
  public List<Fault> verifierBugs() {
    return faults.stream().filter(fault -> fault.verifierBug() != null).toList();
  }

  /** All experiments, workloads first. */
  public List<Experiment> all() {
    return Stream.<Experiment>concat(workloads.stream(), faults.stream()).toList();
  }

  /** The experiment of that name. */
  public Optional<Experiment> find(String name) {
    return all().stream().filter(experiment -> experiment.name().equals(name)).findFirst();
  }

  /** The known name that looks most like a wrong one, unless none looks like it at all. */
  public Optional<String> nearest(String wrong) {
    return all().stream()
        .map(Experiment::name)
        .min(Comparator.comparingInt(name -> distance(wrong, name)))
        .filter(name -> distance(wrong, name) <= Math.max(2, wrong.length() / 2));
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  private static Workload workload(ExperimentFiles files) {
    JsonObject json = json(files, "workload.json");
    Gson gson = new Gson();
    List<String> notes = new ArrayList<>();
    List<FilterRule> rules = new ArrayList<>();
    if (json.has("notes")) {
      json.getAsJsonArray("notes").forEach(note -> notes.add(note.getAsString()));
    }
    if (json.has("rules")) {
      json.getAsJsonArray("rules").forEach(r -> rules.add(gson.fromJson(r, FilterRule.class)));
    }
    return new Workload(
        files.name(),
        text(files, json, "title"),
        Workload.Kind.valueOf(text(files, json, "kind").toUpperCase(Locale.ROOT)),
        text(files, json, "description"),
        notes,
        rules,
        files);
  }

  private static Fault fault(ExperimentFiles files) {
    JsonObject json = json(files, "fault.json");
    Map<FaultLane, Outcome> expected = new LinkedHashMap<>();
    lanes(files, json, "expected")
        .forEach((lane, outcome) -> expected.put(lane, Outcome.valueOf(outcome)));
    return new Fault(
        files.name(),
        text(files, json, "title"),
        text(files, json, "description"),
        text(files, json, "lesson"),
        text(files, json, "program"),
        json.has("verifierBug") ? text(files, json, "verifierBug") : null,
        json.has("secret") ? text(files, json, "secret") : null,
        lanes(files, json, "explanations"),
        expected,
        files);
  }

  /** An object whose fields are lanes, in its order; empty where it is missing. */
  private static Map<FaultLane, String> lanes(
      ExperimentFiles files, JsonObject json, String field) {
    Map<FaultLane, String> values = new LinkedHashMap<>();
    if (json.has(field)) {
      for (Map.Entry<String, JsonElement> entry : json.getAsJsonObject(field).entrySet()) {
        FaultLane lane =
            FaultLane.of(entry.getKey())
                .orElseThrow(() ->
                    new IllegalStateException(
                        files.name() + "/fault.json: unknown lane " + entry.getKey()));
        values.put(lane, entry.getValue().getAsString());
      }
    }
    return values;
  }

  private static JsonObject json(ExperimentFiles files, String name) {
    String text = files.texts().get(name);
    if (text == null) {
      throw new IllegalStateException("experiment " + files.name() + " has no " + name);
    }
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private static String text(ExperimentFiles files, JsonObject json, String field) {
    if (!json.has(field)) {
      throw new IllegalStateException("experiment " + files.name() + " has no \"" + field + "\"");
    }
    return json.get(field).getAsString();
  }

  private static List<ExperimentFiles> directories(String kind) {
    try {
      Path origin =
          Path.of(Catalog.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isDirectory(origin)) {
        return read(origin.resolve(ROOT + kind));
      }
      try (FileSystem jar = FileSystems.newFileSystem(origin)) {
        return read(jar.getPath(ROOT, kind));
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<ExperimentFiles> read(Path directory) throws IOException {
    List<ExperimentFiles> experiments = new ArrayList<>();
    for (Path experiment : children(directory)) {
      Map<String, String> texts = new HashMap<>();
      try (Stream<Path> files = Files.walk(experiment)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          texts.put(
              experiment.relativize(file).toString().replace('\\', '/'), Files.readString(file));
        }
      }
      experiments.add(new ExperimentFiles(experiment.getFileName().toString(), texts));
    }
    return experiments;
  }

  private static List<Path> children(Path directory) throws IOException {
    try (Stream<Path> children = Files.list(directory)) {
      return children.filter(Files::isDirectory).sorted().toList();
    }
  }
}
