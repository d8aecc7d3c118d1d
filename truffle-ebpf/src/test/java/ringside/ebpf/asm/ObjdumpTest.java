package ringside.ebpf.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.ebpf.Programs;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.Instruction;
import ringside.ebpf.isa.InstructionSet;
import ringside.ebpf.isa.Op;
import ringside.format.elf.ElfFile;
import ringside.toolchain.Toolchain;

class ObjdumpTest {
  @TempDir private Path work;

  @ParameterizedTest
  @ValueSource(strings = {"filter", "loops", "trace"})
  void printsObjectsAsLlvmDoes(String name) throws Exception {
    Path object = work.resolve(name + ".bpf.o");
    Files.write(object, Programs.compile(name));
    compare(object);
  }

  @Test
  void printsEveryInstructionAsLlvmDoes() throws Exception {
    long seed = Long.getLong("ringside.fuzz.seed", new Random().nextLong());
    System.out.println("-Dringside.fuzz.seed=" + seed);
    Random random = new Random(seed);
    List<Insn> insns = new ArrayList<>();
    for (Instruction row : InstructionSet.ROWS) {
      // LLVM 20 takes the loads that acquire and the stores that release for additions.
      boolean known = row.op() < Op.LOAD_ACQ_W;
      for (int i = 0; known && i < 5; i++) {
        insns.addAll(AssemblerTest.random(row, random));
      }
    }
    Path source = work.resolve("all.s");
    StringBuilder text = new StringBuilder(".text\n.globl all\n.type all, @function\nall:\n");
    for (byte b : Insn.encodeAll(insns)) {
      text.append(".byte ").append(b & 0xff).append('\n');
    }
    Files.writeString(source, text);
    Path object = work.resolve("all.o");
    Path clang = tool("clang");
    List<String> command =
        List.of(clang.toString(), "-target", "bpf", "-c", "-o", object + "", source + "");
    assertEquals("", run(command));
    compare(object);
  }

  private static void compare(Path object) throws IOException, InterruptedException {
    Path tool = tool("llvm-objdump");
    String theirs = run(List.of(tool.toString(), "-d", object.toString()));
    ElfFile file = ElfFile.parse(object.toString(), Files.readAllBytes(object));
    assertTrue(theirs.lines().count() > 20, theirs);
    List<String> expected = theirs.lines().toList();
    List<String> lines = new Objdump(file).text().lines().toList();
    for (int i = 0; i < Math.min(expected.size(), lines.size()); i++) {
      assertEquals(expected.get(i), lines.get(i));
    }
    assertEquals(expected.size(), lines.size());
  }

  /** A tool of the bundled LLVM 20; one of another version may not know all instructions. */
  private static Path tool(String name) {
    Path tool = Toolchain.locate().clang().resolveSibling(name);
    assumeTrue(Files.isExecutable(tool), "skipped: there is no " + tool);
    return tool;
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
    try (Stream<String> lines = out.lines()) {
      return lines.map(l -> l + "\n").collect(java.util.stream.Collectors.joining());
    }
  }
}
