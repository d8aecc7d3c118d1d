package ringside.ebpf.map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.core.Errno;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;

class BpfObjectsTest {
  private static final int NODE = 8;
  private static final int SIZE = 64;

  private Kernel kernel;
  private Memory memory;
  private BpfObjects objects;
  private long root;

  @BeforeEach
  void boot() {
    kernel = Kernel.boot(KernelConfig.defaults());
    memory = kernel.memory();
    objects = new MapTable(kernel.core()).runtime().objects();
    root = kernel.slab().kmalloc(32, Gfp.KERNEL | Gfp.ZERO);
  }

  @AfterEach
  void powerOff() {
    kernel.close();
  }

  private long object(long value) {
    long object = kernel.slab().kmalloc(SIZE, Gfp.KERNEL | Gfp.ZERO);
    memory.writeLong(object, value);
    return object;
  }

  private long valueOf(long node) {
    return memory.readLong(node - NODE);
  }

  @Test
  void aListKeepsOrderFromBothEnds() {
    for (int i = 0; i < 10; i++) {
      assertEquals(0, objects.push(root, object(i) + NODE, i % 2 == 0, null, NODE));
    }
    List<Long> values = new ArrayList<>();
    for (long node = objects.pop(root, false); node != 0; node = objects.pop(root, false)) {
      values.add(valueOf(node));
    }
    assertEquals(List.of(9L, 7L, 5L, 3L, 1L, 0L, 2L, 4L, 6L, 8L), values);
    assertEquals(0, objects.pop(root, true));
  }

  @Test
  void whatIsInAListCannotGoIntoAnother() {
    long node = object(1) + NODE;
    assertEquals(0, objects.push(root, node, false, null, NODE));
    assertEquals(-Errno.EINVAL, objects.push(root + 16, node, false, null, NODE));
  }

  @Test
  void aTreeStaysSortedAndBalancedUnderRandomInsertionsAndRemovals() {
    long seed = Long.getLong("ringside.fuzz.seed", new Random().nextLong());
    Random random = new Random(seed);
    TreeMap<Long, Long> model = new TreeMap<>();
    BpfObjects.Less less = (a, b) -> valueOf(a) < valueOf(b);
    for (int i = 0; i < 20_000; i++) {
      long value = random.nextInt(500);
      Long present = model.get(value);
      if (present == null) {
        long node = object(value) + NODE;
        assertEquals(0, objects.insert(root, node, less, null, NODE), "seed " + seed);
        model.put(value, node);
      } else {
        assertEquals(present, objects.remove(root, present), "seed " + seed);
        assertEquals(0, objects.remove(root, present), "seed " + seed);
        model.remove(value);
        objects.drop(present - NODE, null);
      }
      long first = objects.first(root);
      assertEquals(model.isEmpty() ? 0 : model.firstEntry().getValue(), first, "seed " + seed);
      if (i % 500 == 0) {
        assertNotEquals(-1, blackHeight(objects.top(root), false), "seed " + seed);
        List<Long> walked = new ArrayList<>();
        walk(objects.top(root), walked);
        assertEquals(new ArrayList<>(model.keySet()), walked, "seed " + seed);
      }
    }
  }

  private void walk(long node, List<Long> into) {
    if (node != 0) {
      walk(objects.child(root, node, true), into);
      into.add(valueOf(node));
      walk(objects.child(root, node, false), into);
    }
  }

  /** Black nodes on every way down, or -1 where ways differ or two reds meet. */
  private int blackHeight(long node, boolean parentRed) {
    if (node == 0) {
      return 0;
    }
    boolean red = (memory.readLong(node) & 1) == 0;
    int left = blackHeight(objects.child(root, node, true), red);
    int right = blackHeight(objects.child(root, node, false), red);
    if (left < 0 || left != right || (red && parentRed)) {
      return -1;
    }
    return left + (red ? 0 : 1);
  }
}
