package ringside.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.MemoryFault;
import ringside.kernel.text.KernelImage;
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
      assertThrows(MemoryFault.class, () -> kernel.memory().writeLong(KernelImage.RODATA, 1));
      assertEquals(0, kernel.memory().readLong(KernelImage.RODATA));
    }
  }

  @Test
  void aFaultInTheIdleTaskPanics() {
    try (Kernel kernel = boot()) {
      assertThrows(KernelPanic.class, () -> kernel.protect(() -> kernel.memory().readLong(8)));
      assertEquals(KernelState.PANICKED, kernel.state());
    }
  }
}
