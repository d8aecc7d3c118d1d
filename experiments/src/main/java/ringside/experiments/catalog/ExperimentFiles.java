package ringside.experiments.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import ringside.reports.model.SourceFile;

/**
 * The text files of one experiment.
 *
 * @param name the experiment's name
 * @param texts content by path within the experiment's directory
 */
public record ExperimentFiles(String name, Map<String, String> texts) {
  /** Copies and sorts the files. */
  public ExperimentFiles {
    texts = java.util.Collections.unmodifiableMap(new TreeMap<>(texts));
  }

  /** The C sources and headers: {@code core.h} first, then by name. */
  public List<SourceFile> sources() {
    return texts.entrySet().stream()
        .filter(e -> e.getKey().endsWith(".c") || e.getKey().endsWith(".h"))
        .map(e -> new SourceFile(e.getKey(), e.getValue()))
        .sorted(
            Comparator.comparing((SourceFile f) -> !f.name().endsWith(".h"))
                .thenComparing(SourceFile::name))
        .toList();
  }

  /** The one file whose name ends in {@code suffix}. */
  public String named(String suffix) {
    return texts.keySet().stream()
        .filter(path -> path.endsWith(suffix))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("experiment " + name + " has no file *" + suffix));
  }

  /** Writes all files below a directory. */
  public void writeTo(Path directory) throws IOException {
    for (Map.Entry<String, String> file : texts.entrySet()) {
      Path path = directory.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
  }
}
