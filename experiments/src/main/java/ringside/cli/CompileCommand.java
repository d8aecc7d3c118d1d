package ringside.cli;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.toolchain.Compilation;
import ringside.toolchain.Compiled;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/** {@code ringside cc}: compiles C with the bundled clang and the bundled headers. */
@Command(
    name = "cc",
    description = "Compile C to an eBPF object, a kernel module or a Ring 3 program.",
    footer = {
      "",
      "Examples:",
      "  ringside cc filter.bpf.c --target bpf       writes filter.bpf.o",
      "  ringside cc hello.c --target module         writes hello.ko",
      "  ringside cc probe.c --target user -o probe",
    })
final class CompileCommand extends Subcommand {
  @Parameters(paramLabel = "FILE.c", arity = "1..*", description = "C source; bpf takes one.")
  private List<Path> sources;

  @Option(
      names = {"-t", "--target"},
      required = true,
      description = "What to compile for: bpf, module or user.")
  private Target target;

  @Option(
      names = {"-o", "--output"},
      description = "The file to write; by default beside you, named after the first source.")
  private @Nullable Path output;

  @Option(names = "-I", paramLabel = "DIR", description = "Search for headers here first.")
  private List<Path> includes = List.of();

  @Option(names = "-D", paramLabel = "NAME[=VALUE]", description = "Define a macro.")
  private List<String> defines = List.of();

  /** Made by picocli. */
  CompileCommand() {}

  @Override
  protected ExitCode run() {
    for (Path source : sources) {
      if (!Files.isRegularFile(source)) {
        throw new UserError(
            ExitCode.USAGE,
            source.toString(),
            Files.exists(source) ? "is not a file" : "no such file",
            "name a C source");
      }
    }
    Path file = output == null ? defaultOutput(sources.getFirst(), target) : output;
    if (Files.isDirectory(file)) {
      throw new UserError(ExitCode.USAGE, file.toString(), "is a directory", "name a file with -o");
    }
    Compiled compiled =
        Toolchain.locate()
            .compile(new Compilation(target, sources, includes, defines, List.of(), file));
    // clang's own words, unchanged: editors and people know how to read them.
    err().print(compiled.diagnostics());
    err().flush();
    if (json()) {
      JsonObject result = new JsonObject();
      result.addProperty("ok", compiled.ok());
      result.addProperty("output", compiled.ok() ? file.toString() : null);
      result.addProperty("diagnostics", compiled.diagnostics());
      out().println(result);
    }
    return compiled.ok() ? ExitCode.DONE : ExitCode.FAILED;
  }

  /**
   * The source's name in the current directory, with the suffix that the target's loader expects.
   */
  static Path defaultOutput(Path source, Target target) {
    String name = String.valueOf(source.getFileName()).replaceFirst("\\.c$", "");
    if (target == Target.BPF) {
      name = name.replaceFirst("\\.bpf$", "");
    }
    // A program without suffix must not overwrite a source that had none either.
    String made = name + target.suffix();
    return Path.of(made.equals(String.valueOf(source.getFileName())) ? made + ".out" : made);
  }
}
