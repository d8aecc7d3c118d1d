package ringside.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.kernel.mm.Oracle.Kind;
import ringside.kernel.mm.Oracle.Violation;

class OracleTest {
  private final Oracle oracle = new Oracle(() -> 42, address -> "symbol");
  private final Memory raw = new Memory(1 << 20, null);
  private final Memory kernel = raw.observedBy(oracle.kernelAccesses());
  private final Memory extension = raw.observedBy(oracle.extensionAccesses());
  private final PageAllocator frames = new PageAllocator(256, 4);
  private final Slab slab = new Slab(kernel, frames, oracle);
  private long stack;

  @BeforeEach
  void watch() {
    oracle.watch(raw, slab, frames);
    stack = Memory.linear(frames.allocate(4));
  }

  private void enter(long... arguments) {
    oracle.enter("bad", true, stack, stack + 0x3000, arguments);
  }

  private Violation only() {
    List<Violation> all = oracle.violations();
    assertEquals(1, all.size(), all::toString);
    return all.getFirst();
  }

  private void assertClean() {
    assertEquals(List.of(), oracle.violations());
  }

  @Test
  void aStoreIntoTheNeighbourIsOutOfBoundsAndNamesTheNeighboursOwner() {
    enter();
    long mine = slab.kmalloc(64, Gfp.KERNEL);
    oracle.leave();
    long neighbour = slab.kmalloc(64, Gfp.KERNEL);
    enter(mine);
    for (long at = mine; at < mine + 72; at += 8) {
      extension.writeLong(at, 0);
    }
    Violation violation = only();
    assertEquals(Kind.OUT_OF_BOUNDS_WRITE, violation.kind());
    assertEquals(neighbour, violation.address());
    assertEquals(8, violation.size());
    assertEquals("bad", violation.extension());
    assertEquals("kernel", violation.owner());
    assertEquals(42, violation.nanos());
  }

  @Test
  void aHundredSuchStoresAreOneViolationWithACount() {
    enter();
    long mine = slab.kmalloc(64, Gfp.KERNEL);
    oracle.leave();
    slab.kmalloc(64, Gfp.KERNEL);
    enter(mine);
    for (int i = 0; i < 100; i++) {
      extension.writeByte(mine + 64, (byte) i);
    }
    assertEquals(100, only().count());
    assertEquals(100, oracle.total());
  }

  @Test
  void slackBehindTheRequestedBytesIsOutOfBounds() {
    enter();
    long mine = slab.kmalloc(60, Gfp.KERNEL);
    extension.writeInt(mine + 56, 1);
    assertClean();
    extension.writeInt(mine + 60, 1);
    assertEquals(Kind.OUT_OF_BOUNDS_WRITE, only().kind());
  }

  @Test
  void whatIsPassedOrReturnedOrFoundByPointerMayBeUsed() {
    long passed = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    long found = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    long returned = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    kernel.writeLong(passed + 8, found + 16);
    enter(passed + 4);
    oracle.given(returned);
    extension.writeInt(extension.readLong(passed + 8), 1);
    extension.writeInt(returned, 1);
    assertClean();
  }

  @Test
  void codeThatIsEnteredAnewHasNoPointersLeftFromBefore() {
    enter();
    long mine = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    long alsoMine = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    oracle.leave();
    enter(mine);
    extension.writeLong(mine + 56, 1);
    assertClean();
    extension.writeLong(mine + 64, 1);
    assertEquals(alsoMine, only().address());
    assertEquals("bad", only().owner());
  }

  @Test
  void anExchangeInMemoryGivesThePointerThatWasThere() {
    long head = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    long first = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    kernel.writeLong(head, first);
    enter(head);
    extension.readLong(extension.getAndSetLong(head, 0));
    assertClean();
  }

  @Test
  void aCopyTakesAlongWhatNobodyHasWritten() {
    enter();
    long from = slab.kmalloc(64, Gfp.KERNEL);
    long to = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    extension.writeLong(from, 1);
    oracle.beginCopy();
    for (int i = 0; i < 64; i += 8) {
      extension.writeLong(to + i, extension.readLong(from + i));
    }
    oracle.endCopy(to, from, 64);
    extension.readLong(to);
    assertClean();
    extension.readLong(to + 8);
    assertEquals(Kind.UNINITIALISED_READ, only().kind());
  }

  @Test
  void whatAReturnedFunctionLeftOnTheStackIsNobodys() {
    enter();
    extension.writeLong(stack + 0x2f00, 0x5ec2e7);
    oracle.returned(stack + 0x2fc0);
    extension.writeLong(stack + 0x2fb0, 1);
    extension.readLong(stack + 0x2fb0);
    assertClean();
    extension.readByte(stack + 0x2f00);
    assertEquals(Kind.UNINITIALISED_READ, only().kind());
  }

  @Test
  void anEndOfAnArrayOnTheStackIsNoPointerToWhatFollows() {
    enter();
    long mine = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    oracle.leave();
    slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    enter(mine);
    extension.writeLong(stack + 0x2ff8, mine + 64);
    extension.writeByte(extension.readLong(stack + 0x2ff8), (byte) 1);
    assertEquals(Kind.OUT_OF_BOUNDS_WRITE, only().kind());
  }

  @Test
  void whatOneExtensionMayUseAnotherMayNot() {
    enter();
    long mine = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    oracle.leave();
    oracle.enter("other", true, stack, stack);
    extension.readLong(mine);
    assertEquals(Kind.OUT_OF_BOUNDS_READ, only().kind());
    assertEquals("bad", only().owner());
  }

  @Test
  void useAfterFreeIsFoundAlthoughTheMemoryIsStillMapped() {
    enter();
    long mine = slab.kmalloc(64, Gfp.KERNEL | Gfp.ZERO);
    slab.kfree(mine);
    extension.readLong(mine);
    extension.writeLong(mine, 1);
    assertEquals(
        List.of(Kind.USE_AFTER_FREE_READ, Kind.USE_AFTER_FREE_WRITE),
        oracle.violations().stream().map(Violation::kind).toList());
  }

  @Test
  void heapAndStackAreUninitialisedUntilSomebodyWrites() {
    enter();
    long mine = slab.kmalloc(64, Gfp.KERNEL);
    kernel.writeInt(mine, 1);
    extension.readLong(mine); // half of it is written, as in a struct with padding
    extension.writeInt(stack + 0x2000, 1);
    extension.readInt(stack + 0x2000);
    extension.readLong(stack + 0x3000); // the caller's
    assertClean();
    extension.readInt(stack + 0x2004);
    assertEquals(Kind.UNINITIALISED_READ, only().kind());
    extension.readLong(mine + 8);
    assertEquals(2, oracle.violations().size());
  }

  @Test
  void aFunctionsStackIsUninitialisedAgainWhenItIsCalledAgain() {
    enter();
    extension.writeLong(stack + 0x2000, 1);
    oracle.leave();
    enter();
    extension.readLong(stack + 0x2000);
    assertEquals("kernel stack", only().object());
  }

  @Test
  void freePagesAreOutOfBounds() {
    enter();
    extension.readByte(Memory.linear(200));
    assertEquals("free page", only().object());
    slab.kmalloc(8, Gfp.KERNEL);
  }

  @Test
  void credentialsAreTheKernelsWhateverTheExtensionWasGiven() {
    oracle.invariants().field("cred_jar", 8, 4, "cred.uid");
    KmemCache cache = slab.createCache("cred_jar", 168, 64);
    long cred = cache.allocate(Gfp.KERNEL | Gfp.ZERO);
    enter(cred);
    extension.writeLong(cred, 1);
    assertClean();
    extension.writeInt(cred + 8, 0);
    Violation violation = only();
    assertEquals(Kind.INVARIANT_WRITE, violation.kind());
    assertEquals("cred.uid", violation.object());
    long own = cache.allocate(Gfp.KERNEL | Gfp.ZERO); // prepare_creds()
    extension.writeInt(own + 8, 0);
    assertEquals(1, oracle.violations().size());
  }

  @Test
  void kernelTextIsTheKernelsInItsAliasToo() {
    oracle.invariants().setImageSize(0x4000);
    oracle
        .invariants()
        .range(Memory.KERNEL_LINK_ADDR + 0x1000, Memory.KERNEL_LINK_ADDR + 0x2000, "kernel text");
    enter();
    extension.writeInt(Memory.PAGE_OFFSET + 0x1008, 0);
    assertEquals(Kind.INVARIANT_WRITE, only().kind());
    assertEquals("kernel text symbol", only().object());
  }

  @Test
  void withoutProvenanceOnlyAddressesThatNobodyMayUseAreViolations() {
    long object = slab.kmalloc(60, Gfp.KERNEL | Gfp.ZERO);
    extension.writeLong(object, 1);
    oracle.enter("prog", false, 0, 0);
    extension.writeLong(object + 8, 1);
    assertClean();
    extension.writeInt(object + 60, 1);
    assertEquals("prog", only().extension());
  }

  @Test
  void pagesWithANewLifeAreNoFreedObject() {
    long large = slab.kmalloc(16384, Gfp.KERNEL);
    slab.kfree(large);
    assertEquals(Memory.frame(large), frames.allocate(4));
    enter();
    extension.writeLong(large, 1);
    assertClean();
  }

  @Test
  void theRunIsTheSameWithAndWithoutAnOracle() {
    Memory plainMemory = new Memory(1 << 20, null);
    PageAllocator plainFrames = new PageAllocator(256, 4);
    Slab plain = new Slab(plainMemory, plainFrames, new Oracle(() -> 0, address -> ""));
    plainFrames.allocate(4);
    long there = overflow(plain, plainMemory);
    enter();
    long here = overflow(slab, extension);
    assertEquals(there, here);
    assertEquals(plainMemory.readLong(there), kernel.readLong(here));
    assertTrue(oracle.total() > 0);
  }

  private static long overflow(Slab heap, Memory memory) {
    long mine = heap.kmalloc(64, Gfp.KERNEL);
    long neighbour = heap.kmalloc(60, Gfp.KERNEL);
    heap.kfree(neighbour);
    memory.writeLong(mine + 96, 0);
    heap.kmalloc(60, Gfp.KERNEL);
    return heap.kmalloc(60, Gfp.KERNEL) + neighbour - mine;
  }
}
