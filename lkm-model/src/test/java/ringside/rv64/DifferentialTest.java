package ringside.rv64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.rv64.isa.Decoder;
import ringside.rv64.isa.Encoder;
import ringside.rv64.isa.Extension;
import ringside.rv64.isa.Format;
import ringside.rv64.isa.Instruction;
import ringside.rv64.isa.Op;

/** Random programs give the same registers, memory and instruction count as a plain evaluator. */
class DifferentialTest {
  private static final long SEED = Long.getLong("ringside.test.seed", 20_260_101);
  private static final int BUFFER = 256;
  private static final int BUFFER_REGISTER = 20;
  private static final int COUNTER_REGISTER = 21;

  private static final List<Op> STRAIGHT =
      Arrays.stream(Op.values())
          .filter(op ->
              switch (op.format()) {
                case R, I, SHIFT, SHIFT_WORD, UPPER, LOAD, STORE, ATOMIC, LOAD_RESERVED ->
                    op.extension() != Extension.PRIVILEGED;
                default -> false;
              })
          .toList();

  private static final List<Op> BRANCHES =
      Arrays.stream(Op.values()).filter(op -> op.format() == Format.BRANCH).toList();

  @ParameterizedTest
  @EnumSource
  void randomProgramsGiveWhatTheEvaluatorGives(TestMachine.Mode mode) {
    // A compilation takes as long as thousands of interpreted runs.
    boolean interpreted = mode == TestMachine.Mode.INTERPRETER;
    int programs = interpreted ? 200 : 5;
    int runs = interpreted ? 3 : 4;
    try (TestMachine machine = mode.machine()) {
      for (int i = 0; i < programs; i++) {
        long seed = SEED + i;
        // Each program at its own place, so that no code has to be forgotten.
        long code = TestMachine.CODE + 0x1000L * i;
        int[] words = program(new Random(seed));
        for (int run = 0; run < runs; run++) {
          compare(machine, code, words, seed, new Random(seed * 31 + run));
        }
      }
    }
  }

  private static void compare(
      TestMachine machine, long code, int[] words, long seed, Random random) {
    byte[] data = new byte[BUFFER];
    random.nextBytes(data);
    long[] values = random.longs(32).toArray();
    for (int i = 0; i < 32; i += 3) {
      values[i] = random.nextInt(3) - 1L;
    }
    // A prologue loads the registers from memory, an epilogue stores them there.
    long registers = TestMachine.DATA + 0x1000;
    List<Integer> all = new ArrayList<>();
    all.add(Encoder.encode(Op.ADDI, 31, 10, 0, 0));
    for (int r = 3; r < 31; r++) {
      all.add(Encoder.encode(Op.LD, r, 31, 0, 8L * r));
    }
    for (int word : words) {
      all.add(word);
    }
    all.add(Encoder.encode(Op.LUI, 31, 0, 0, registers - 0xffffffd600000000L));
    all.add(Encoder.encode(Op.ADDI, 2, 0, 0, -42));
    all.add(Encoder.encode(Op.SLLI, 2, 2, 0, 32));
    all.add(Encoder.encode(Op.ADD, 31, 31, 2, 0));
    for (int r = 3; r < 31; r++) {
      all.add(Encoder.encode(Op.SD, 0, 31, r, 8L * r));
    }
    all.add(Encoder.encode(Op.JALR, 0, 1, 0, 0));
    int[] complete = all.stream().mapToInt(Integer::intValue).toArray();
    machine.load(code, complete);
    values[BUFFER_REGISTER] = TestMachine.DATA;
    values[COUNTER_REGISTER] = 5;
    machine.memory().write(TestMachine.DATA, data, 0, BUFFER);
    for (int r = 3; r < 31; r++) {
      machine.memory().writeLong(registers + 8L * r, values[r]);
    }

    PlainEvaluator expected = new PlainEvaluator(code, complete, TestMachine.DATA, data);
    for (int r = 3; r < 31; r++) {
      expected.put(registers + 8L * r, values[r]);
    }
    expected.x[10] = registers;
    expected.run();

    long before = machine.retired;
    machine.call(code, registers);
    String what = "seed " + seed;
    long[] actual = new long[31];
    long[] wanted = new long[31];
    for (int r = 3; r < 31; r++) {
      actual[r] = machine.memory().readLong(registers + 8L * r);
      wanted[r] = expected.get(registers + 8L * r);
    }
    assertArrayEquals(wanted, actual, what);
    byte[] after = new byte[BUFFER];
    machine.memory().read(TestMachine.DATA, after, 0, BUFFER);
    assertArrayEquals(expected.data(), after, what);
    assertEquals(expected.retired, machine.retired - before, what);
  }

  /** A few blocks of random instructions with forward branches, in a loop that ends. */
  private static int[] program(Random random) {
    List<Integer> words = new ArrayList<>();
    int blocks = 2 + random.nextInt(5);
    for (int b = 0; b < blocks; b++) {
      int length = 2 + random.nextInt(12);
      for (int i = 0; i < length; i++) {
        words.add(straight(random));
      }
      if (b < blocks - 1) {
        // Over the next one or two instructions.
        words.add(
            Encoder.encode(
                BRANCHES.get(random.nextInt(BRANCHES.size())),
                0,
                source(random),
                source(random),
                4L * (2 + random.nextInt(2))));
      }
    }
    words.add(Encoder.encode(Op.ADDI, COUNTER_REGISTER, COUNTER_REGISTER, 0, -1));
    words.add(Encoder.encode(Op.BLT, 0, 0, COUNTER_REGISTER, -4L * words.size()));
    return words.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int straight(Random random) {
    Op op = STRAIGHT.get(random.nextInt(STRAIGHT.size()));
    int rd = destination(random);
    int rs1 = source(random);
    int rs2 = source(random);
    return switch (op.format()) {
      case LOAD, STORE -> Encoder.encode(op, rd, BUFFER_REGISTER, rs2, random.nextInt(BUFFER - 8));
      // The address of an atomic has no offset: the buffer's start, which is aligned.
      case ATOMIC, LOAD_RESERVED -> Encoder.encode(op, rd, BUFFER_REGISTER, rs2, 0);
      case SHIFT -> Encoder.encode(op, rd, rs1, rs2, random.nextInt(64));
      case SHIFT_WORD -> Encoder.encode(op, rd, rs1, rs2, random.nextInt(32));
      case UPPER -> Encoder.encode(op, rd, rs1, rs2, random.nextInt() & 0xfffff000);
      default -> Encoder.encode(op, rd, rs1, rs2, random.nextInt(4096) - 2048);
    };
  }

  private static int source(Random random) {
    int register = random.nextInt(30);
    return register < 3 ? 0 : register;
  }

  private static int destination(Random random) {
    int register = source(random);
    return register == BUFFER_REGISTER || register == COUNTER_REGISTER ? 0 : register;
  }

  /** Guards the test itself: the generator must produce instructions of every straight row. */
  @org.junit.jupiter.api.Test
  void theGeneratorReachesEveryRow() {
    Random random = new Random(SEED);
    List<Op> missing = new ArrayList<>(STRAIGHT);
    for (int i = 0; i < 20_000 && !missing.isEmpty(); i++) {
      Instruction instruction = Decoder.decode(straight(random));
      assertEquals(true, instruction != null);
      if (instruction != null) {
        missing.remove(instruction.op());
      }
    }
    assertEquals(List.of(), missing);
  }
}
