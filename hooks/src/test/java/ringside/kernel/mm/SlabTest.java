package ringside.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SlabTest {
  private static final SlabObserver NOBODY =
      new SlabObserver() {
        @Override
        public void onAllocate(
            long address, long requested, long size, String cache, boolean zeroed) {}

        @Override
        public void onFree(long address) {}
      };

  private final Memory memory = new Memory(1 << 20, null);
  private final PageAllocator frames = new PageAllocator(256, 4);
  private final Slab slab = new Slab(memory, frames, NOBODY);

  @Test
  void neighboursAreAdjacentSoThatAnOverflowHitsThem() {
    long first = slab.kmalloc(64, Gfp.KERNEL);
    long second = slab.kmalloc(60, Gfp.KERNEL);
    assertEquals(first + 64, second);
  }

  @Test
  void theLastFreedIsTheFirstReused() {
    long a = slab.kmalloc(100, Gfp.KERNEL);
    long b = slab.kmalloc(100, Gfp.KERNEL);
    slab.kfree(a);
    slab.kfree(b);
    assertEquals(b, slab.kmalloc(128, Gfp.KERNEL));
    assertEquals(a, slab.kmalloc(97, Gfp.KERNEL));
  }

  @Test
  void aFreeObjectHoldsTheNextFreeOneInItsMiddle() {
    long a = slab.kmalloc(64, Gfp.KERNEL);
    long b = slab.kmalloc(64, Gfp.KERNEL);
    slab.kfree(a);
    slab.kfree(b);
    assertEquals(a, memory.readLong(b + 32));
  }

  @Test
  void aCorruptedFreePointerHandsOutAWildObject() {
    long a = slab.kmalloc(64, Gfp.KERNEL);
    slab.kfree(a);
    memory.writeLong(a + 32, Memory.PAGE_OFFSET + 0x1000);
    assertEquals(a, slab.kmalloc(64, Gfp.KERNEL));
    assertEquals(Memory.PAGE_OFFSET + 0x1000, slab.kmalloc(64, Gfp.KERNEL));
    long b = slab.kmalloc(8, Gfp.KERNEL);
    slab.kfree(b);
    memory.writeLong(b, 0x1234);
    slab.kmalloc(8, Gfp.KERNEL);
    assertThrows(MemoryFault.class, () -> slab.kmalloc(8, Gfp.KERNEL));
  }

  @Test
  void freedMemoryKeepsItsContentsUntilItIsZeroedOnRequest() {
    long a = slab.kmalloc(32, Gfp.KERNEL);
    memory.writeLong(a, 0x5ec4e7);
    slab.kfree(a);
    assertEquals(a, slab.kmalloc(32, Gfp.KERNEL));
    assertEquals(0x5ec4e7, memory.readLong(a));
    slab.kfree(a);
    assertEquals(a, slab.kmalloc(32, Gfp.KERNEL | Gfp.ZERO));
    assertEquals(0, memory.readLong(a));
  }

  @Test
  void classesAreLinuxs() {
    assertEquals(96, slab.ksize(slab.kmalloc(65, Gfp.KERNEL)));
    assertEquals(192, slab.ksize(slab.kmalloc(129, Gfp.KERNEL)));
    assertEquals(8192, slab.ksize(slab.kmalloc(4097, Gfp.KERNEL)));
    assertEquals(4 * 4096, slab.ksize(slab.kmalloc(8193, Gfp.KERNEL)));
    assertEquals(
        "kmalloc-8 kmalloc-16 kmalloc-32 kmalloc-64 kmalloc-96 kmalloc-128 kmalloc-192 kmalloc-256"
            + " kmalloc-512 kmalloc-1k kmalloc-2k kmalloc-4k kmalloc-8k",
        String.join(" ", slab.caches().stream().map(KmemCache::name).toList()));
  }

  @Test
  void noBytesAreAPointerThatMustNotBeFollowed() {
    assertEquals(16, slab.kmalloc(0, Gfp.KERNEL));
    slab.kfree(16);
    slab.kfree(0);
  }

  @Test
  void whenMemoryIsShortTheAnswerIsNullAndAReport() {
    List<String> reports = new ArrayList<>();
    slab.setFailureReport((@Nullable KmemCache cache, int order, int gfp) ->
        reports.add((cache == null ? "pages" : cache.name()) + " order " + order));
    while (slab.kmalloc(4096, Gfp.KERNEL) != 0) {}
    assertEquals(List.of("kmalloc-4k order 3"), reports);
    assertEquals(0, slab.kmalloc(1 << 30, Gfp.KERNEL));
    assertEquals(0, slab.kmalloc(-1, Gfp.KERNEL));
    assertEquals(3, reports.size());
  }

  @Test
  void pagesComeBackWhenALargeObjectIsFreed() {
    int before = frames.freePages();
    long large = slab.kmalloc(100_000, Gfp.KERNEL);
    assertNotEquals(0, large);
    assertEquals(before - 32, frames.freePages());
    slab.kfree(large);
    assertEquals(before, frames.freePages());
  }

  @Test
  void aNamedCacheHasItsOwnSlabs() {
    KmemCache cache = slab.createCache("widget", 40, 8);
    long a = cache.allocate(Gfp.KERNEL);
    long b = cache.allocate(Gfp.KERNEL);
    assertEquals(a + 40, b);
    assertEquals("widget", slab.cacheOf(b + 39));
    assertEquals(2, cache.active());
    cache.free(a);
    assertEquals(1, cache.active());
    assertTrue(slab.slotOf(b + 39) == b);
  }

  @Test
  void freeingWhatIsNotInRamFaults() {
    assertThrows(MemoryFault.class, () -> slab.kfree(0xdead000000000100L));
  }
}
