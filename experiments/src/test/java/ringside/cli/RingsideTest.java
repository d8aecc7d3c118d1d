package ringside.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Machine;
import ringside.toolchain.Target;

final class RingsideTest {
  @TempDir Path dir;

  private record Outcome(int code, String out, String err) {}

  private static Outcome ringside(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Ringside.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Outcome(code, out.toString(), err.toString());
  }

  @Test
  void helpGoesToStandardOutput() {
    Outcome outcome = ringside("--help");
    assertEquals(0, outcome.code());
    assertEquals("", outcome.err());
    assertTrue(outcome.out().contains("cc "), outcome.out());
    assertTrue(outcome.out().contains("124"), "exit codes are part of the help");
  }

  @Test
  void aCommandIsNeeded() {
    Outcome outcome = ringside();
    assertEquals(2, outcome.code());
    assertEquals("", outcome.out());
    assertEquals("error: which command?\nhint: see: ringside --help\n", outcome.err());
  }

  @Test
  void aMistypedCommandIsUsageAndGetsASuggestion() {
    Outcome outcome = ringside("docter");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("did you mean doctor?"), outcome.err());
    assertFalse(outcome.err().contains("\tat "), "no stack trace");
  }

  @Test
  void aStackTraceIsShownWithVerboseOnly() {
    assertTrue(ringside("-v", "docter").err().contains("\tat "));
  }

  @Test
  void compilesToTheNamedFile() throws IOException {
    Path source =
        Files.writeString(
            dir.resolve("x.c"), "#include <linux/module.h>\nMODULE_LICENSE(\"GPL\");\n");
    Path output = dir.resolve("x.ko");
    Outcome outcome =
        ringside("cc", source.toString(), "--target", "module", "-o", output.toString());
    assertEquals(0, outcome.code(), outcome.err());
    ElfFile.read(output).require(ElfFile.ET_REL, Machine.RISCV, null);
  }

  @Test
  void aModuleThatModpostRefusesGivesItsWordsAndOne() throws IOException {
    Path source = Files.writeString(dir.resolve("x.c"), "int f(void) { return 1; }\n");
    Path output = dir.resolve("x.ko");
    Outcome outcome = ringside("cc", source.toString(), "-t", "module", "-o", output.toString());
    assertEquals(1, outcome.code());
    assertTrue(outcome.err().contains("ERROR: modpost: missing MODULE_LICENSE()"), outcome.err());
    assertFalse(Files.exists(output));
  }

  @Test
  void cThatDoesNotCompileGivesClangsWordsAndOne() throws IOException {
    Path source = Files.writeString(dir.resolve("bad.c"), "int f( { }\n");
    Path output = dir.resolve("bad.o");
    Outcome outcome =
        ringside("cc", source.toString(), "-t", "bpf", "-o", output.toString(), "--json");
    assertEquals(1, outcome.code());
    assertTrue(outcome.err().contains("bad.c:1:8: error: "), outcome.err());
    JsonObject result = JsonParser.parseString(outcome.out()).getAsJsonObject();
    assertFalse(result.get("ok").getAsBoolean());
    assertFalse(Files.exists(output));
  }

  @Test
  void anUnknownTargetListsTheKnownOnes() {
    Outcome outcome = ringside("cc", "x.c", "--target", "amiga");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().contains("amiga"), outcome.err());
    assertTrue(outcome.err().contains("MODULE"), outcome.err());
  }

  @Test
  void aMissingSourceIsUsageAlsoInJson() {
    Path none = dir.resolve("none.c");
    Outcome outcome = ringside("cc", none.toString(), "--target", "bpf", "--json");
    assertEquals(2, outcome.code());
    JsonObject error =
        JsonParser.parseString(outcome.out()).getAsJsonObject().getAsJsonObject("error");
    assertEquals(none + ": no such file", error.get("message").getAsString());
    assertEquals(2, error.get("exit_code").getAsInt());
  }

  @Test
  void anUnwritableOutputIsExplained() throws IOException {
    Path source = Files.writeString(dir.resolve("x.c"), "int f(void) { return 1; }\n");
    Path file = Files.writeString(dir.resolve("file"), "");
    Outcome outcome =
        ringside("cc", source.toString(), "-t", "bpf", "-o", file.resolve("x.o").toString());
    assertEquals(2, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("hint: "), outcome.err());
    assertFalse(outcome.err().contains("\tat "), outcome.err());
  }

  @Test
  void theDefaultOutputIsNamedAfterTheSource() {
    assertEquals(Path.of("a.bpf.o"), CompileCommand.defaultOutput(Path.of("/d/a.c"), Target.BPF));
    assertEquals(Path.of("a.bpf.o"), CompileCommand.defaultOutput(Path.of("a.bpf.c"), Target.BPF));
    assertEquals(Path.of("a.ko"), CompileCommand.defaultOutput(Path.of("a.c"), Target.MODULE));
    assertEquals(Path.of("a"), CompileCommand.defaultOutput(Path.of("a.c"), Target.USER));
    assertEquals(Path.of("a.out"), CompileCommand.defaultOutput(Path.of("a"), Target.USER));
  }

  @Test
  void doctorFindsTheCompilerAndTheRuntime() {
    Outcome outcome = ringside("doctor", "--json");
    JsonObject result = JsonParser.parseString(outcome.out()).getAsJsonObject();
    result
        .getAsJsonArray("checks")
        .forEach(check -> {
          String name = check.getAsJsonObject().get("name").getAsString();
          if (name.equals("JDK") || name.equals("Graal compiler") || name.equals("C compiler")) {
            assertEquals("ok", check.getAsJsonObject().get("state").getAsString(), name);
          }
        });
    assertEquals(result.get("ok").getAsBoolean() ? 0 : 1, outcome.code());
  }

  @Test
  void everyExceptionHasItsExitCode() {
    assertEquals(
        ExitCode.REJECTED,
        Failure.of(new ringside.format.elf.ElfException("x.ko", "is damaged", null)).exitCode());
    assertEquals(
        ExitCode.USAGE,
        Failure.of(new ringside.format.BadInputException("x.pcap", "cut", null)).exitCode());
    assertEquals(
        ExitCode.USAGE, Failure.of(new java.nio.file.AccessDeniedException("/etc/x")).exitCode());
    Failure bug = Failure.of(new IllegalStateException("oops"));
    assertEquals(ExitCode.INTERNAL, bug.exitCode());
    assertTrue(String.valueOf(bug.hint()).contains("-v"));
  }
}
