package ringside.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import ringside.ebpf.host.HostKernel;
import ringside.ebpf.host.HostUnavailable;
import ringside.ebpf.host.HostVerdict;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.experiments.lane.HostObject;
import ringside.experiments.lane.LoadRefused;

/** Loads an object's programs into the real kernel under this process. */
final class HostPrograms {
  private final Path file;
  private final BpfObject object;

  /**
   * Takes the object.
   *
   * @throws UserError where it is a classic filter, which the real kernel takes with a socket only
   */
  HostPrograms(Path file, ProgramFile input) {
    if (input.classic() != null) {
      throw new UserError(
          ExitCode.USAGE,
          file.toString(),
          "is a classic filter, which can be attached to a socket but not loaded or test-run",
          "leave out --host");
    }
    this.file = file;
    this.object = input.object();
  }

  /** Says why the real kernel cannot be asked. */
  static UserError unavailable(HostUnavailable e) {
    return new UserError(
        ExitCode.UNAVAILABLE,
        null,
        "the real kernel cannot be asked: " + e.reason(),
        "run as root, or leave out the option");
  }

  /** Loads programs, one after the other, with maps of their own for all of them. */
  ExitCode each(
      List<ProgramDefinition> programs,
      int logLevel,
      Function<ProgramDefinition, Function<HostVerdict, ExitCode>> report) {
    ExitCode worst = ExitCode.DONE;
    try (HostKernel kernel = HostKernel.open()) {
      HostObject host = new HostObject(kernel, object);
      for (ProgramDefinition program : programs) {
        HostVerdict verdict = host.load(program, logLevel);
        ExitCode code = report.apply(program).apply(verdict);
        worst = code == ExitCode.DONE ? worst : code;
      }
    } catch (HostUnavailable e) {
      throw unavailable(e);
    } catch (LoadRefused e) {
      throw new UserError(ExitCode.REJECTED, file.toString(), e.reason(), null);
    }
    return worst;
  }
}
