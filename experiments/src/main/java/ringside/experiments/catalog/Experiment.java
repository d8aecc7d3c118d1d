package ringside.experiments.catalog;

import java.util.List;
import ringside.reports.model.SourceFile;

/** Something that {@code ringside run} can run. */
public sealed interface Experiment permits Workload, Fault {
  /** The name of its directory. */
  String name();

  /** A title for people. */
  String title();

  /** Its directory's files. */
  ExperimentFiles files();

  /** Its C files, the core first. */
  default List<SourceFile> sources() {
    return files().sources();
  }
}
