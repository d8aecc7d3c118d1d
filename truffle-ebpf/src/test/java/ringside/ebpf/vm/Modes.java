package ringside.ebpf.vm;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.graalvm.polyglot.Engine;
import ringside.ebpf.isa.Insn;

/** The ways in which a program can be executed; each must compute the same. */
enum Modes {
  INTERPRETER,
  TIER_1,
  TIER_2,
  OSR;

  /**
   * Rounds of a loop that carry it over two looks at whether it is hot, one in 16,384 instructions.
   */
  private static final int WARM_UP = 20_000;

  private Map<String, String> options() {
    return switch (this) {
      case INTERPRETER -> Map.of("engine.Compilation", "false");
      case TIER_1 ->
          Map.of(
              "engine.CompileImmediately", "true",
              "engine.BackgroundCompilation", "false",
              "engine.CompilationFailureAction", "Throw",
              "engine.Mode", "latency");
      case TIER_2 ->
          Map.of(
              "engine.CompileImmediately", "true",
              "engine.BackgroundCompilation", "false",
              "engine.CompilationFailureAction", "Throw",
              "engine.MultiTier", "false");
      case OSR ->
          Map.of(
              "engine.OSRCompilationThreshold", "64",
              "engine.FirstTierCompilationThreshold", "1000000",
              "engine.LastTierCompilationThreshold", "1000000",
              "engine.FirstTierMinInvokeThreshold", "1000000",
              "engine.MinInvokeThreshold", "1000000",
              "engine.BackgroundCompilation", "false",
              "engine.CompilationFailureAction", "Throw",
              "engine.TraceCompilation", "true");
    };
  }

  /** An engine of this mode; compilations are logged where on-stack replacement must show. */
  Engine engine(ByteArrayOutputStream log) {
    return Engine.newBuilder()
        .allowExperimentalOptions(true)
        .logHandler(log)
        .options(options())
        .build();
  }

  /**
   * A program as this mode needs it: for on-stack replacement with a loop in front, which is hot
   * when the program proper begins. The loop leaves r0 at 0 and touches nothing else.
   */
  List<Insn> prepared(List<Insn> program) {
    if (this != OSR) {
      return program;
    }
    List<Insn> insns = new ArrayList<>();
    insns.add(new Insn(0xb7, 0, 0, 0, WARM_UP));
    insns.add(new Insn(0x07, 0, 0, 0, -1));
    insns.add(new Insn(0x55, 0, 0, -2, 0));
    insns.addAll(program);
    return insns;
  }
}
