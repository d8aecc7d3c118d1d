package ringside.ebpf.verifier;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.context.ContextRules;
import ringside.ebpf.context.Contexts;
import ringside.ebpf.helper.HelperFamilies;
import ringside.ebpf.helper.HelperRegistry;
import ringside.ebpf.kfunc.KfuncRegistry;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapBtf;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapException;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.ObjectReader;
import ringside.format.BadInputException;
import ringside.format.btf.Btf;
import ringside.format.elf.ElfFile;
import ringside.kernel.layout.StructLayouts;

/**
 * Runs the verifier over objects whose programs say in BTF tags what is to become of them: the form
 * of the kernel's own verifier tests, which are compiled outside of this project.
 */
final class AnnotatedObjects {
  private static final int CPUS = 2;

  private final HelperRegistry helpers =
      HelperRegistry.of(HelperFamilies.CLASSES).orElse(List.of(AbsentHelpers.class));

  /** Who loads. */
  enum Mode {
    PRIV,
    UNPRIV,
    /** CAP_BPF without CAP_PERFMON, which no annotation speaks of. */
    BPF;

    VerifierInput.Capabilities capabilities() {
      return switch (this) {
        case PRIV -> VerifierInput.Capabilities.ROOT;
        case UNPRIV -> VerifierInput.Capabilities.NONE;
        case BPF -> new VerifierInput.Capabilities(true, false, true, false);
      };
    }
  }

  /**
   * What became of one program in one mode.
   *
   * @param problem empty if it is as expected
   */
  record Outcome(
      String file,
      String program,
      Mode mode,
      boolean accepted,
      boolean expected,
      String problem,
      VerifierResult result) {
    boolean verdictAgrees() {
      return accepted == expected;
    }
  }

  /** A file that could not be read at all. */
  record Unread(String file, String why) {}

  final List<Outcome> outcomes = new ArrayList<>();

  /** Modes without expectation, for comparison with another verifier. */
  private final List<Outcome> extra = new ArrayList<>();

  private boolean unannotated;
  final List<Unread> unread = new ArrayList<>();

  /** Verifies all objects of a directory, and writes a JSON line for each program and mode. */
  void run(Path directory, @Nullable PrintStream json) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(directory)) {
      files = list.filter(p -> p.toString().endsWith(".o")).sorted().toList();
    }
    unannotated = json != null;
    for (Path file : files) {
      try {
        run(file);
      } catch (BadInputException e) {
        unread.add(new Unread(file.getFileName().toString(), String.valueOf(e.getMessage())));
      }
    }
    if (json != null) {
      outcomes.forEach(o -> json.println(line(o)));
      extra.forEach(o -> json.println(line(o)));
    }
  }

  private void run(Path file) {
    Btf btf = Btf.of(ElfFile.read(file));
    BpfObject object = ObjectReader.read(file);
    for (BpfObject.ProgramDefinition program : object.programs()) {
      Optional<AnnotatedProgram> annotated = AnnotatedProgram.of(btf, program.name());
      if (annotated.isEmpty() || !annotated.get().runnable()) {
        continue;
      }
      AnnotatedProgram tags = annotated.get();
      for (Mode mode : Mode.values()) {
        judge(file, object, program, tags, mode);
      }
    }
  }

  private void judge(
      Path file,
      BpfObject object,
      BpfObject.ProgramDefinition program,
      AnnotatedProgram tags,
      Mode mode) {
    AnnotatedProgram.Expectation expectation =
        mode == Mode.UNPRIV ? tags.unprivileged() : tags.privileged();
    Boolean expected = expectation.accepted();
    if (mode == Mode.BPF ? !unannotated : expected == null) {
      return;
    }
    int level = Math.max(tags.logLevel(), 1);
    VerifierResult result = verify(object, program, tags.flags(), level | 4, mode);
    if (mode == Mode.BPF || expected == null) {
      extra.add(
          new Outcome(
              file.getFileName().toString(),
              program.name(),
              mode,
              result.ok(),
              result.ok(),
              "",
              result));
      return;
    }
    String problem = "";
    if (result.ok() != expected) {
      problem = expected ? "rejected: " + VerifierBatch.lastLine(result.log()) : "accepted";
    } else {
      problem = expectation.missing(result.log()).map(m -> "message: " + m).orElse("");
    }
    outcomes.add(
        new Outcome(
            file.getFileName().toString(),
            program.name(),
            mode,
            result.ok(),
            expected,
            problem,
            result));
  }

  private VerifierResult verify(
      BpfObject object, BpfObject.ProgramDefinition program, int flags, int level, Mode mode) {
    List<MapDescriptor> maps = new ArrayList<>();
    for (BpfObject.MapDefinition map : object.maps()) {
      maps.add(described(object, map));
    }
    ContextRules context =
        Contexts.of(
            program.type(),
            program.attachType(),
            StructLayouts.ofKernel(),
            mode.capabilities().bpf());
    if (context == null) {
      return VerifierResult.rejected(
          VerifierReject.EINVAL, "no context rules for " + program.type(), 0);
    }
    VerifierInput input =
        new VerifierInput(
            program.type(),
            program.attachType(),
            program.insns(),
            VerifierInput.Maps.listed(maps),
            program.functions(),
            program.lines(),
            object.license(),
            mode.capabilities(),
            level,
            flags | program.flags(),
            context,
            helpers,
            new VerifierInput.Types(
                object.btf(), StructLayouts.ofKernel().btf(), KfuncRegistry.EMPTY, 0));
    return new Verifier(CPUS).verify(input);
  }

  /** A map's description with its types, as creating it would make it. */
  private static MapDescriptor described(BpfObject object, BpfObject.MapDefinition map) {
    Btf types = object.btf();
    if (types == null || map.valueType() == 0) {
      return map.shape();
    }
    MapDescriptor typed = map.shape().withBtf(new MapBtf(types, 1, map.keyType(), map.valueType()));
    try {
      return typed.withRecord(
          BtfRecord.parse(
              types,
              types.strip(map.valueType()),
              BtfRecord.MAP_VALUE_MASK,
              typed.valueSize(),
              new BtfRecord.KernelStructs() {
                @Override
                public Btf btf() {
                  return StructLayouts.ofKernel().btf();
                }

                @Override
                public Set<String> destructible() {
                  return Set.of("task_struct", "cgroup", "bpf_cpumask", "sk_buff");
                }
              }));
    } catch (MapException e) {
      return typed;
    }
  }

  private static JsonObject line(Outcome outcome) {
    JsonObject line = new JsonObject();
    line.addProperty("file", outcome.file());
    line.addProperty("prog", outcome.program());
    line.addProperty("mode", outcome.mode().name().toLowerCase(Locale.ROOT));
    line.addProperty("accepted", outcome.accepted());
    line.addProperty("expected", outcome.expected());
    line.addProperty("errno", outcome.result().errno());
    line.addProperty("problem", outcome.problem());
    line.addProperty("last", VerifierBatch.lastLine(outcome.result().log()));
    line.addProperty("insns", outcome.result().insnsProcessed());
    line.addProperty("log", outcome.result().log());
    return line;
  }

  /** The share of programs and modes with the expected verdict. */
  double verdicts() {
    return share(outcomes.stream().filter(Outcome::verdictAgrees).count(), outcomes.size());
  }

  /** The share of the rightly rejected whose log says what is expected. */
  double messages() {
    List<Outcome> rejected =
        outcomes.stream().filter(o -> !o.expected() && o.verdictAgrees()).toList();
    return share(rejected.stream().filter(o -> o.problem().isEmpty()).count(), rejected.size());
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  String summary() {
    return "%d judgements: verdicts %.2f %%, messages %.2f %%; %d files unread"
        .formatted(outcomes.size(), 100 * verdicts(), 100 * messages(), unread.size());
  }

  /** Takes a directory of objects and, optionally, a file for the answers. */
  public static void main(String[] args) throws IOException {
    AnnotatedObjects run = new AnnotatedObjects();
    PrintStream json = args.length > 1 ? new PrintStream(args[1], StandardCharsets.UTF_8) : null;
    run.run(Path.of(args[0]), json);
    if (json != null) {
      json.close();
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    run.unread.forEach(u -> out.println("unread " + u.file() + ": " + u.why()));
    run.outcomes.stream()
        .filter(o -> !o.problem().isEmpty())
        .forEach(o ->
            out.println(
                "%s %s%s: %s"
                    .formatted(
                        o.file(),
                        o.program(),
                        o.mode() == Mode.PRIV ? "" : "@unpriv",
                        o.problem())));
    out.println(run.summary());
  }
}
