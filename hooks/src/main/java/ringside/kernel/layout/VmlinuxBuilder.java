package ringside.kernel.layout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import ringside.format.BadInputException;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Section;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/**
 * Compiles the kernel's headers to the BTF that this package reads; run by the build, never by
 * users.
 */
public final class VmlinuxBuilder {
  private VmlinuxBuilder() {}

  /**
   * Makes the BTF.
   *
   * @param args the C file that includes all headers, and the file to write
   */
  public static void main(String[] args) throws IOException {
    Path source = Path.of(args[0]);
    Path output = Path.of(args[1]);
    try {
      build(source, output);
    } catch (BadInputException e) {
      System.err.println("vmlinux.btf: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void build(Path source, Path output) throws IOException {
    Files.createDirectories(output.toAbsolutePath().getParent());
    Path object = output.resolveSibling("vmlinux.o");
    try {
      Toolchain.locate()
          .compile(Compilation.of(Target.BPF, source, object).withFlag("-Werror"))
          .orThrow(source);
      ElfFile elf = ElfFile.read(object);
      Section section =
          elf.section(".BTF")
              .orElseThrow(() -> new IllegalStateException("clang wrote no .BTF section"));
      Files.write(output, elf.bytes(section));
    } finally {
      Files.deleteIfExists(object);
    }
  }
}
