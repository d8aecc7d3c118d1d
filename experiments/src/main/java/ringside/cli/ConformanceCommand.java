package ringside.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.graalvm.polyglot.Engine;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.ebpf.conformance.BareMachine;
import ringside.ebpf.conformance.RefusedException;
import ringside.ebpf.isa.Insn;
import ringside.format.elf.ElfFile;

/** {@code ringside conformance}: a plugin for the public bpf_conformance suite. */
@Command(
    name = "conformance",
    description = "Run one program for the bpf_conformance suite (a plugin for its runner).",
    footer = {
      "",
      "The program comes on standard input as pairs of hexadecimal digits; r0 goes to standard"
          + " output in hexadecimal.",
      "r1 is the address of MEMORY, r2 its length. Without --interpreter the program runs"
          + " compiled.",
      "",
      "  bpf_conformance_runner --test_file_directory tests --cpu_version v4 --include_groups callx"
          + " --plugin_path PLUGIN",
      "",
      "where PLUGIN is a script: exec ringside conformance \"$@\""
    })
final class ConformanceCommand extends Subcommand {
  private static final String HINT = "write bytes as two hexadecimal digits, e.g. 95 00 00 00";
  private static final int SHF_EXECINSTR = 4;

  @Parameters(
      arity = "0..1",
      paramLabel = "MEMORY",
      description = "What r1 points to, as pairs of hexadecimal digits.")
  private String memory = "";

  @Option(names = "--elf", description = "Standard input is an object, of which .text is run.")
  private boolean elf;

  @Option(
      names = "--program",
      paramLabel = "HEX",
      description = "The program, instead of standard input.")
  private @Nullable String program;

  @Option(names = "--interpreter", description = "Never compile.")
  private boolean interpreter;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Run it so often; the last r0 counts.")
  private int repeat = 1;

  /** Made by picocli. */
  ConformanceCommand() {}

  @Override
  protected ExitCode run() throws IOException {
    byte[] buffer = hex(memory, "MEMORY");
    String text = program;
    byte[] code =
        hex(
            text == null ? new String(System.in.readAllBytes(), StandardCharsets.US_ASCII) : text,
            text == null ? "standard input" : "--program");
    byte[] bytes = elf ? text(code) : code;
    if (bytes.length % Insn.BYTES != 0) {
      throw new UserError(
          ExitCode.REJECTED, null, bytes.length + " bytes are not whole instructions", null);
    }
    List<Insn> insns = Insn.decodeAll(bytes);
    try (Engine engine = engine();
        BareMachine machine = new BareMachine(engine)) {
      out().println(Long.toHexString(machine.run(insns, buffer, repeat)));
      return ExitCode.DONE;
    } catch (RefusedException e) {
      err().println(e.getMessage());
      return ExitCode.REJECTED;
    }
  }

  private Engine engine() {
    Engine.Builder builder = GuestEngine.builder(interpreter);
    if (interpreter) {
      return builder.build();
    }
    if (!GuestEngine.compiles()) {
      throw new UserError(
          ExitCode.UNAVAILABLE, null, "this JVM has no Graal compiler", "use ./ringside");
    }
    // One short run must be enough to test the compiler: all is compiled, to the last tier.
    return builder
        .option("engine.CompileImmediately", "true")
        .option("engine.BackgroundCompilation", "false")
        .option("engine.MultiTier", "false")
        .option("engine.CompilationFailureAction", "Throw")
        .build();
  }

  private static byte[] text(byte[] object) {
    ElfFile file = ElfFile.parse("standard input", object);
    return file.sections().stream()
        .filter(s -> (s.flags() & SHF_EXECINSTR) != 0 && s.size() > 0)
        .findFirst()
        .map(file::bytes)
        .orElseThrow(
            () -> new UserError(ExitCode.USAGE, "standard input", "the object has no code", null));
  }

  private static byte[] hex(String text, String where) {
    try {
      return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw new UserError(ExitCode.USAGE, where, "is not hexadecimal", HINT, e);
    }
  }
}
