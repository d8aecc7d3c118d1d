package ringside.ebpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.graalvm.polyglot.Engine;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.ObjectReader;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadResult;
import ringside.kernel.Kernel;
import ringside.kernel.mm.Gfp;
import ringside.toolchain.Compilation;
import ringside.toolchain.Target;
import ringside.toolchain.Toolchain;

/** Compiles and loads the C programs that tests share. */
public final class Programs {
  private Programs() {}

  /** Compiles one of them; the object's bytes. */
  public static byte[] compile(String name) {
    try (var in =
        Programs.class.getResourceAsStream("/ringside/ebpf/programs/" + name + ".bpf.c")) {
      return compileText(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compiles C; the object's bytes. */
  public static byte[] compileText(String name, String text) {
    try {
      Path work = Files.createTempDirectory("ringside-test");
      Path source = work.resolve(name + ".bpf.c");
      Files.writeString(source, text);
      Path output = work.resolve(name + ".bpf.o");
      Toolchain.locate().compile(Compilation.of(Target.BPF, source, output)).orThrow(source);
      return Files.readAllBytes(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads one of them. */
  public static BpfObject object(String name) {
    return ObjectReader.parse(name + ".bpf.o", compile(name));
  }

  /** Loads one of an object's programs. */
  public static LoadResult load(Bpf bpf, BpfObject object, ObjectLoader loader, String program) {
    return loader.load(object.program(program).orElseThrow());
  }

  /** The 64-bit value behind a 32-bit key, or -1. */
  public static long value(Kernel kernel, BpfMap map, int key) {
    long buffer = kernel.slab().kmalloc(8, Gfp.KERNEL | Gfp.ZERO);
    kernel.memory().writeInt(buffer, key);
    long at = map.lookup(buffer);
    kernel.slab().kfree(buffer);
    return at == 0 ? -1 : kernel.memory().readLong(at);
  }

  /** An engine that compiles at once and lets nothing that goes wrong there pass. */
  public static Engine compiling() {
    return Engine.newBuilder()
        .allowExperimentalOptions(true)
        .option("engine.BackgroundCompilation", "false")
        .option("engine.CompilationFailureAction", "Throw")
        .option("compiler.TracePerformanceWarnings", "all")
        .option("compiler.TreatPerformanceWarningsAsErrors", "all")
        .build();
  }
}
