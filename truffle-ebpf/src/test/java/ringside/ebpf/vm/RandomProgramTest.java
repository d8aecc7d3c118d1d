package ringside.ebpf.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.Test;
import ringside.ebpf.asm.Disassembler;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

class RandomProgramTest {
  @Test
  void theInterpreterComputesWhatTheStandardSays() {
    compare(3000, Map.of("engine.Compilation", "false"));
  }

  @Test
  void tierOneComputesWhatTheStandardSays() {
    compare(
        6,
        Map.of(
            "engine.CompileImmediately", "true",
            "engine.BackgroundCompilation", "false",
            "engine.CompilationFailureAction", "Throw",
            "engine.Mode", "latency"));
  }

  @Test
  void tierTwoComputesWhatTheStandardSays() {
    compare(
        6,
        Map.of(
            "engine.CompileImmediately", "true",
            "engine.BackgroundCompilation", "false",
            "engine.CompilationFailureAction", "Throw",
            "engine.MultiTier", "false"));
  }

  private static void compare(int programs, Map<String, String> options) {
    long seed = new Random().nextLong();
    RandomPrograms source = new RandomPrograms(seed);
    Engine.Builder builder = Engine.newBuilder().allowExperimentalOptions(true);
    options.forEach(builder::option);
    try (Engine engine = builder.build();
        Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine))) {
      Bpf bpf = new Bpf(kernel);
      TestRun runner = new TestRun(kernel);
      for (int i = 0; i < programs; i++) {
        List<Insn> insns = source.next();
        LoadResult loaded =
            bpf.load(LoadRequest.of("random", ProgramType.XDP, insns, List.of()).unverified());
        LoadedProgram program = loaded.program();
        assertNotNull(program, loaded.log());
        TestRun.Answer answer =
            runner.run(program, new TestRun.Request(new byte[64], new byte[0], 1));
        int number = i;
        assertEquals(
            (int) Reference.run(insns),
            answer.retval(),
            () ->
                "seed %d, program %d:\n%s"
                    .formatted(seed, number, new Disassembler().listing(insns)));
        bpf.unload(program);
      }
    }
  }
}
