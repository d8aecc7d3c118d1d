package ringside.experiments.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.Test;
import ringside.experiments.build.ObjectStore;
import ringside.experiments.catalog.Catalog;
import ringside.experiments.catalog.Workload;
import ringside.experiments.run.Packets;
import ringside.toolchain.Toolchain;

/**
 * The packet filter as users run it, in each lane: compiled, and of one mind with the interpreter.
 */
class PacketFilterCompilationTest {
  private static final int ROUNDS = 160;

  @Test
  void bothContestantsReachTierTwoWithoutPerformanceWarningsAndKeepTheirVerdicts()
      throws Exception {
    Workload workload = (Workload) Catalog.load().find("packet-filter").orElseThrow();
    List<byte[]> frames = Packets.ipv4(Packets.bundled().frames());
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (Engine engine =
        Engine.newBuilder()
            .allowExperimentalOptions(true)
            .logHandler(log)
            .option("engine.BackgroundCompilation", "false")
            .option("engine.CompilationFailureAction", "Throw")
            .option("engine.TraceCompilation", "true")
            .option("compiler.TracePerformanceWarnings", "all")
            .build()) {
      ObjectStore objects = new ObjectStore(Toolchain.locate());
      for (PacketLane lane :
          new PacketLanes(workload, objects, Lab.machine(engine, 1), frames).boot()) {
        try (lane) {
          List<Boolean> interpreted = lane.deliver(frames);
          for (int round = 0; round < ROUNDS; round++) {
            assertEquals(interpreted, lane.deliver(frames), lane.identity().id());
          }
        }
      }
    }
    List<String> lines = log.toString(StandardCharsets.UTF_8).lines().toList();
    for (String hook : List.of("xdp/eth0", "netfilter/NF_INET_PRE_ROUTING")) {
      // The built-in lane and the contestant at that hook.
      assertEquals(
          2,
          lines.stream()
              .filter(l -> l.contains("opt done") && l.contains("Tier 2") && l.contains(hook))
              .count(),
          () -> hook + "\n" + String.join("\n", lines));
    }
    assertTrue(
        lines.stream().noneMatch(l -> l.contains("perf warn") || l.contains("opt fail")),
        () -> String.join("\n", lines));
  }
}
