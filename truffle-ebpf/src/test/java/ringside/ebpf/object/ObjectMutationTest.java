package ringside.ebpf.object;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import ringside.ebpf.Programs;

/**
 * No damaged object gives anything but a clear error: no crash, no hang, no allocation over 256
 * MiB.
 *
 * <p>A short form by default; {@code -Dringside.mutations=N} for a long one, {@code
 * -Dringside.objects=DIR} to damage other objects too.
 */
class ObjectMutationTest {
  private static final long MOST_ALLOCATED = 256L << 20;
  private static final long LONGEST_NANOS = 10_000_000_000L;

  @Test
  void damagedObjectsAreRefusedOrRead() throws IOException {
    int rounds = Integer.getInteger("ringside.mutations", 4000);
    long seed = Long.getLong("ringside.fuzz.seed", System.nanoTime());
    ObjectMutator mutator = new ObjectMutator(new Random(seed), corpus());
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long worstBytes = 0;
    long worstNanos = 0;
    int read = 0;
    long begin = System.nanoTime();
    for (int round = 0; round < rounds; round++) {
      byte[] object = mutator.next();
      long bytes = threads.getCurrentThreadAllocatedBytes();
      long start = threads.getCurrentThreadCpuTime();
      try {
        read += ObjectFuzz.isObject(object) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("round " + round + " of -Dringside.fuzz.seed=" + seed, e);
      }
      worstNanos = Math.max(worstNanos, threads.getCurrentThreadCpuTime() - start);
      worstBytes = Math.max(worstBytes, threads.getCurrentThreadAllocatedBytes() - bytes);
      int at = round;
      long most = worstBytes;
      long longest = worstNanos;
      assertTrue(
          most <= MOST_ALLOCATED && longest <= LONGEST_NANOS,
          () ->
              "round %d of -Dringside.fuzz.seed=%d: %d bytes, %d ns"
                  .formatted(at, seed, most, longest));
      if (round % 100_000 == 99_999) {
        System.out.printf(
            "seed %d: %d damaged, %d read all the same, at most %d KiB and %d ms for one; %d s%n",
            seed,
            round + 1,
            read,
            worstBytes >> 10,
            worstNanos / 1_000_000,
            (System.nanoTime() - begin) / 1_000_000_000);
      }
    }
    // Neither extreme would test anything.
    assertTrue(read > rounds / 50 && read < rounds * 49 / 50, "seed " + seed + ": " + read);
  }

  private static List<byte[]> corpus() throws IOException {
    List<byte[]> corpus = new ArrayList<>();
    for (String name : List.of("filter", "trace", "everything")) {
      corpus.add(Programs.compile(name));
    }
    String more = System.getProperty("ringside.objects");
    if (more != null) {
      try (Stream<Path> walk = Files.walk(Path.of(more))) {
        for (Path file : walk.filter(p -> p.toString().endsWith(".o")).sorted().toList()) {
          byte[] object = Files.readAllBytes(file);
          if (object.length < 100_000 && parses(object)) {
            corpus.add(object);
          }
        }
      }
    }
    return corpus;
  }

  private static boolean parses(byte[] object) {
    return ObjectFuzz.isObject(object);
  }
}
