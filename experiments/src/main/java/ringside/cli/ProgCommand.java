package ringside.cli;

import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.ebpf.batch.BatchAnswers;
import ringside.ebpf.batch.BatchSession;
import ringside.ebpf.batch.HostBatch;
import ringside.ebpf.cbpf.SockFilter;
import ringside.ebpf.host.HostProgram;
import ringside.ebpf.host.HostUnavailable;
import ringside.ebpf.host.HostVerdict;
import ringside.ebpf.loader.MapRefused;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.BpfObject.ProgramDefinition;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.ebpf.verifier.Explanation;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

/** {@code ringside prog}: eBPF programs without an experiment. */
@Command(
    name = "prog",
    description = "Load, run and show eBPF programs without an experiment.",
    subcommands = {
      ProgCommand.Load.class,
      ProgCommand.Run.class,
      DumpCommand.class,
      ProgCommand.Batch.class
    },
    synopsisSubcommandLabel = "COMMAND")
final class ProgCommand {
  /** Made by picocli. */
  ProgCommand() {}

  /** What the commands on an object share: which programs, and how they are loaded. */
  abstract static class OnObject extends Subcommand {
    @Parameters(
        paramLabel = "FILE",
        description =
            "An eBPF object, as clang -target bpf makes it, or a classic filter, as tcpdump -ddd"
                + " or -dd prints it.")
    private Path file;

    @Option(
        names = "--type",
        paramLabel = "TYPE",
        description = "What the file is: object or cbpf; by default its content decides.")
    private @Nullable String type;

    @Option(names = "--prog", paramLabel = "NAME", description = "Only the program of that name.")
    private @Nullable String only;

    @Option(names = "--log-level", paramLabel = "N", description = "Verifier log: 1, 2, 4 or-ed.")
    private int logLevel = 1;

    @Option(names = "--unverified", description = "Skip the verifier: run whatever links.")
    private boolean unverified;

    @Option(names = "--interpreter", description = "Never compile.")
    private boolean interpreter;

    /** Whether the real kernel answers instead. */
    boolean host() {
      return false;
    }

    /** For each program: what loading it into the real kernel came to. */
    ExitCode loadedOnHost(ProgramDefinition program, HostVerdict verdict) {
      throw new IllegalStateException("no command on the host");
    }

    /** For each program: what loading it came to. */
    abstract ExitCode loaded(Session session, ProgramDefinition program, LoadResult result);

    /** A kernel with an object's maps in it. */
    record Session(Kernel kernel, Bpf bpf, ProgramFile file, ObjectLoader loader) {}

    @Override
    protected ExitCode run() throws IOException {
      ProgramFile input = ProgramFile.read(file, type);
      BpfObject object = input.object();
      List<ProgramDefinition> programs =
          object.programs().stream().filter(p -> only == null || p.name().equals(only)).toList();
      if (programs.isEmpty()) {
        throw new UserError(
            ExitCode.USAGE,
            file.toString(),
            "has no program '" + only + "'",
            "it has "
                + String.join(
                    ", ", object.programs().stream().map(ProgramDefinition::name).toList()));
      }
      if (host()) {
        return new HostPrograms(file, input)
            .each(programs, logLevel, program -> verdict -> loadedOnHost(program, verdict));
      }
      ExitCode worst = ExitCode.DONE;
      try (Engine made = GuestEngine.builder(interpreter).build();
          Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(made))) {
        Bpf bpf = new Bpf(kernel);
        Session session = new Session(kernel, bpf, input, open(bpf, object));
        for (ProgramDefinition program : programs) {
          ExitCode code = loaded(session, program, load(session, program));
          worst = code == ExitCode.DONE ? worst : code;
        }
      }
      return worst;
    }

    private ObjectLoader open(Bpf bpf, BpfObject object) {
      try {
        return ObjectLoader.open(bpf, object);
      } catch (MapRefused e) {
        throw new UserError(ExitCode.REJECTED, file.toString(), e.what(), null);
      }
    }

    private LoadResult load(Session session, ProgramDefinition program) {
      List<SockFilter> classic = session.file().classic();
      if (classic != null) {
        return session.bpf().loadClassic(program.name(), classic);
      }
      LoadRequest request = session.loader().request(program).withLogLevel(logLevel);
      return session.loader().load(program, unverified ? request.unverified() : request);
    }

    /** Says that a program was refused, with the verifier's log; the exit code that means. */
    final ExitCode refused(ProgramDefinition program, int errno, String log) {
      err().print(log);
      Explanation explanation = Explanation.of(log);
      if (explanation != null) {
        err().println("\nIn other words:");
        err().print(explanation.text());
      }
      err().println(program.name() + ": rejected with errno " + errno);
      return ExitCode.REJECTED;
    }
  }

  /** {@code ringside prog load}. */
  @Command(name = "load", description = "Verify an object's programs; the log goes to stderr.")
  static final class Load extends OnObject {
    /** Made by picocli. */
    Load() {}

    @Option(names = "--host", description = "Ask the real kernel instead of the simulated one.")
    private boolean host;

    @Override
    boolean host() {
      return host;
    }

    @Override
    ExitCode loaded(Session session, ProgramDefinition program, LoadResult result) {
      int length = session.file().length(program);
      return report(
          program,
          length,
          result.accepted(),
          result.errno(),
          result.insnsProcessed(),
          result.log());
    }

    @Override
    ExitCode loadedOnHost(ProgramDefinition program, HostVerdict verdict) {
      return report(
          program,
          program.insns().size(),
          verdict.accepted(),
          verdict.errno(),
          verdict.insnsProcessed(),
          verdict.log());
    }

    private ExitCode report(
        ProgramDefinition program,
        int length,
        boolean accepted,
        int errno,
        long processed,
        String log) {
      if (json()) {
        JsonObject answer = new JsonObject();
        answer.addProperty("name", program.name());
        answer.addProperty("type", program.type().label());
        answer.addProperty("verdict", accepted ? "accept" : "reject");
        answer.addProperty("errno", errno);
        answer.addProperty("insns", length);
        answer.addProperty("insns_processed", processed);
        answer.addProperty("log", log);
        out().println(answer);
        return accepted ? ExitCode.DONE : ExitCode.REJECTED;
      }
      if (!accepted) {
        return refused(program, errno, log);
      }
      err().print(log);
      out()
          .println(
              "%s: %s, %d insns, accepted"
                  .formatted(program.name(), program.type().label(), length));
      return ExitCode.DONE;
    }
  }

  /** {@code ringside prog run}. */
  @Command(
      name = "run",
      description = "Run an object's programs on made-up input, as BPF_PROG_TEST_RUN does.")
  static final class Run extends OnObject {
    @Option(names = "--data", paramLabel = "HEX|@FILE", description = "The packet.")
    private String data = "00".repeat(64);

    @Option(
        names = "--ctx",
        paramLabel = "HEX",
        description = "The context, for types that take one.")
    private String context = "";

    @Option(names = "--repeat", paramLabel = "N", description = "Run it so often.")
    private int repeat = 1;

    @Option(names = "--host", description = "Ask the real kernel instead of the simulated one.")
    private boolean host;

    /** Made by picocli. */
    Run() {}

    @Override
    boolean host() {
      return host;
    }

    @Override
    ExitCode loaded(Session session, ProgramDefinition program, LoadResult result) {
      LoadedProgram loaded = result.program();
      if (loaded == null) {
        return refused(program, result.errno(), result.log());
      }
      TestRun.Answer answer =
          new TestRun(session.kernel())
              .run(loaded, new TestRun.Request(bytes(data), bytes(context), repeat));
      ExitCode code =
          report(program, answer.errno(), answer.retval(), answer.data(), answer.nanos());
      session.bpf().readTracePipe().forEach(err()::println);
      return code;
    }

    @Override
    ExitCode loadedOnHost(ProgramDefinition program, HostVerdict verdict) {
      HostProgram loaded = verdict.program();
      if (loaded == null) {
        return refused(program, verdict.errno(), verdict.log());
      }
      HostProgram.Run run = loaded.testRun(bytes(data), bytes(context), repeat);
      return report(program, run.errno(), run.retval(), run.data(), run.nanos());
    }

    private ExitCode report(
        ProgramDefinition program, int errno, int retval, byte[] data, long nanos) {
      if (json()) {
        JsonObject object = new JsonObject();
        object.addProperty("name", program.name());
        object.addProperty("run_errno", errno);
        object.addProperty("retval", Integer.toUnsignedLong(retval));
        object.addProperty("data_out", HexFormat.of().formatHex(data));
        object.addProperty("ns_per_run", nanos);
        out().println(object);
      } else if (errno == 0) {
        out()
            .println(
                "%s: retval %d, %d ns per run, data %s"
                    .formatted(
                        program.name(),
                        Integer.toUnsignedLong(retval),
                        nanos,
                        HexFormat.of().formatHex(data)));
      } else {
        err()
            .println(
                "%s: programs of type %s cannot be test-run on this input (errno %d)"
                    .formatted(program.name(), program.type().label(), errno));
      }
      return errno == 0 ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static byte[] bytes(String text) {
      try {
        String hex = text.startsWith("@") ? Files.readString(Path.of(text.substring(1))) : text;
        return HexFormat.of().parseHex(hex.replaceAll("[\\s:,]", ""));
      } catch (IOException e) {
        throw new UserError(
            ExitCode.USAGE, text.substring(1), "cannot be read", "name a file of hex digits");
      } catch (IllegalArgumentException e) {
        throw new UserError(
            ExitCode.USAGE, "--data or --ctx", "is not hexadecimal", "write e.g. 0011223344");
      }
    }
  }

  /** {@code ringside prog batch}. */
  @Command(
      name = "batch",
      description = "Answer JSON requests, one a line, from standard input.",
      footer = {
        "",
        "A request:"
            + " {\"id\":1,\"cmd\":\"run\",\"hex\":\"b700000002000000…\",\"type\":\"xdp\",\"data\":\"…\"}",
        "cmd is load or run; maps, attach_type, flags, ctx, repeat, log, caps, engine"
            + " (jit or interpreter), unverified and dump_maps are optional."
      })
  static final class Batch extends Subcommand {
    @Option(
        names = "--engine-option",
        paramLabel = "NAME=VALUE",
        description = "A polyglot option of the compiling engine, e.g. engine.MultiTier=false.")
    private Map<String, String> options = Map.of();

    @Option(names = "--host", description = "Ask the real kernel instead of the simulated one.")
    private boolean host;

    /** Made by picocli. */
    Batch() {}

    @Override
    protected ExitCode run() throws IOException {
      try (BatchAnswers session = host ? hostBatch() : new BatchSession(options);
          BufferedReader in =
              new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          if (!line.isBlank()) {
            out().println(session.answer(line));
            out().flush();
          }
        }
      }
      return ExitCode.DONE;
    }

    private static BatchAnswers hostBatch() {
      try {
        return new HostBatch();
      } catch (HostUnavailable e) {
        throw HostPrograms.unavailable(e);
      }
    }
  }
}
