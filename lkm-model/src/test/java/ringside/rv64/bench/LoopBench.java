package ringside.rv64.bench;

import static ringside.rv64.TestMachine.CODE;
import static ringside.rv64.TestMachine.DATA;
import static ringside.rv64.isa.Encoder.encode;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.graalvm.polyglot.Engine;
import ringside.kernel.vm.GuestContext;
import ringside.rv64.TestMachine;
import ringside.rv64.isa.Op;

/**
 * Times machine-code loops against the same loops in Java, best of several rounds.
 *
 * <p>Run it with the test class path and the arguments of {@code graal.jvm.args}.
 */
public final class LoopBench {
  private static final int T0 = 5;
  private static final int T1 = 6;
  private static final int A0 = 10;
  private static final int A1 = 11;
  private static final int RET = encode(Op.JALR, 0, 1, 0, 0);
  private static final int ITERATIONS = 10_000_000;
  private static final int BYTES = 1 << 20;
  private static final int MODULE_BYTES = 1 << 19;
  private static final int ROUNDS = 15;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private LoopBench() {}

  /** Prints one line a loop: nanoseconds an iteration on both sides and their ratio. */
  public static void main(String[] arguments) {
    try (TestMachine machine =
        new TestMachine(
            Engine.newBuilder()
                .allowExperimentalOptions(true)
                .option("engine.BackgroundCompilation", "false")
                .option("compiler.TracePerformanceWarnings", "all")
                .build())) {
      if (arguments.length == 0) alu(machine);
      byteSum(machine);
      calls(machine);
      emptyCall(machine);
    }
  }

  private static void alu(TestMachine machine) {
    machine.load(
        CODE,
        encode(Op.ADDI, T0, 0, 0, 1),
        encode(Op.MUL, T0, T0, A1, 0),
        encode(Op.SRLI, T1, T0, 0, 7),
        encode(Op.XOR, T0, T0, T1, 0),
        encode(Op.ADD, T0, T0, A0, 0),
        encode(Op.ADDI, A0, A0, 0, -1),
        encode(Op.BNE, 0, A0, 0, -20),
        encode(Op.ADDI, A0, T0, 0, 0),
        RET);
    long factor = 0x5deece66dL;
    report(
        "alu",
        ITERATIONS,
        () -> call(machine, CODE, ITERATIONS, factor),
        () -> javaAlu(ITERATIONS, factor));
  }

  private static long javaAlu(long n, long factor) {
    long x = 1;
    do {
      x *= factor;
      x ^= x >>> 7;
      x += n;
      n--;
    } while (n != 0);
    return x;
  }

  private static void byteSum(TestMachine machine) {
    long code = CODE + 0x1000;
    machine.load(
        code,
        encode(Op.ADDI, T0, 0, 0, 0),
        encode(Op.ADD, A1, A1, A0, 0),
        encode(Op.LBU, T1, A0, 0, 0),
        encode(Op.ADDI, A0, A0, 0, 1),
        encode(Op.ADD, T0, T0, T1, 0),
        encode(Op.BNE, 0, A0, A1, -12),
        encode(Op.ADDI, A0, T0, 0, 0),
        RET);
    byte[] bytes = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      bytes[i] = (byte) (i * 7);
    }
    machine.memory().write(DATA, bytes, 0, BYTES);
    report("byte sum", BYTES, () -> call(machine, code, DATA, BYTES), () -> javaByteSum(bytes));
    // The same code at another address, so that it has a profile of its own.
    long again = CODE + 0x4000;
    byte[] words = new byte[32];
    machine.memory().read(code, words, 0, words.length);
    machine.memory().write(again, words, 0, words.length);
    long data = CODE + 0x10000;
    byte[] less = Arrays.copyOf(bytes, MODULE_BYTES);
    machine.memory().write(data, less, 0, MODULE_BYTES);
    report(
        "in module data",
        MODULE_BYTES,
        () -> call(machine, again, data, MODULE_BYTES),
        () -> javaByteSum(less));
  }

  private static long javaByteSum(byte[] bytes) {
    long sum = 0;
    for (byte b : bytes) {
      sum += b & 0xff;
    }
    return sum;
  }

  private static void calls(TestMachine machine) {
    long code = CODE + 0x2000;
    machine.load(
        code,
        encode(Op.ADDI, 2, 2, 0, -16),
        encode(Op.SD, 0, 2, 1, 8),
        encode(Op.ADDI, T0, A0, 0, 0),
        encode(Op.ADDI, A0, 0, 0, 0),
        encode(Op.JAL, 1, 0, 0, 28),
        encode(Op.ADDI, T0, T0, 0, -1),
        encode(Op.BNE, 0, T0, 0, -8),
        encode(Op.LD, 1, 2, 0, 8),
        encode(Op.ADDI, 2, 2, 0, 16),
        RET,
        0,
        encode(Op.ADD, A0, A0, T0, 0),
        encode(Op.XORI, A0, A0, 0, 5),
        RET);
    report("call", 1_000_000, () -> call(machine, code, 1_000_000), () -> javaCalls(1_000_000));
  }

  private static long javaCalls(long n) {
    long x = 0;
    for (; n != 0; n--) {
      x = x + n ^ 5;
    }
    return x;
  }

  private static void emptyCall(TestMachine machine) {
    long code = CODE + 0x3000;
    machine.load(code, encode(Op.ADDI, A0, A0, 0, 1), RET);
    var target = machine.cpu().callTarget(code);
    report(
        "from the kernel",
        1_000_000,
        () -> {
          long x = 0;
          try (GuestContext.Scope _ = machine.guest().enter()) {
            for (int i = 0; i < 1_000_000; i++) {
              x = (long) target.call(x);
            }
          }
          return x;
        },
        () -> 1_000_000);
  }

  private static long call(TestMachine machine, long code, long... arguments) {
    return machine.call(code, arguments);
  }

  private static void report(String name, long count, LongSupplier guest, LongSupplier java) {
    double guestBest = best(guest, count);
    double javaBest = best(java, count);
    if (guest.getAsLong() != java.getAsLong()) {
      throw new IllegalStateException(name + ": the two sides disagree");
    }
    System.out.printf(
        Locale.ROOT,
        "%-16s rv64 %8.3f ns  java %8.3f ns  ratio %.2f%n",
        name,
        guestBest,
        javaBest,
        guestBest / javaBest);
  }

  private static double best(LongSupplier run, long count) {
    long best = Long.MAX_VALUE;
    long expected = run.getAsLong();
    for (int i = 0; i < ROUNDS * Math.max(1, ITERATIONS / count / 4); i++) {
      // CPU time, so that a busy machine shows less.
      long start = THREADS.getCurrentThreadCpuTime();
      long result = run.getAsLong();
      if (result != expected) {
        throw new IllegalStateException("two runs gave " + expected + " and " + result);
      }
      best = Math.min(best, THREADS.getCurrentThreadCpuTime() - start);
    }
    return (double) best / count;
  }
}
