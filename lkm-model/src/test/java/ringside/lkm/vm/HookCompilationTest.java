package ringside.lkm.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.vm.GuestContext;
import ringside.lkm.Modules;
import ringside.lkm.TestModules;
import ringside.lkm.loader.ModuleLoader;
import ringside.rv64.Rv64Cpu;

class HookCompilationTest {
  private static final int EVENTS = 30_000;

  @TempDir Path directory;

  @Test
  void aModulesCallbackIsCompiledIntoItsHookWithoutPerformanceWarnings() {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    byte[] file = new TestModules(directory).bytes("nf_drop");
    try (Engine engine =
            Engine.newBuilder()
                .allowExperimentalOptions(true)
                .logHandler(log)
                .option("engine.BackgroundCompilation", "false")
                .option("engine.CompilationFailureAction", "Throw")
                .option("engine.TraceCompilation", "true")
                .option("compiler.TracePerformanceWarnings", "all")
                .build();
        Kernel kernel =
            Kernel.boot(KernelConfig.defaults().withEngine(engine).withCpu(Rv64Cpu::of));
        GuestContext.Scope _ = kernel.enter()) {
      ModuleLoader loader = Modules.install(kernel);
      assertEquals(0, loader.initModule(file, "port=7777"));
      byte[][] frames = {frame(7777), frame(7778)};
      long dropped = 0;
      for (int i = 0; i < EVENTS; i++) {
        dropped +=
            switch (kernel.net().receive(kernel.net().device("eth0"), frames[i & 1])) {
              case NF_DROP -> 1;
              default -> 0;
            };
      }
      assertEquals(EVENTS / 2, dropped);
      assertEquals(0, loader.deleteModule("nf_drop"));
    }
    List<String> lines = log.toString(StandardCharsets.UTF_8).lines().toList();
    assertTrue(
        lines.stream()
            .anyMatch(l ->
                l.contains("opt done")
                    && l.contains("Tier 2")
                    && l.contains("netfilter/NF_INET_PRE_ROUTING")),
        () -> String.join("\n", lines));
    assertEquals(
        List.of(),
        lines.stream().filter(l -> l.contains("perf warn") || l.contains("opt fail")).toList());
  }

  /** A UDP packet from loopback to a port. */
  private static byte[] frame(int port) {
    byte[] frame = new byte[60];
    byte[] head = {
      2,
      0,
      0,
      0,
      0,
      1,
      2,
      0,
      0,
      0,
      0,
      2,
      8,
      0,
      0x45,
      0,
      0,
      32,
      0,
      0,
      0,
      0,
      64,
      17,
      0,
      0,
      127,
      0,
      0,
      1,
      127,
      0,
      0,
      1,
      4,
      (byte) 0xd2,
      (byte) (port >> 8),
      (byte) port,
      0,
      12
    };
    System.arraycopy(head, 0, frame, 0, head.length);
    int sum = 0;
    for (int i = 14; i < 34; i += 2) {
      sum += ((frame[i] & 0xff) << 8) | (frame[i + 1] & 0xff);
    }
    int checksum = ~((sum & 0xffff) + (sum >>> 16));
    frame[24] = (byte) (checksum >> 8);
    frame[25] = (byte) checksum;
    return frame;
  }
}
