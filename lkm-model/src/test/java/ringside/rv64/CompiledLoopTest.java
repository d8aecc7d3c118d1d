package ringside.rv64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.rv64.TestMachine.CODE;
import static ringside.rv64.TestMachine.DATA;
import static ringside.rv64.isa.Encoder.encode;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.Test;
import ringside.rv64.isa.Op;

/** Loops reach the last compilation tier, without warnings, and compute what they did before. */
class CompiledLoopTest {
  private static final int T0 = 5;
  private static final int T1 = 6;
  private static final int A0 = 10;
  private static final int A1 = 11;
  private static final int RET = encode(Op.JALR, 0, 1, 0, 0);
  private static final int CALLS = 12_000;

  /** Never a multiple of the rounds between two polls only, so that loops end within a copy too. */
  private static final int ROUNDS = 13;

  private static final int[] ALU = {
    encode(Op.ADDI, T0, 0, 0, 1),
    encode(Op.MUL, T0, T0, A1, 0),
    encode(Op.SRLI, T1, T0, 0, 7),
    encode(Op.XOR, T0, T0, T1, 0),
    encode(Op.ADD, T0, T0, A0, 0),
    encode(Op.ADDI, A0, A0, 0, -1),
    encode(Op.BNE, 0, A0, 0, -20),
    encode(Op.ADDI, A0, T0, 0, 0),
    RET
  };

  private static final int[] BYTE_SUM = {
    encode(Op.ADDI, T0, 0, 0, 0),
    encode(Op.ADD, A1, A1, A0, 0),
    encode(Op.LBU, T1, A0, 0, 0),
    encode(Op.ADDI, A0, A0, 0, 1),
    encode(Op.ADD, T0, T0, T1, 0),
    encode(Op.BNE, 0, A0, A1, -12),
    encode(Op.ADDI, A0, T0, 0, 0),
    RET
  };

  // A branch inside the loop, which skips odd bytes, and a store.
  private static final int[] COUNT_EVEN = {
    encode(Op.ADD, A1, A1, A0, 0),
    encode(Op.ADDI, T1, A0, 0, 0),
    encode(Op.SD, 0, T1, 0, 64),
    encode(Op.LBU, T0, A0, 0, 0),
    encode(Op.ANDI, T0, T0, 0, 1),
    encode(Op.BNE, 0, T0, 0, 16),
    encode(Op.LD, T0, T1, 0, 64),
    encode(Op.ADDI, T0, T0, 0, 1),
    encode(Op.SD, 0, T1, T0, 64),
    encode(Op.ADDI, A0, A0, 0, 1),
    encode(Op.BNE, 0, A0, A1, -28),
    encode(Op.LD, A0, T1, 0, 64),
    RET
  };

  @Test
  void arithmetic() {
    check(ALU, round -> new long[] {1 + round % ROUNDS, 0x5deece66dL + round});
  }

  @Test
  void bytesOfTheLinearMap() {
    check(BYTE_SUM, round -> new long[] {DATA + round % 7, 1 + round % ROUNDS});
  }

  @Test
  void bytesOfAModule() {
    check(BYTE_SUM, round -> new long[] {CODE + 0x2000 + round % 7, 1 + round % ROUNDS});
  }

  @Test
  void aBranchAndAStore() {
    check(COUNT_EVEN, round -> new long[] {DATA + round % 7, 1 + round % ROUNDS});
  }

  /** What a call of the given number is given. */
  private interface Arguments {
    long[] of(int round);
  }

  private static void check(int[] words, Arguments arguments) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (TestMachine interpreter = TestMachine.Mode.INTERPRETER.machine();
        TestMachine compiled = new TestMachine(tracing(log))) {
      prepare(interpreter, words);
      prepare(compiled, words);
      for (int i = 0; i < CALLS; i++) {
        assertEquals(interpreter.call(CODE, arguments.of(i)), compiled.call(CODE, arguments.of(i)));
        assertEquals(interpreter.retired, compiled.retired);
      }
    }
    List<String> lines = log.toString(StandardCharsets.UTF_8).lines().toList();
    String name = "0x" + Long.toHexString(CODE) + " ";
    assertTrue(
        lines.stream()
            .anyMatch(l -> l.contains("opt done") && l.contains("Tier 2") && l.contains(name)),
        () -> String.join("\n", lines));
    assertEquals(
        List.of(),
        lines.stream().filter(l -> l.contains("perf warn") || l.contains("opt fail")).toList());
  }

  private static void prepare(TestMachine machine, int[] words) {
    machine.load(CODE, words);
    for (int i = 0; i < 64; i++) {
      machine.memory().writeByte(DATA + i, (byte) (i * 37));
      machine.memory().writeByte(CODE + 0x2000 + i, (byte) (i * 91));
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
}
