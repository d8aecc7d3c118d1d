package ringside.kernel.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.format.btf.BtfType;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

class StructLayoutsTest {
  private final StructLayouts layouts = StructLayouts.ofKernel();

  @Test
  void ptRegsIsRiscvs() {
    StructLayout regs = layouts.of("pt_regs");
    assertEquals(36 * 8, regs.size());
    assertEquals(0, regs.offset("epc"));
    assertEquals(80, regs.offset("a0"));
    assertEquals(280, regs.offset("orig_a0"));
  }

  @Test
  void membersOfAnonymousStructsAndNestedOnesHavePaths() {
    assertEquals(4, layouts.of("qstr").offset("len"));
    StructLayout dentry = layouts.of("dentry");
    assertEquals(dentry.offset("d_name") + 8, dentry.offset("d_name.name"));
    assertEquals(16, layouts.of("task_struct").sizeOf("comm"));
  }

  @Test
  void anUnknownStructOrFieldIsNamed() {
    assertEquals(
        "the kernel headers declare no struct nonesuch",
        assertThrows(IllegalArgumentException.class, () -> layouts.of("nonesuch")).getMessage());
    StructLayout cred = layouts.of("cred");
    assertEquals(
        "struct cred has no field nonesuch",
        assertThrows(IllegalArgumentException.class, () -> cred.offset("nonesuch")).getMessage());
  }

  @Test
  void modulesSeeTheSameLayout(@TempDir Path dir) throws IOException {
    // The BTF is made for bpf; a module is compiled for riscv64. clang checks that both agree.
    StringBuilder c = new StringBuilder();
    Path include = Path.of("src/main/resources/ringside/include");
    try (Stream<Path> headers = Files.walk(include)) {
      headers
          .filter(header -> header.toString().endsWith(".h"))
          .sorted()
          .forEach(header -> c.append("#include <%s>\n".formatted(include.relativize(header))));
    }
    int checked = 0;
    for (BtfType type : layouts.btf().types()) {
      if (type instanceof BtfType.Struct struct && !struct.name().isEmpty()) {
        StructLayout layout = layouts.of(struct.name());
        c.append(
            "_Static_assert(sizeof(struct %s) == %d, \"size\");\n"
                .formatted(struct.name(), layout.size()));
        for (var field : layout.fields().entrySet()) {
          c.append(
              "_Static_assert(__builtin_offsetof(struct %s, %s) == %d, \"offset\");\n"
                  .formatted(struct.name(), field.getKey(), field.getValue().offset()));
          checked++;
        }
      }
    }
    assertTrue(checked > 200, "only " + checked + " fields");
    // What MODULE_LICENSE makes; without it modpost refuses a module.
    c.append("static const char license[] __attribute__((section(\".modinfo\"), used))")
        .append(" = \"license=GPL\";\n");
    Path source = Files.writeString(dir.resolve("layout.c"), c);
    Path object =
        Toolchain.locate()
            .compile(Compilation.of(Target.MODULE, source, dir.resolve("layout.ko")))
            .orThrow(source);
    assertTrue(Files.size(object) > 0);
  }
}
