package ringside.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

/**
 * {@code ringside doctor}: looks whether this machine has what Ringside needs, and says what to do.
 */
@Command(
    name = "doctor",
    description = "Check what Ringside needs of this machine.",
    footer = {"", "Exits with 1 when something that is needed is missing."})
final class DoctorCommand extends Subcommand {
  /** Made by picocli. */
  DoctorCommand() {}

  @Override
  protected ExitCode run() {
    List<Checkup> checkups = new ArrayList<>();
    JsonArray array = new JsonArray();
    for (Checkup.Check check : Checkup.all()) {
      Checkup checkup = check.run();
      checkups.add(checkup);
      if (json()) {
        array.add(json(checkup));
      } else {
        print(checkup);
      }
    }
    boolean healthy = checkups.stream().noneMatch(c -> c.state() == Checkup.State.MISSING);
    if (json()) {
      JsonObject root = new JsonObject();
      root.addProperty("ok", healthy);
      root.add("checks", array);
      out().println(root);
    } else {
      out().println(healthy ? "All that is needed is there." : "Something is missing.");
    }
    return healthy ? ExitCode.DONE : ExitCode.FAILED;
  }

  private void print(Checkup checkup) {
    String mark =
        switch (checkup.state()) {
          case OK -> "@|green ok      |@";
          case OPTIONAL -> "@|yellow optional|@";
          case MISSING -> "@|bold,red missing |@";
        };
    out().println(ansi().string(mark) + "  " + checkup.name() + ": " + checkup.finding());
    if (!checkup.hint().isEmpty()) {
      out().println("          " + checkup.hint());
    }
    out().flush();
  }

  private static JsonObject json(Checkup checkup) {
    JsonObject object = new JsonObject();
    object.addProperty("name", checkup.name());
    object.addProperty("state", checkup.state().name().toLowerCase(java.util.Locale.ROOT));
    object.addProperty("finding", checkup.finding());
    if (!checkup.hint().isEmpty()) {
      object.addProperty("hint", checkup.hint());
    }
    return object;
  }
}
