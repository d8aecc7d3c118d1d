package ringside.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.host.HostKernel;
import ringside.ebpf.host.HostMap;
import ringside.ebpf.host.HostUnavailable;
import ringside.ebpf.host.HostVerdict;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.MapDefinition;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfWriter;

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
        "--host",
        "the real kernel cannot be asked: " + e.reason(),
        "run as root, or leave out --host");
  }

  /** Loads programs, one after the other, with maps of their own for all of them. */
  ExitCode each(
      List<ProgramDefinition> programs,
      int logLevel,
      Function<ProgramDefinition, Function<HostVerdict, ExitCode>> report) {
    ExitCode worst = ExitCode.DONE;
    try (HostKernel kernel = HostKernel.open()) {
      List<HostMap> maps = maps(kernel);
      for (ProgramDefinition program : programs) {
        HostVerdict verdict = kernel.load(request(program, maps, logLevel));
        ExitCode code = report.apply(program).apply(verdict);
        worst = code == ExitCode.DONE ? worst : code;
      }
    } catch (HostUnavailable e) {
      throw unavailable(e);
    }
    return worst;
  }

  private HostKernel.Load request(ProgramDefinition program, List<HostMap> maps, int logLevel) {
    HostKernel.@Nullable Types types = null;
    Btf btf = object.btf();
    if (btf != null && !program.functions().isEmpty()) {
      List<int[]> functions =
          program.functions().stream().map(f -> new int[] {f.insn(), f.type()}).toList();
      types = new HostKernel.Types(BtfWriter.write(btf.types()), functions);
    }
    return new HostKernel.Load(
        program.name(),
        program.type(),
        program.attachType(),
        program.insns(),
        maps,
        object.license(),
        logLevel,
        program.flags(),
        types);
  }

  private List<HostMap> maps(HostKernel kernel) {
    List<HostMap> maps = new ArrayList<>();
    for (MapDefinition definition : object.maps()) {
      MapDefinition template = definition.inner();
      HostMap inner = template == null ? null : create(kernel, template, null);
      HostMap map = create(kernel, definition, inner);
      byte[] initial = definition.initial();
      if (initial != null) {
        map.update(new byte[definition.shape().keySize()], initial, 0);
      }
      maps.add(map);
    }
    return maps;
  }

  private HostMap create(HostKernel kernel, MapDefinition definition, @Nullable HostMap inner) {
    HostMap map =
        kernel.createMap(
            definition.shape().type().id(),
            definition.shape().keySize(),
            definition.shape().valueSize(),
            definition.shape().maxEntries(),
            definition.shape().flags(),
            inner);
    if (map.fd() < 0) {
      throw new UserError(
          ExitCode.REJECTED,
          file.toString(),
          "the real kernel refuses map '%s' with errno %d".formatted(definition.name(), -map.fd()),
          null);
    }
    return map;
  }
}
