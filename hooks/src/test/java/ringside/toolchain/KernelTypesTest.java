package ringside.toolchain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.btf.BtfWriter;

final class KernelTypesTest {
  @TempDir Path dir;

  @Test
  void everyDeclaredTypeAndFunctionIsThereAndNothingElse() throws IOException {
    Files.writeString(
        dir.resolve("a.h"),
        """
        struct later;
        struct first { struct later *next; int bits : 3; };
        struct later { struct first embedded; };
        typedef unsigned long size_type;
        enum state { RUNNING, DEAD };
        size_type measure(const struct first *what, int how);
        static inline int helper(int x) { return x; }
        """);
    Btf btf = Btf.parse("test", KernelTypes.compile(Toolchain.locate(), dir));
    assertEquals(16, btf.sizeOf(btf.find("later", BtfType.Struct.class).orElseThrow()));
    assertTrue(btf.find("state", BtfType.Enum32.class).isPresent());
    assertTrue(btf.find("size_type", BtfType.Typedef.class).isPresent());
    BtfType.Func function =
        (BtfType.Func) btf.type(btf.find("measure", BtfType.Func.class).orElseThrow());
    BtfType.FuncProto prototype = (BtfType.FuncProto) btf.type(function.type());
    assertEquals(
        List.of("what", "how"),
        prototype.parameters().stream().map(BtfType.Parameter::name).toList());
    assertEquals("const struct first *", btf.describe(prototype.parameters().getFirst().type()));
    assertTrue(btf.find("helper").isEmpty());
    assertTrue(btf.types().stream().noneMatch(BtfType.Var.class::isInstance));
    assertTrue(btf.types().stream().noneMatch(BtfType.Datasec.class::isInstance));
  }

  @Test
  void writingWhatWasReadGivesTheSameBytes() throws IOException {
    byte[] shipped = shipped();
    assertEquals(
        List.of(Btf.parse("vmlinux", shipped).types()),
        List.of(
            Btf.parse("again", BtfWriter.write(Btf.parse("vmlinux", shipped).types())).types()));
  }

  @Test
  void theKernelsOwnTypesShipAsAResource() throws IOException {
    Btf btf = Btf.parse("vmlinux", shipped());
    BtfType.Struct task = btf.struct("task_struct").orElseThrow();
    Btf.Field comm = btf.field(task, "comm").orElseThrow();
    assertEquals(16, btf.sizeOf(comm.type()), "TASK_COMM_LEN");
  }

  @Test
  void theFileIsMadeAgainWhenAHeaderChanged() throws IOException {
    Path include =
        Files.createDirectories(dir.resolve("include/linux")).resolveSibling(".").normalize();
    Path header = Files.writeString(include.resolve("linux/a.h"), "struct a { int x; };\n");
    Path output = dir.resolve("out/vmlinux.btf");
    String[] args = {include.toString(), output.toString()};
    KernelTypes.main(args);
    FileTime old = FileTime.from(Instant.now().minusSeconds(100));
    Files.setLastModifiedTime(header, FileTime.from(Instant.now().minusSeconds(200)));
    Files.setLastModifiedTime(output, old);
    KernelTypes.main(args);
    assertEquals(old.toInstant(), Files.getLastModifiedTime(output).toInstant(), "unchanged");

    Files.writeString(header, "struct a { int x, y; };\n");
    KernelTypes.main(args);
    Btf btf = Btf.parse("out", Files.readAllBytes(output));
    assertEquals(8, btf.struct("a").orElseThrow().size());
  }

  @Test
  void aWrongHeaderIsReportedInClangsWords() throws IOException {
    Files.writeString(dir.resolve("bad.h"), "struct broken { unknown_t x; };\n");
    Toolchain toolchain = Toolchain.locate();
    CompileException e =
        assertThrows(CompileException.class, () -> KernelTypes.compile(toolchain, dir));
    assertTrue(e.diagnostics().contains("unknown type name 'unknown_t'"), e.diagnostics());
  }

  private static byte[] shipped() throws IOException {
    try (InputStream in = KernelTypes.class.getResourceAsStream("/ringside/kernel/vmlinux.btf")) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }
}
