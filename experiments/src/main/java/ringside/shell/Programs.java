package ringside.shell;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.ObjectReader;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.uapi.BpfCalls;
import ringside.format.BadInputException;
import ringside.kernel.Kernel;

/** The eBPF programs that the shell has loaded, by name. */
final class Programs {
  private final Kernel kernel;
  private final Bpf bpf;
  private final Map<String, Entry> loaded = new LinkedHashMap<>();
  private final Map<String, BpfLink> links = new LinkedHashMap<>();

  private record Entry(LoadedProgram program, String attachTo) {}

  /** What loading one program came to. */
  record Outcome(String name, LoadResult result) {}

  /** Makes {@code bpf(2)} available on a kernel. */
  Programs(Kernel kernel) {
    this.kernel = kernel;
    this.bpf = new Bpf(kernel);
    BpfCalls.install(bpf);
  }

  /** The eBPF subsystem. */
  Bpf bpf() {
    return bpf;
  }

  /**
   * Loads an object's programs, which share its maps.
   *
   * @param only the one program to load, or all of them
   */
  List<Outcome> load(String path, byte[] file, Optional<String> only) {
    BpfObject object = ObjectReader.parse(path, file);
    List<BpfObject.ProgramDefinition> programs =
        object.programs().stream()
            .filter(p -> only.isEmpty() || p.name().equals(only.get()))
            .toList();
    if (programs.isEmpty()) {
      throw new BadInputException(
          path,
          "has no program " + only.orElse("at all"),
          "it has " + String.join(", ", object.programs().stream().map(p -> p.name()).toList()));
    }
    ObjectLoader loader = ObjectLoader.open(bpf, object);
    List<Outcome> outcomes = new ArrayList<>();
    for (BpfObject.ProgramDefinition program : programs) {
      LoadResult result = loader.load(program);
      LoadedProgram accepted = result.program();
      if (accepted != null) {
        loaded.put(program.name(), new Entry(accepted, program.attachTo()));
      }
      outcomes.add(new Outcome(program.name(), result));
    }
    return outcomes;
  }

  /**
   * Attaches a loaded program.
   *
   * @param target in place of what its section's name says
   * @return empty where no such program is loaded
   */
  Optional<BpfLink> attach(String name, Optional<String> target) {
    Entry entry = loaded.get(name);
    if (entry == null) {
      return Optional.empty();
    }
    BpfLink link = BpfLink.attach(kernel, entry.program(), target.orElse(entry.attachTo()));
    links.put(name, link);
    return Optional.of(link);
  }

  /** Whether a program of that name is attached. */
  boolean attached(String name) {
    return links.containsKey(name);
  }

  /** Detaches a program; false where it is not attached. */
  boolean detach(String name) {
    BpfLink link = links.remove(name);
    if (link != null) {
      link.detach();
    }
    return link != null;
  }

  /** One line a program, in the manner of {@code bpftool prog}. */
  List<String> list() {
    List<String> lines = new ArrayList<>();
    loaded.forEach((name, entry) -> {
      BpfLink link = links.get(name);
      lines.add(
          "%d: %s  name %s%s"
              .formatted(
                  entry.program().id(),
                  entry.program().type().label(),
                  name,
                  link == null ? "" : "  attached to " + link.hook().name()));
    });
    return lines;
  }

  /** What {@code bpf_printk} has written since the last call. */
  List<String> trace() {
    return bpf.readTracePipe();
  }
}
