package ringside.kernel.lib;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import java.util.SplittableRandom;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelFunction;

/** {@code kernel/time/} and {@code drivers/char/random.c} as modules call them. */
public final class TimeFunctions {
  private static final long NANOS_PER_MICRO = 1_000;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long SPIN_STEP = 100;

  private final KernelCore core;
  private final Memory memory;
  private final SplittableRandom random;

  TimeFunctions(KernelCore core, long seed) {
    this.core = core;
    this.memory = core.memory();
    this.random = new SplittableRandom(seed);
  }

  /** Virtual nanoseconds since boot. */
  @KernelFunction(export = KernelFunction.Export.GPL)
  public long ktime_get() {
    return core.clock().nanos();
  }

  /** The wall clock; this machine's was set to zero at boot. */
  @KernelFunction(export = KernelFunction.Export.GPL)
  public long ktime_get_real_ns() {
    return core.clock().nanos();
  }

  /** The tick counter. */
  @KernelFunction(export = ALL)
  public long get_jiffies_64() {
    return core.clock().jiffies();
  }

  /** Waits busily. */
  @KernelFunction(export = ALL)
  public void __udelay(long micros) {
    spin(micros * NANOS_PER_MICRO);
  }

  /** Waits busily. */
  @KernelFunction(export = ALL)
  public void __ndelay(long nanos) {
    spin(nanos);
  }

  /** Sleeps. */
  @KernelFunction(export = ALL)
  public void msleep(int millis) {
    core.clock().idle(Integer.toUnsignedLong(millis) * NANOS_PER_MILLI);
  }

  /** Sleeps between two limits. */
  @KernelFunction(export = ALL)
  public void usleep_range_state(long min, long max, int state) {
    core.clock().idle(min * NANOS_PER_MICRO);
  }

  /** A random byte. */
  @KernelFunction(export = ALL)
  public int get_random_u8() {
    return random.nextInt() & 0xff;
  }

  /** Two random bytes. */
  @KernelFunction(export = ALL)
  public int get_random_u16() {
    return random.nextInt() & 0xffff;
  }

  /** Four random bytes, sign-extended as riscv returns a u32. */
  @KernelFunction(export = ALL)
  public int get_random_u32() {
    return random.nextInt();
  }

  /** Eight random bytes. */
  @KernelFunction(export = ALL)
  public long get_random_u64() {
    return random.nextLong();
  }

  /** Fills a buffer. */
  @KernelFunction(export = ALL)
  public void get_random_bytes(long buffer, long length) {
    for (long i = 0; i < length; i++) {
      memory.writeByte(buffer + i, (byte) random.nextInt());
    }
  }

  /** Spends time without giving up the CPU, in small steps so that the watchdog sees it. */
  private void spin(long nanos) {
    long until = core.clock().nanos() + nanos;
    while (core.clock().nanos() < until) {
      core.clock().retire(SPIN_STEP);
    }
  }
}
