package ringside.ebpf.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;

class MapsTest {
  private Kernel kernel;
  private MapTable table;
  private long key;
  private long value;

  @BeforeEach
  void boot() {
    kernel = Kernel.boot(KernelConfig.defaults());
    table = new MapTable(kernel.core());
    key = kernel.slab().kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    value = kernel.slab().kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
  }

  @AfterEach
  void powerOff() {
    kernel.close();
  }

  @Test
  void aHashAgreesWithJavasOnRandomOperations() throws MapException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    BpfMap map = table.create(MapDescriptor.of(MapType.HASH, 8, 8, 300));
    java.util.HashMap<Long, Long> model = new java.util.HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      long k = random.nextInt(400) * 0x100000001L;
      kernel.memory().writeLong(key, k);
      switch (random.nextInt(3)) {
        case 0 -> {
          kernel.memory().writeLong(value, i);
          long flags = random.nextInt(3);
          long expected = 0;
          if (flags == BpfMap.BPF_NOEXIST && model.containsKey(k)) {
            expected = -Errno.EEXIST;
          } else if (flags == BpfMap.BPF_EXIST && !model.containsKey(k)) {
            expected = -Errno.ENOENT;
          } else if (!model.containsKey(k) && model.size() == 300) {
            expected = -Errno.E2BIG;
          } else {
            model.put(k, (long) i);
          }
          assertEquals(expected, map.update(key, value, flags), "seed " + seed);
        }
        case 1 ->
            assertEquals(
                model.remove(k) == null ? -Errno.ENOENT : 0, map.delete(key), "seed " + seed);
        default -> {
          long at = map.lookup(key);
          assertEquals(model.containsKey(k), at != 0, "seed " + seed);
          if (at != 0) {
            assertEquals(model.get(k), kernel.memory().readLong(at), "seed " + seed);
          }
        }
      }
    }
    int keys = 0;
    for (long at = 0; map.nextKey(at, key) == 0; at = key) {
      assertTrue(model.containsKey(kernel.memory().readLong(key)));
      keys++;
    }
    assertEquals(model.size(), keys);
  }

  @Test
  void anArrayHasAllItsElementsFromTheStart() throws MapException {
    BpfMap map = table.create(MapDescriptor.of(MapType.ARRAY, 4, 12, 4));
    kernel.memory().writeInt(key, 3);
    long at = map.lookup(key);
    assertNotEquals(0, at);
    assertEquals(0, kernel.memory().readInt(at));
    assertEquals(-Errno.EEXIST, map.update(key, value, BpfMap.BPF_NOEXIST));
    assertEquals(-Errno.EINVAL, map.update(key, value, 3));
    assertEquals(-Errno.EINVAL, map.delete(key));
    kernel.memory().writeInt(key, 4);
    assertEquals(0, map.lookup(key));
    assertEquals(-Errno.E2BIG, map.update(key, value, BpfMap.BPF_ANY));
  }

  @Test
  void anLruHashMakesRoomByDroppingWhatNobodyLookedAt() throws MapException {
    BpfMap map = table.create(MapDescriptor.of(MapType.LRU_HASH, 4, 4, 4));
    for (int i = 0; i < 4; i++) {
      kernel.memory().writeInt(key, i);
      assertEquals(0, map.update(key, value, BpfMap.BPF_ANY));
    }
    kernel.memory().writeInt(key, 0);
    assertNotEquals(0, map.lookup(key));
    kernel.memory().writeInt(key, 99);
    assertEquals(0, map.update(key, value, BpfMap.BPF_ANY));
    kernel.memory().writeInt(key, 0);
    assertNotEquals(0, map.lookup(key));
  }

  @Test
  void shapesThatTheKernelRefusesAreRefused() {
    assertErrno(Errno.EINVAL, MapDescriptor.of(MapType.ARRAY, 8, 8, 1));
    assertErrno(Errno.EINVAL, MapDescriptor.of(MapType.ARRAY, 4, 8, 0));
    assertErrno(Errno.EINVAL, MapDescriptor.of(MapType.HASH, 0, 8, 1));
    assertErrno(Errno.E2BIG, MapDescriptor.of(MapType.HASH, 8, 4 << 20, 1));
    assertErrno(Errno.ENOMEM, MapDescriptor.of(MapType.HASH, 8, 8, 1 << 20));
    assertErrno(Errno.ENOMEM, MapDescriptor.of(MapType.ARRAY, 4, Integer.MAX_VALUE, -1));
    assertErrno(Errno.EINVAL, MapDescriptor.of(MapType.SOCKMAP, 4, 4, 1));
    assertErrno(Errno.ENOMEM, MapDescriptor.of(MapType.ARRAY, 4, 4096, 1 << 20));
  }

  @Test
  void whatHangsOnPartsOfTheKernelThatAreMissingIsRefusedByName() {
    MapException refusal =
        assertThrows(
            MapException.class, () -> table.create(MapDescriptor.of(MapType.SOCKMAP, 4, 4, 1)));
    assertEquals(
        "map type sockmap needs sockets, which this kernel does not have", refusal.getMessage());
  }

  private void assertErrno(int errno, MapDescriptor shape) {
    assertEquals(errno, assertThrows(MapException.class, () -> table.create(shape)).errno());
  }
}
