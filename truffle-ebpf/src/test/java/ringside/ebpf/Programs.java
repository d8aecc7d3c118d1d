package ringside.ebpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.Engine;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapException;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.ObjectReader;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.verifier.VerifierInput;
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
    try {
      Path work = Files.createTempDirectory("ringside-test");
      Path source = work.resolve(name + ".bpf.c");
      try (var in =
          Programs.class.getResourceAsStream("/ringside/ebpf/programs/" + name + ".bpf.c")) {
        Files.write(source, in.readAllBytes());
      }
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

  /** Creates an object's maps and loads one of its programs. */
  public static LoadResult load(Bpf bpf, BpfObject object, List<BpfMap> maps, String program) {
    BpfObject.ProgramDefinition definition = object.program(program).orElseThrow();
    return bpf.load(
        new LoadRequest(
            program,
            definition.type(),
            definition.attachType(),
            definition.insns(),
            maps,
            definition.functions(),
            definition.lines(),
            object.license(),
            VerifierInput.Capabilities.ROOT,
            1,
            0,
            true));
  }

  /** Creates an object's maps. */
  public static List<BpfMap> maps(Bpf bpf, BpfObject object) throws MapException {
    List<BpfMap> maps = new ArrayList<>();
    for (BpfObject.MapDefinition definition : object.maps()) {
      BpfMap map = bpf.maps().create(definition.shape());
      byte[] initial = definition.initial();
      if (initial != null) {
        bpf.kernel().memory().write(map.directValue(0), initial, 0, initial.length);
      }
      maps.add(map);
    }
    return maps;
  }

  /** The map of a variable. */
  public static BpfMap map(BpfObject object, List<BpfMap> maps, String variable) {
    return maps.get(object.maps().indexOf(object.map(variable).orElseThrow()));
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
