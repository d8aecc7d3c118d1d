package ringside.toolchain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ToolchainTest {
  /** What {@code MODULE_LICENSE} makes; without it modpost refuses a module. */
  private static final String LICENSE =
      """
      static const char license[] __attribute__((section(".modinfo"), used)) = "license=GPL";
      """;

  private static final int EM_RISCV = 243;
  private static final int EM_BPF = 247;
  private static final int ET_REL = 1;
  private static final int ET_EXEC = 2;

  private static Toolchain toolchain;

  @TempDir Path dir;

  @BeforeAll
  static void locate() {
    toolchain = Toolchain.locate();
  }

  @Test
  void compilesAnEbpfObjectWithBtf() throws IOException {
    Path source =
        write(
            "prog.c",
            """
            #include <stdint.h>
            __attribute__((section("xdp"), used)) int f(void *c) { return 2; }
            """);
    Path out = dir.resolve("prog.bpf.o");
    toolchain.compile(Compilation.of(Target.BPF, source, out)).orThrow(source);
    assertMachine(out, EM_BPF, ET_REL);
    assertTrue(contains(Files.readAllBytes(out), ".BTF.ext"));
  }

  @Test
  void linksTheFilesOfAModuleIntoOneRelocatable() throws IOException {
    Path a =
        write(
            "a.c",
            LICENSE + "int b(int); int a(int x) { return b(x) + sizeof(KBUILD_MODNAME); }\n");
    Path b = write("b.c", "int b(int x) { __asm__ volatile(\"csrci sstatus, 2\"); return x; }\n");
    Path out = dir.resolve("two-parts.ko");
    toolchain.compile(Compilation.of(Target.MODULE, a, out).withSource(b)).orThrow(a);
    assertMachine(out, EM_RISCV, ET_REL);
    assertEquals("two_parts", Toolchain.moduleName(out));
  }

  @Test
  void linksAUserProgramStatically() throws IOException {
    Path source = write("u.c", "void _start(void) { for (;;) { } }\n");
    Path out = dir.resolve("new/dir/u");
    toolchain.compile(Compilation.of(Target.USER, source, out)).orThrow(source);
    ByteBuffer elf = assertMachine(out, EM_RISCV, ET_EXEC);
    long entry = elf.getLong(24);
    assertTrue(entry >= 0x10000 && entry < 0x20000, Long.toHexString(entry));
  }

  @Test
  void passesIncludesAndDefinesOn() throws IOException {
    Files.createDirectory(dir.resolve("inc dir"));
    write("inc dir/answer.h", "#define ANSWER (BASE + 2)\n");
    Path source = write("i.c", "#include <answer.h>\n_Static_assert(ANSWER == 42, \"\");\n");
    Compilation job =
        Compilation.of(Target.BPF, source, dir.resolve("i.o"))
            .withInclude(dir.resolve("inc dir"))
            .withDefine("BASE=40");
    assertEquals("", toolchain.compile(job).diagnostics());
  }

  @Test
  void givesClangsOwnWordsAndLeavesNothingWhenTheSourceIsWrong() throws IOException {
    Path source = write("bad.c", "int f(void) { return undeclared; }\n");
    Path out = dir.resolve("bad.o");
    Compiled compiled = toolchain.compile(Compilation.of(Target.BPF, source, out));
    assertEquals(1, compiled.exitCode());
    assertTrue(
        compiled.diagnostics().contains("bad.c:1:22: error: use of undeclared identifier"),
        compiled.diagnostics());
    assertTrue(
        assertThrows(CompileException.class, () -> compiled.orThrow(source))
            .diagnostics()
            .contains("undeclared"));
    assertFalse(Files.exists(out));
    try (Stream<Path> left = Files.list(dir)) {
      assertEquals(1, left.count(), "only the source is left");
    }
  }

  @Test
  void seesNoHeaderOfTheHost() throws IOException {
    Path source = write("host.c", "#include <stdio.h>\n");
    Compiled compiled =
        toolchain.compile(Compilation.of(Target.BPF, source, dir.resolve("host.o")));
    assertTrue(compiled.diagnostics().contains("'stdio.h' file not found"));
  }

  @Test
  void sameSourceGivesTheSameBytesInAnotherDirectory() throws IOException {
    byte[][] outputs = new byte[2][];
    for (int i = 0; i < 2; i++) {
      Path source = write("d" + i + "/s.c", LICENSE + "int g; int f(void) { return g; }\n");
      Path out = dir.resolve("d" + i + "/s.ko");
      toolchain.compile(Compilation.of(Target.MODULE, source, out)).orThrow(source);
      outputs[i] = Files.readAllBytes(out);
    }
    assertTrue(Arrays.equals(outputs[0], outputs[1]));
  }

  @Test
  void saysWhatToDoWhenTheNamedCompilerIsNone() {
    Map<String, String> environment = Map.of("RINGSIDE_CLANG", "/nonexistent/clang");
    ToolchainException e =
        assertThrows(ToolchainException.class, () -> Toolchain.locate(environment));
    assertEquals("/nonexistent/clang: RINGSIDE_CLANG is not a program", e.getMessage());
    assertTrue(String.valueOf(e.hint()).contains("clang 19"));
  }

  @Test
  void refusesACompilerThatIsTooOld() throws IOException {
    Path old = write("clang", "#!/bin/sh\necho clang version 14.0.6\n");
    assertTrue(old.toFile().setExecutable(true));
    Map<String, String> environment = Map.of("RINGSIDE_CLANG", old.toString());
    ToolchainException e =
        assertThrows(ToolchainException.class, () -> Toolchain.locate(environment));
    assertTrue(e.what().contains("clang version 14.0.6, too old"), e.what());
  }

  private Path write(String name, String text) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static ByteBuffer assertMachine(Path file, int machine, int type) throws IOException {
    ByteBuffer elf = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(0x464c457f, elf.getInt(0), "ELF magic");
    assertEquals(type, elf.getShort(16));
    assertEquals(machine, elf.getShort(18));
    return elf;
  }

  private static boolean contains(byte[] bytes, String text) {
    return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).contains(text);
  }
}
