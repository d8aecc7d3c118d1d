package ringside.ebpf.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.oracle.truffle.api.Truffle;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.Test;
import ringside.ebpf.Programs;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.vm.GuestContext;

class CompilationTest {
  private static final String LONG_LOOP =
      """
        r0 = 0
        r1 = 3000000
      again:
        r0 += r1
        r0 ^= 5
        r1 -= 1
        if r1 != 0 goto again
        exit
      """;

  @Test
  void theOptimizingRuntimeIsInstalled() {
    assertNotEquals("Interpreted", Truffle.getRuntime().getName());
  }

  @Test
  void anAttachedProgramIsCompiledIntoItsHookWithoutPerformanceWarnings() throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (Engine engine = tracing(log);
        Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine))) {
      Bpf bpf = new Bpf(kernel);
      BpfObject object = Programs.object("filter");
      ObjectLoader loader = ObjectLoader.open(bpf, object);
      LoadedProgram program = Programs.load(bpf, object, loader, "filter").program();
      assertNotNull(program);
      BpfLink link = BpfLink.attach(kernel, program, "eth0");
      long xdp = XdpBuffs.udp(kernel, 53);
      try (GuestContext.Scope _ = kernel.enter()) {
        for (int i = 0; i < 15_000; i++) {
          assertEquals(1, link.hook().fire(xdp)); // XDP_DROP
        }
      }
      assertEquals(15_000, Programs.value(kernel, loader.map("verdicts"), 0));
    }
    List<String> hook =
        compilations(log).stream()
            .filter(l -> l.contains("hook:") && l.contains("Tier 2"))
            .toList();
    assertEquals(1, hook.size(), () -> log.toString(StandardCharsets.UTF_8));
    // The adapter, the program, and the function that it calls in two places.
    assertTrue(hook.getFirst().matches(".*Inlined +[3-9]Y +0N.*"), hook.getFirst());
    assertEquals(List.of(), warnings(log));
  }

  @Test
  void aHotLoopIsReplacedOnTheStack() {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    long expected = 0;
    for (long r1 = 3_000_000; r1 != 0; r1--) {
      expected = (expected + r1) ^ 5;
    }
    try (Engine engine = tracing(log);
        Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine))) {
      LoadResult loaded =
          new Bpf(kernel)
              .load(
                  LoadRequest.of("loop", ProgramType.XDP, Assembler.assemble(LONG_LOOP), List.of())
                      .unverified());
      LoadedProgram program = loaded.program();
      assertNotNull(program, loaded.log());
      long before = kernel.clock().instructions();
      TestRun.Answer answer =
          new TestRun(kernel).run(program, new TestRun.Request(new byte[64], new byte[0], 1));
      assertEquals((int) expected, answer.retval());
      // Virtual time counts each instruction once, whoever executed it.
      assertEquals(2 + 4 * 3_000_000L + 1, kernel.clock().instructions() - before);
    }
    assertTrue(
        compilations(log).stream().anyMatch(l -> l.contains("OSR")),
        () -> log.toString(StandardCharsets.UTF_8));
    assertEquals(List.of(), warnings(log));
  }

  @Test
  void aLongProgramRunsInBlocks() {
    StringBuilder text = new StringBuilder("r0 = 0\nr2 = 3\nagain:\n");
    int additions = 9000;
    for (int i = 0; i < additions; i++) {
      text.append("r0 += ").append(i % 7).append('\n');
      if (i == additions / 2) {
        text.append("if r2 == 100 goto out\n");
      }
    }
    text.append("r2 += -1\nif r2 != 0 goto again\nout: exit\n");
    int once = 0;
    for (int i = 0; i < additions; i++) {
      once += i % 7;
    }
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      LoadResult loaded =
          new Bpf(kernel)
              .load(
                  LoadRequest.of(
                          "long", ProgramType.XDP, Assembler.assemble(text.toString()), List.of())
                      .unverified());
      LoadedProgram program = loaded.program();
      assertNotNull(program, loaded.log());
      TestRun.Answer answer =
          new TestRun(kernel).run(program, new TestRun.Request(new byte[64], new byte[0], 1));
      assertEquals(3 * once, answer.retval());
    }
  }

  private static Engine tracing(ByteArrayOutputStream log) {
    return Engine.newBuilder()
        .allowExperimentalOptions(true)
        .logHandler(log)
        .option("engine.BackgroundCompilation", "false")
        .option("engine.CompilationFailureAction", "Throw")
        .option("engine.TraceCompilation", "true")
        .option("compiler.TracePerformanceWarnings", "all")
        .build();
  }

  private static List<String> compilations(ByteArrayOutputStream log) {
    return log.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(l -> l.contains("opt done"))
        .toList();
  }

  private static List<String> warnings(ByteArrayOutputStream log) {
    return log.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(l -> l.contains("perf warn") || l.contains("opt fail"))
        .toList();
  }
}
