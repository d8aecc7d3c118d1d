package ringside.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.mm.Oracle;
import ringside.kernel.mm.PageTable;
import ringside.kernel.mm.RamPool;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.KernelImage;
import ringside.kernel.trap.KernelHang;
import ringside.kernel.trap.KernelPanic;
import ringside.kernel.trap.KernelState;

class KernelTest {
  private static Engine engine;

  @BeforeAll
  static void openEngine() {
    engine = Engine.create();
  }

  @AfterAll
  static void closeEngine() {
    engine.close();
  }

  private static Kernel boot() {
    return Kernel.boot(KernelConfig.defaults().withEngine(engine));
  }

  @Test
  void kernelsOnOneEngineHaveMemoriesOfTheirOwn() {
    try (Kernel first = boot();
        Kernel second = boot()) {
      long a = first.slab().kmalloc(64, Gfp.KERNEL);
      long b = second.slab().kmalloc(64, Gfp.KERNEL);
      assertEquals(a, b);
      first.memory().writeLong(a, 1);
      assertEquals(0, second.memory().readLong(b));
    }
  }

  @Test
  void readOnlyDataRefusesStores() {
    try (Kernel kernel = boot()) {
      long before = kernel.memory().readLong(KernelImage.RODATA);
      assertThrows(
          MemoryFault.class, () -> kernel.memory().writeLong(KernelImage.RODATA, before + 1));
      assertThrows(
          MemoryFault.class,
          () ->
              kernel
                  .memory()
                  .writeLong(Memory.PAGE_OFFSET + KernelImage.RODATA - Memory.KERNEL_LINK_ADDR, 1));
      assertEquals(before, kernel.memory().readLong(KernelImage.RODATA));
    }
  }

  @Test
  void aFaultInTheIdleTaskPanics() {
    try (Kernel kernel = boot()) {
      assertThrows(KernelPanic.class, () -> kernel.protect(() -> kernel.memory().readLong(8)));
      assertEquals(KernelState.PANICKED, kernel.state());
    }
  }

  @Test
  void theBootLogReadsAsOnLinux() {
    try (Kernel kernel = boot()) {
      assertEquals(
          """
          [    0.000000] Linux version 6.12.0-ringside (ringside@ringside) (javac 25) #1 SMP Thu Jan  1 00:00:00 UTC 1970
          [    0.000000] Machine model: ringside,virt
          [    0.000000] Zone ranges:
          [    0.000000]   DMA32    [mem 0x0000000080000000-0x0000000083ffffff]
          [    0.000000]   Normal   empty
          [    0.000000] Movable zone start for each node
          [    0.000000] Early memory node ranges
          [    0.000000]   node   0: [mem 0x0000000080000000-0x0000000083ffffff]
          [    0.000000] Initmem setup node 0 [mem 0x0000000080000000-0x0000000083ffffff]
          [    0.000000] riscv: base ISA extensions acim
          [    0.000000] riscv: ELF capabilities acim
          [    0.000000] Kernel command line: console=ttyS0
          [    0.000000] Built 1 zonelists, mobility grouping on.  Total pages: 16384
          [    0.000000] mem auto-init: stack:off, heap alloc:off, heap free:off
          [    0.000000] Memory: 62464K/65536K available (2040K kernel code, 512K rwdata, 512K rodata, 0K init, 0K bss, 3072K reserved, 0K cma-reserved)
          [    0.000000] SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=1, Nodes=1
          [    0.000000] Calibrating delay loop (skipped), value calculated using timer frequency.. 20.00 BogoMIPS (lpj=40000)
          [    0.000000] pid_max: default: 32768 minimum: 301
          """,
          kernel.printk().dmesg().lines().limit(18).map(l -> l + "\n").reduce("", String::concat));
    }
  }

  @Test
  void ramOfAClosedKernelComesBackZeroed() {
    RamPool pool = new RamPool(1);
    KernelConfig config = KernelConfig.defaults().withEngine(engine);
    byte[] fresh;
    try (Kernel kernel = Kernel.boot(config)) {
      fresh = ram(kernel);
    }
    Memory stale;
    try (Kernel kernel = Kernel.boot(config.withRamPool(pool))) {
      stale = kernel.guestMemory();
      long object = kernel.slab().kmalloc(5000, Gfp.KERNEL);
      kernel.guestMemory().fill(object, (byte) 0xa5, 5000);
      // A wild store into memory that nobody allocated, across two pages.
      kernel.guestMemory().writeLong(Memory.linear(9000) - 4, -1);
      kernel.guestMemory().writeByte(Memory.PAGE_OFFSET + config.ramBytes() - 1, (byte) 1);
    }
    assertThrows(MemoryFault.class, () -> stale.writeByte(Memory.linear(9000), (byte) 1));
    try (Kernel kernel = Kernel.boot(config.withRamPool(pool))) {
      assertEquals(-1, Arrays.mismatch(fresh, ram(kernel)));
    }
  }

  /** All that can be read through the linear map; guard pages as zeros. */
  private static byte[] ram(Kernel kernel) {
    byte[] bytes = new byte[kernel.memory().size()];
    for (int at = 0; at < bytes.length; at += PageTable.PAGE_SIZE) {
      long address = Memory.PAGE_OFFSET + at;
      if (kernel.memory().allows(address, PageTable.PAGE_SIZE, PageTable.READ)) {
        kernel.memory().read(address, bytes, at, PageTable.PAGE_SIZE);
      }
    }
    return bytes;
  }

  @Test
  void anExhaustedHeapIsReportedInLinuxsWords() {
    try (Kernel kernel =
        Kernel.boot(KernelConfig.defaults().withEngine(engine).withRamBytes(8 << 20))) {
      int before = kernel.printk().lines().size();
      while (kernel.slab().kmalloc(4096, Gfp.KERNEL | Gfp.ZERO) != 0) {}
      List<String> log =
          kernel.printk().lines().stream().skip(before).map(Printk.Line::text).toList();
      assertEquals(
          "swapper/0: page allocation failure: order:3, mode:0xdc0(GFP_KERNEL|__GFP_ZERO),"
              + " nodemask=(null),cpuset=/,mems_allowed=0",
          log.getFirst());
      assertTrue(
          log.contains(
              "  cache: kmalloc-4k, object size: 4096, buffer size: 4096, default order: 3, min"
                  + " order: 3"),
          log::toString);
    }
  }

  @Test
  void theOracleSeesWhatExtensionsDoAndNotWhatTheKernelDoes() {
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults().withEngine(engine).withOracle(true))) {
      Oracle oracle = Objects.requireNonNull(kernel.oracle());
      long object = kernel.slab().kmalloc(64, Gfp.KERNEL);
      kernel.memory().readLong(object);
      assertEquals(List.of(), oracle.violations());
      kernel.guestMemory().readLong(object);
      assertEquals(Oracle.Kind.UNINITIALISED_READ, oracle.violations().getFirst().kind());
    }
  }

  @Test
  void aLoopThatNeverEndsComesBackToTheHost() {
    try (Kernel kernel =
        Kernel.boot(KernelConfig.defaults().withEngine(engine).withInstructionsPerSecond(1000))) {
      assertThrows(
          KernelHang.class,
          () ->
              kernel.protect(() -> {
                while (true) {
                  kernel.clock().retire(100);
                }
              }));
      assertEquals(KernelState.HUNG, kernel.state());
      assertTrue(
          kernel
              .printk()
              .dmesg()
              .contains("watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:0]"));
    }
  }
}
