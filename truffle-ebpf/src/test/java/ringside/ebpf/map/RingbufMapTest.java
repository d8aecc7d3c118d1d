package ringside.ebpf.map;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;

class RingbufMapTest {
  private static final int SIZE = 4096;

  private Kernel kernel;
  private MapTable table;
  private long buffer;

  @BeforeEach
  void boot() {
    kernel = Kernel.boot(KernelConfig.defaults());
    table = new MapTable(kernel.core());
    buffer = kernel.slab().kmalloc(SIZE, Gfp.KERNEL | Gfp.ZERO);
  }

  @AfterEach
  void powerOff() {
    kernel.close();
  }

  private RingbufMap create(MapType type) throws MapException {
    return (RingbufMap) table.create(MapDescriptor.of(type, 0, 0, SIZE));
  }

  @Test
  void recordsComeOutInOrderAndWholeAcrossTheEnd() throws MapException {
    long seed = Long.getLong("ringside.fuzz.seed", new Random().nextLong());
    Random random = new Random(seed);
    RingbufMap ring = create(MapType.RINGBUF);
    Deque<byte[]> model = new ArrayDeque<>();
    for (int i = 0; i < 20_000; i++) {
      if (random.nextInt(3) > 0) {
        byte[] record = new byte[random.nextInt(300)];
        random.nextBytes(record);
        kernel.memory().write(buffer, record, 0, record.length);
        long result = ring.output(buffer, record.length, 0);
        if (result == 0) {
          model.add(record);
        } else {
          assertEquals(-Errno.EAGAIN, result, "seed " + seed);
          assertTrue(ring.query(0) + record.length + 8 >= SIZE - 8, "seed " + seed);
        }
      } else if (!model.isEmpty()) {
        List<byte[]> got = new ArrayList<>();
        ring.consume(record -> {
          got.add(record);
          return false;
        });
        assertArrayEquals(model.remove(), got.getFirst(), "seed " + seed);
      }
    }
  }

  @Test
  void aRecordBeingWrittenHoldsBackThoseBehindItAndADiscardedOneIsSkipped() throws MapException {
    RingbufMap ring = create(MapType.RINGBUF);
    long first = ring.reserve(16, 0);
    long second = ring.reserve(8, 0);
    assertNotEquals(0, first);
    kernel.memory().writeLong(second, 42);
    table.runtime().ringOf(second).commit(second, 0, false);
    assertEquals(List.of(), ring.consumeAll());
    ring.commit(first, 0, true);
    List<byte[]> records = ring.consumeAll();
    assertEquals(1, records.size());
    assertEquals(42, records.getFirst()[0]);
    assertEquals(0, ring.query(0));
    assertEquals(40, ring.query(3));
  }

  @Test
  void aFullRingGivesNoRoomAndMayBeOneByteShortOfItsSize() throws MapException {
    RingbufMap ring = create(MapType.RINGBUF);
    assertEquals(0, ring.reserve(SIZE - 8, 0));
    assertNotEquals(0, ring.reserve(SIZE - 16, 0));
    assertEquals(0, ring.reserve(0, 0));
    assertEquals(0, ring.reserve(8, 1));
  }

  @Test
  void aReaderThatHasCaughtUpIsWokenUnlessTheProducerSaysNo() throws MapException {
    RingbufMap ring = create(MapType.RINGBUF);
    ring.output(buffer, 8, RingbufMap.BPF_RB_NO_WAKEUP);
    assertEquals(0, ring.wakeups());
    ring.output(buffer, 8, 0);
    assertEquals(0, ring.wakeups(), "the reader has not caught up");
    ring.consumeAll();
    ring.output(buffer, 8, 0);
    assertEquals(1, ring.wakeups());
    ring.output(buffer, 8, RingbufMap.BPF_RB_FORCE_WAKEUP);
    assertEquals(2, ring.wakeups());
  }

  @Test
  void userSpaceSeesTheDataPagesTwice() throws MapException {
    RingbufMap ring = create(MapType.RINGBUF);
    long[] pages = ring.mappablePages();
    assertEquals(4, pages.length);
    assertEquals(pages[2], pages[3]);
    ring.output(buffer, 8, 0);
    assertEquals(16, kernel.memory().readLong(pages[1]), "the producer's position");
    assertEquals(8, kernel.memory().readInt(pages[2]), "the first record's length");
    assertEquals(3, kernel.memory().readInt(pages[2] + 4), "its page, from the ring's struct");
  }

  @Test
  void programsDrainWhatUserSpaceWrote() throws MapException {
    RingbufMap ring = create(MapType.USER_RINGBUF);
    List<Integer> sizes = new ArrayList<>();
    for (int round = 0; round < 50; round++) {
      byte[] record = new byte[700];
      record[699] = (byte) round;
      assertTrue(ring.produce(record));
      int expected = round;
      long seen =
          ring.drain(
              (at, size) -> {
                sizes.add(size);
                assertEquals((byte) expected, kernel.memory().readByte(at + 699));
                return 0;
              },
              0);
      assertEquals(1, seen);
    }
    assertEquals(50, sizes.size());
    assertFalse(ring.produce(new byte[SIZE]));
    assertEquals(-Errno.EINVAL, ring.drain((at, size) -> 0, 4));
  }
}
