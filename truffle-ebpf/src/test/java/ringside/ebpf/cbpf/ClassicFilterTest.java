package ringside.ebpf.cbpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.Test;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.vm.GuestContext;

/** Random filters on random packets: the translation computes what a direct reading does. */
class ClassicFilterTest {
  private static final int PACKETS = 6;

  @Test
  void theInterpreterComputesWhatADirectReadingDoes() {
    compare(3000, Map.of("engine.Compilation", "false"));
  }

  @Test
  void tierOneComputesWhatADirectReadingDoes() {
    compare(8, Map.of("engine.CompileImmediately", "true", "engine.Mode", "latency"));
  }

  @Test
  void tierTwoComputesWhatADirectReadingDoes() {
    compare(8, Map.of("engine.CompileImmediately", "true", "engine.MultiTier", "false"));
  }

  @Test
  void whatTheCheckAcceptsDoesNothingUndefined() {
    long seed = seed();
    RandomFilters source = new RandomFilters(seed);
    int accepted = 0;
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      List<SockFilter> filter = source.damaged();
      Packet packet = source.packet();
      try {
        FilterCheck.check(filter);
      } catch (FilterException e) {
        refused++;
        continue;
      }
      accepted++;
      if (filter.stream().noneMatch(ClassicFilterTest::undetermined)) {
        ClassicInterpreter.run(filter, packet); // throws where something is not defined
      }
    }
    assertTrue(
        accepted > 1000 && refused > 1000, "seed %d: %d %d".formatted(seed, accepted, refused));
  }

  /** {@code PAY_OFFSET} and {@code RANDOM}, which the direct reading leaves out. */
  private static boolean undetermined(SockFilter insn) {
    return insn.k() == -4096 + 52 || insn.k() == -4096 + 56;
  }

  private static long seed() {
    Long given = Long.getLong("ringside.fuzz.seed");
    return given == null ? new Random().nextLong() : given;
  }

  private static void compare(int filters, Map<String, String> options) {
    long seed = seed();
    RandomFilters source = new RandomFilters(seed);
    Engine.Builder builder = Engine.newBuilder().allowExperimentalOptions(true);
    options.forEach(builder::option);
    if (!options.containsKey("engine.Compilation")) {
      builder.option("engine.BackgroundCompilation", "false");
      builder.option("engine.CompilationFailureAction", "Throw");
    }
    try (Engine engine = builder.build();
        Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine))) {
      Bpf bpf = new Bpf(kernel);
      for (int i = 0; i < filters; i++) {
        List<SockFilter> filter = source.filter();
        LoadResult loaded = bpf.loadClassic("random", filter);
        LoadedProgram program = loaded.program();
        String shown = "seed %d, filter %d:\n%s".formatted(seed, i, FilterText.decimal(filter));
        assertNotNull(program, () -> shown + loaded.log());
        for (int n = 0; n < PACKETS; n++) {
          Packet packet = source.packet();
          int number = n;
          assertEquals(
              ClassicInterpreter.run(filter, packet),
              run(kernel, program, packet),
              () -> shown + "packet " + number);
        }
        bpf.unload(program);
      }
    }
  }

  static int run(Kernel kernel, LoadedProgram program, Packet packet) {
    long skb = packet.build(kernel);
    try (GuestContext.Scope _ = kernel.enter()) {
      return (int) kernel.protect(() -> (long) program.target().call(skb));
    } finally {
      Packet.free(kernel, skb);
    }
  }
}
