package ringside.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;
import ringside.reports.html.HtmlReport;
import ringside.reports.json.ResultsJson;
import ringside.reports.model.Results;

/** The two files of a run in its directory; each appears whole or not at all. */
record ReportFiles(Path directory) {
  /** The report's path. */
  Path html() {
    return directory.resolve("report.html");
  }

  /** The results' path. */
  Path json() {
    return directory.resolve("results.json");
  }

  /** Makes the directory and tries to write into it, so that a long run does not end in vain. */
  void checkWritable() {
    try {
      Files.createDirectories(directory);
      Files.delete(Files.createTempFile(directory, ".ringside-", ""));
    } catch (IOException e) {
      throw unwritable(directory, e);
    }
  }

  /** Writes both files. */
  void write(Results results, @Nullable Results earlier) {
    String html = new HtmlReport(results, earlier).render();
    write(json(), new ResultsJson().write(results));
    write(html(), html);
  }

  /** Writes a file through a temporary one beside it. */
  static void write(Path file, String text) {
    Path directory = file.toAbsolutePath().resolveSibling("");
    try {
      Path temporary = Files.createTempFile(directory, ".ringside-", "");
      try {
        Files.writeString(temporary, text);
        // A temporary file is the owner's alone; a report is for others too.
        temporary.toFile().setReadable(true, false);
        Files.move(
            temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  private static UserError unwritable(Path path, IOException cause) {
    return new UserError(
        ExitCode.USAGE,
        path.toString(),
        "cannot be written"
            + switch (cause) {
              case AccessDeniedException _ -> ": permission denied";
              case FileAlreadyExistsException _, NotDirectoryException _ ->
                  ": a file is in the way";
              case NoSuchFileException _ -> ": no file can be made there";
              case FileSystemException e when e.getReason() != null -> ": " + e.getReason();
              default -> ": " + cause.getMessage();
            },
        "name another place with --out",
        cause);
  }
}
